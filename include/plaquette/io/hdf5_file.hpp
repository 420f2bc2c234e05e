#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "plaquette/base/errors.hpp"

namespace plaquette {

/// Owns an identifier of the HDF5 library; not valid if the call that made it failed.
class Hdf5Handle {
 public:
  using Close = herr_t (*)(hid_t);

  Hdf5Handle(hid_t id, Close close) : id_(id), close_(close) {}
  ~Hdf5Handle() { close(); }
  Hdf5Handle(Hdf5Handle&& other) noexcept
      : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Hdf5Handle& operator=(Hdf5Handle&&) = delete;

  bool valid() const { return id_ >= 0; }
  hid_t get() const { return id_; }
  /// Whether closing went well.
  bool close() { return !valid() || close_(std::exchange(id_, -1)) >= 0; }

 private:
  hid_t id_;
  Close close_;
};

/// Another program has the file open for writing: it may be good, and be readable later.
class LockedError : public InputError {
 public:
  using InputError::InputError;
};

/// An HDF5 file open for reading. Datasets are named by their path from the root, attributes are
/// those of the root. Everything that is wrong with the file throws InputError naming it, a
/// LockedError if another program is writing it.
class Hdf5Reader {
 public:
  explicit Hdf5Reader(const std::filesystem::path& path);

  bool has_attribute(const std::string& name) const;
  bool has_dataset(const std::string& name) const;

  std::int64_t integer(const std::string& name) const;
  double real(const std::string& name) const;
  /// Of fixed or variable length.
  std::string text(const std::string& name) const;

  std::vector<std::size_t> shape(const std::string& name) const;
  std::vector<double> doubles(const std::string& name) const;
  std::vector<std::uint64_t> words(const std::string& name) const;

  /// Throws InputError "<file>: <what>".
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  /// Of one value; `kind_text` ("an integer") is for the message.
  Hdf5Handle attribute(const std::string& name, H5T_class_t kind, const char* kind_text) const;
  Hdf5Handle dataset(const std::string& name) const;
  std::size_t elements(const std::string& name) const;
  void read(const std::string& name, H5T_class_t kind, hid_t type, void* values) const;

  std::filesystem::path path_;
  Hdf5Handle file_;
};

/// A new HDF5 file. Names as for Hdf5Reader; groups along the way are created. Datasets carry
/// checksums. Throws IoError naming the file.
///
/// The file is composed in memory and written by close(): the HDF5 library neither says why a write
/// failed nor lets go of a file that it could not flush.
class Hdf5Writer {
 public:
  explicit Hdf5Writer(const std::filesystem::path& path);

  void integer(const std::string& name, std::int64_t value);
  void real(const std::string& name, double value);
  void text(const std::string& name, const std::string& value);

  void doubles(const std::string& name, const std::vector<std::size_t>& shape,
               const double* values);
  void words(const std::string& name, const std::vector<std::uint64_t>& values);

  /// Writes the file.
  void close();

 private:
  void attribute(const std::string& name, hid_t type, const void* value);
  void dataset(const std::string& name, hid_t type, const std::vector<std::size_t>& shape,
               const void* values);
  void check(bool good, const std::string& object) const;

  std::filesystem::path path_;
  Hdf5Handle file_;
};

}  // namespace plaquette
