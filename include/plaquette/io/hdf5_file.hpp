#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace plaquette {

/// Extents of an HDF5 dataset, slowest first.
using Hdf5Extents = std::vector<std::size_t>;

/// "4 x 8"; "scalar" without extents.
std::string to_text(const Hdf5Extents& extents);

/// An HDF5 file open for reading. Names of datasets are paths from the root ("layers/0/kernel"),
/// attributes are those of the root. Every failure throws InputError with the file, the object and
/// what is wrong with it.
class Hdf5Reader {
 public:
  explicit Hdf5Reader(const std::filesystem::path& path);
  ~Hdf5Reader();
  Hdf5Reader(const Hdf5Reader&) = delete;
  Hdf5Reader& operator=(const Hdf5Reader&) = delete;

  const std::filesystem::path& path() const { return path_; }

  std::int64_t integer_attribute(const std::string& name) const;
  double real_attribute(const std::string& name) const;
  /// Of fixed or variable length.
  std::string text_attribute(const std::string& name) const;

  bool has_dataset(const std::string& name) const;
  Hdf5Extents extents(const std::string& name) const;

  /// All elements, row-major. Element: double, std::int8_t, std::uint64_t; a file's other widths
  /// of the same kind are converted. A dataset must not claim more elements than its file could
  /// hold: nothing here is compressed.
  template <class Element>
  std::vector<Element> read(const std::string& name) const;
  /// The same where the extents are known.
  template <class Element>
  std::vector<Element> read(const std::string& name, const Hdf5Extents& expected) const;

  /// Throws InputError "<file>: <object>: <problem>".
  [[noreturn]] void refuse(std::string_view object, std::string_view problem) const;

 private:
  std::filesystem::path path_;
  std::int64_t file_;
};

/// An HDF5 file in the making. It is composed in memory and written in one go, because the HDF5
/// library neither says why a write failed nor lets go of a file that it could not flush. Names as
/// for Hdf5Reader; groups along the way are created. Failures throw IoError.
class Hdf5Writer {
 public:
  Hdf5Writer();
  ~Hdf5Writer();
  Hdf5Writer(const Hdf5Writer&) = delete;
  Hdf5Writer& operator=(const Hdf5Writer&) = delete;

  void attribute(const std::string& name, std::int64_t value);
  void attribute(const std::string& name, double value);
  void attribute(const std::string& name, const std::string& value);

  /// A dataset with checksums (Fletcher-32). Element as for Hdf5Reader::read.
  template <class Element>
  void dataset(const std::string& name, const Hdf5Extents& extents,
               std::span<const Element> elements);

  /// Creates or replaces the file at `path`.
  void save(const std::filesystem::path& path) const;

 private:
  std::int64_t file_;
};

}  // namespace plaquette
