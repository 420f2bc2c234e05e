#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace plaquette {

/// An open file descriptor. Every failure throws IoError with the path and the system's reason.
class PosixFile {
 public:
  /// flags as for open(2); a file that is created is readable by all and writable by its owner.
  PosixFile(const std::filesystem::path& path, int flags);
  ~PosixFile();
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  /// All of `text`, or an exception.
  void write(std::string_view text);
  void truncate(std::uint64_t bytes);
  /// Locks the file until this object or the process ends. False if another process holds it; true
  /// also where the file system has no locks.
  bool try_lock();
  /// The same of a lock that readers share, such as the one that the HDF5 library wants.
  bool try_shared_lock();
  /// Who holds a lock on this file: "process 1234 (python3)"; empty where the system does not tell.
  std::string lock_holder() const;
  void sync();
  std::uint64_t size() const;

 private:
  bool try_flock(int operation);
  [[noreturn]] void fail(const char* what) const;

  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace plaquette
