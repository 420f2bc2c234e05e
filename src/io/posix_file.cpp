#include "plaquette/io/posix_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

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

bool PosixFile::try_flock(int operation) {
  return ::flock(descriptor_, operation | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

bool PosixFile::try_lock() { return try_flock(LOCK_EX); }
bool PosixFile::try_shared_lock() { return try_flock(LOCK_SH); }

/// A line of /proc/locks: "1: FLOCK ADVISORY WRITE 1234 fe:01:567 0 EOF", with the process and
/// the file's device, hexadecimal, and number (proc_locks(5)).
std::string PosixFile::lock_holder() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return "";
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number;
    std::string kind;
    std::string how;
    std::string access;
    long process = 0;
    unsigned major = 0;
    unsigned minor = 0;
    std::uint64_t inode = 0;
    char colon = 0;
    words >> number >> kind >> how >> access >> process >> std::hex >> major >> colon >> minor >>
        colon >> std::dec >> inode;
    const bool same_device =
        major == gnu_dev_major(status.st_dev) && minor == gnu_dev_minor(status.st_dev);
    if (!words || process <= 0 || inode != status.st_ino || !same_device) continue;
    std::ifstream file(concat("/proc/", process, "/comm"));
    std::string name;
    std::getline(file, name);
    return concat("process ", process, name.empty() ? "" : " (" + name + ")");
  }
  return "";
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
