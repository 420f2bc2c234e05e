#include "plaquette/io/posix_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "plaquette/base/errors.hpp"

namespace plaquette {

PosixFile::PosixFile(const std::filesystem::path& path, int flags)
    : path_(path), descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0) fail("cannot be opened");
}

PosixFile::~PosixFile() { ::close(descriptor_); }

void PosixFile::fail(const char* what) const {
  const int reason = errno;
  throw IoError(concat(path_.string(), ": ", what, ": ", std::strerror(reason)));
}

void PosixFile::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      fail("cannot be written");
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void PosixFile::truncate(std::uint64_t bytes) {
  if (::ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0) fail("cannot be cut");
  if (::lseek(descriptor_, 0, SEEK_END) < 0) fail("cannot be positioned");
}

bool PosixFile::try_lock() {
  return ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

void PosixFile::sync() {
  if (::fsync(descriptor_) != 0) fail("cannot be synchronised");
}

std::uint64_t PosixFile::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) fail("cannot be examined");
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace plaquette
