#include "plaquette/io/atomic_file.hpp"

#include <fcntl.h>

#include <fstream>
#include <iterator>
#include <system_error>

#include "plaquette/base/errors.hpp"
#include "plaquette/io/posix_file.hpp"

namespace plaquette {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const fs::path& path, const std::error_code& error) {
  throw IoError(concat(path.string(), ": cannot be written: ", error.message()));
}

/// A file that disappears again unless it was renamed.
class Temporary {
 public:
  explicit Temporary(fs::path path) : path_(std::move(path)) { remove(); }
  ~Temporary() { remove(); }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  const fs::path& path() const { return path_; }

  void rename_to(const fs::path& target) {
    std::error_code error;
    fs::rename(path_, target, error);
    if (error) fail(target, error);
  }

 private:
  void remove() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  fs::path path_;
};

/// `previous` becomes another name of the file at `path`, which stays where it is: at no moment is
/// there no file at `path`.
void keep_previous(const fs::path& path, const fs::path& previous) {
  std::error_code error;
  if (!fs::exists(path, error)) return;
  Temporary link(previous.string() + ".tmp");
  fs::create_hard_link(path, link.path(), error);
  // A file system without links still gets its copy.
  if (error) fs::copy_file(path, link.path(), error);
  if (error) fail(previous, error);
  link.rename_to(previous);
}

}  // namespace

void replace_file(const fs::path& path, const std::function<void(const fs::path&)>& write,
                  const fs::path& previous) {
  Temporary temporary(path.string() + ".tmp");
  write(temporary.path());
  PosixFile(temporary.path(), O_RDWR).sync();
  if (!previous.empty()) keep_previous(path, previous);
  temporary.rename_to(path);
  const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  PosixFile(parent, O_RDONLY | O_DIRECTORY).sync();
}

void require_writable(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) fail(path, std::make_error_code(std::errc::is_a_directory));
  const Temporary probe(path.string() + ".tmp");
  PosixFile(probe.path(), O_WRONLY | O_CREAT).write("\n");
}

void write_text_atomically(const fs::path& path, std::string_view text) {
  replace_file(path, [text](const fs::path& temporary) {
    PosixFile(temporary, O_WRONLY | O_CREAT | O_TRUNC).write(text);
  });
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace plaquette
