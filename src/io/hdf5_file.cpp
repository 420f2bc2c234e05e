#include "plaquette/io/hdf5_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "plaquette/base/errors.hpp"
#include "plaquette/io/posix_file.hpp"

namespace plaquette {
namespace {

/// The library reports through return codes; its own report on stderr would only repeat them.
void silence_library() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

/// The system knows why a file cannot be read, HDF5 does not tell.
void require_readable(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    throw InputError(concat(path.string(), ": cannot be read: is a directory"));
  }
  try {
    const PosixFile probe(path, O_RDONLY);
  } catch (const IoError& reason) {
    throw InputError(reason.what());
  }
}

/// The library locks what it opens, and reports a lock that another program holds like a file that
/// is no HDF5 at all.
void require_unlocked(const std::filesystem::path& path) {
  PosixFile probe(path, O_RDONLY);
  if (probe.try_shared_lock()) return;
  const std::string holder = probe.lock_holder();
  throw LockedError(concat(path.string(),
                           ": is locked: ", holder.empty() ? "another program" : holder,
                           " has it open for writing; close it there and try again"));
}

Hdf5Handle open_for_reading(const std::filesystem::path& path) {
  silence_library();
  require_readable(path);
  Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!file.valid()) {
    require_unlocked(path);
    throw InputError(concat(path.string(), ": is not an HDF5 file, or is truncated"));
  }
  return file;
}

Hdf5Handle create_in_memory(const std::filesystem::path& path) {
  silence_library();
  constexpr std::size_t kGrowth = std::size_t{1} << 20;
  constexpr hbool_t kNothingOnDisk = false;
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  if (H5Pset_fapl_core(access.get(), kGrowth, kNothingOnDisk) < 0) {
    throw IoError(concat(path.string(), ": cannot be composed in memory"));
  }
  Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose);
  if (!file.valid()) throw IoError(concat(path.string(), ": cannot be composed in memory"));
  return file;
}

std::size_t product(const std::vector<std::size_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

}  // namespace

Hdf5Reader::Hdf5Reader(const std::filesystem::path& path)
    : path_(path), file_(open_for_reading(path)) {}

void Hdf5Reader::refuse(const std::string& what) const {
  throw InputError(concat(path_.string(), ": ", what));
}

bool Hdf5Reader::has_attribute(const std::string& name) const {
  return H5Aexists(file_.get(), name.c_str()) > 0;
}

bool Hdf5Reader::has_dataset(const std::string& name) const {
  return H5Lexists(file_.get(), name.c_str(), H5P_DEFAULT) > 0;
}

Hdf5Handle Hdf5Reader::attribute(const std::string& name, H5T_class_t kind,
                                 const char* kind_text) const {
  if (!has_attribute(name)) refuse(concat("has no attribute '", name, "'"));
  Hdf5Handle found(H5Aopen(file_.get(), name.c_str(), H5P_DEFAULT), H5Aclose);
  const Hdf5Handle type(H5Aget_type(found.get()), H5Tclose);
  const Hdf5Handle space(H5Aget_space(found.get()), H5Sclose);
  if (!type.valid() || !space.valid()) refuse(concat("attribute '", name, "' is damaged"));
  // h5py stores a bool as an enumeration, which converts to an integer.
  const H5T_class_t given = H5Tget_class(type.get());
  const bool same_kind = given == kind || (kind == H5T_INTEGER && given == H5T_ENUM);
  if (!same_kind || H5Sget_simple_extent_npoints(space.get()) != 1) {
    refuse(concat("attribute '", name, "' is not ", kind_text));
  }
  return found;
}

std::int64_t Hdf5Reader::integer(const std::string& name) const {
  const Hdf5Handle found = attribute(name, H5T_INTEGER, "an integer");
  std::int64_t value = 0;
  if (H5Aread(found.get(), H5T_NATIVE_INT64, &value) < 0) {
    refuse(concat("attribute '", name, "' is damaged"));
  }
  return value;
}

double Hdf5Reader::real(const std::string& name) const {
  const Hdf5Handle found = attribute(name, H5T_FLOAT, "a real number");
  double value = 0;
  if (H5Aread(found.get(), H5T_NATIVE_DOUBLE, &value) < 0) {
    refuse(concat("attribute '", name, "' is damaged"));
  }
  return value;
}

std::string Hdf5Reader::text(const std::string& name) const {
  const Hdf5Handle found = attribute(name, H5T_STRING, "a text");
  const Hdf5Handle type(H5Aget_type(found.get()), H5Tclose);
  if (H5Tis_variable_str(type.get()) > 0) {
    char* characters = nullptr;
    if (H5Aread(found.get(), type.get(), static_cast<void*>(&characters)) < 0 ||
        characters == nullptr) {
      refuse(concat("attribute '", name, "' is damaged"));
    }
    std::string value(characters);
    H5free_memory(characters);
    return value;
  }
  std::string value(H5Tget_size(type.get()), '\0');
  if (H5Aread(found.get(), type.get(), value.data()) < 0) {
    refuse(concat("attribute '", name, "' is damaged"));
  }
  return value.substr(0, value.find('\0'));
}

Hdf5Handle Hdf5Reader::dataset(const std::string& name) const {
  Hdf5Handle found(H5Dopen2(file_.get(), name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!found.valid()) refuse(concat("has no dataset '", name, "'"));
  return found;
}

std::vector<std::size_t> Hdf5Reader::shape(const std::string& name) const {
  const Hdf5Handle found = dataset(name);
  const Hdf5Handle space(H5Dget_space(found.get()), H5Sclose);
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank < 0) refuse(concat("dataset '", name, "' has no shape"));
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space.get(), extents.data(), nullptr);
  return {extents.begin(), extents.end()};
}

std::size_t Hdf5Reader::elements(const std::string& name) const {
  // Nothing here is compressed: what claims more elements than the file has bytes is wrong, and
  // must not make us ask for memory.
  hsize_t limit = 0;
  if (H5Fget_filesize(file_.get(), &limit) < 0) refuse("is damaged");
  std::size_t count = 1;
  for (const std::size_t extent : shape(name)) {
    if (extent == 0) return 0;
    if (count > limit / extent) refuse(concat("dataset '", name, "' is larger than the file"));
    count *= extent;
  }
  return count;
}

void Hdf5Reader::read(const std::string& name, H5T_class_t kind, hid_t type, void* values) const {
  const Hdf5Handle found = dataset(name);
  const Hdf5Handle stored(H5Dget_type(found.get()), H5Tclose);
  if (H5Tget_class(stored.get()) != kind) {
    refuse(concat("dataset '", name, "' does not hold ",
                  kind == H5T_FLOAT ? "real numbers" : "integers"));
  }
  if (H5Dread(found.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) {
    refuse(concat("dataset '", name, "' is damaged"));
  }
}

std::vector<double> Hdf5Reader::doubles(const std::string& name) const {
  std::vector<double> values(elements(name));
  if (!values.empty()) read(name, H5T_FLOAT, H5T_NATIVE_DOUBLE, values.data());
  return values;
}

std::vector<std::uint64_t> Hdf5Reader::words(const std::string& name) const {
  std::vector<std::uint64_t> values(elements(name));
  if (!values.empty()) read(name, H5T_INTEGER, H5T_NATIVE_UINT64, values.data());
  return values;
}

Hdf5Writer::Hdf5Writer(const std::filesystem::path& path)
    : path_(path), file_(create_in_memory(path)) {}

void Hdf5Writer::check(bool good, const std::string& object) const {
  if (!good) {
    throw IoError(concat(path_.string(), ": '", object, "' cannot be stored; is memory short?"));
  }
}

void Hdf5Writer::attribute(const std::string& name, hid_t type, const void* value) {
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Hdf5Handle created(
      H5Acreate2(file_.get(), name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  check(created.valid() && H5Awrite(created.get(), type, value) >= 0, name);
}

void Hdf5Writer::integer(const std::string& name, std::int64_t value) {
  attribute(name, H5T_NATIVE_INT64, &value);
}

void Hdf5Writer::real(const std::string& name, double value) {
  attribute(name, H5T_NATIVE_DOUBLE, &value);
}

void Hdf5Writer::text(const std::string& name, const std::string& value) {
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  check(H5Tset_size(type.get(), H5T_VARIABLE) >= 0 && H5Tset_cset(type.get(), H5T_CSET_UTF8) >= 0,
        name);
  const char* characters = value.c_str();
  attribute(name, type.get(), static_cast<const void*>(&characters));
}

void Hdf5Writer::dataset(const std::string& name, hid_t type, const std::vector<std::size_t>& shape,
                         const void* values) {
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  const Hdf5Handle space(
      H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose);
  const Hdf5Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  const Hdf5Handle layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  check(H5Pset_create_intermediate_group(links.get(), 1) >= 0, name);
  const bool empty = product(shape) == 0;
  if (!empty) {
    // Checksums need chunks; a chunk must stay below 4 GiB.
    std::vector<hsize_t> chunk = extents;
    constexpr hsize_t kLongest = hsize_t{1} << 20;
    for (hsize_t& extent : chunk) extent = std::min(extent, kLongest);
    check(H5Pset_chunk(layout.get(), static_cast<int>(chunk.size()), chunk.data()) >= 0 &&
              H5Pset_fletcher32(layout.get()) >= 0,
          name);
  }
  const Hdf5Handle created(H5Dcreate2(file_.get(), name.c_str(), type, space.get(), links.get(),
                                      layout.get(), H5P_DEFAULT),
                           H5Dclose);
  check(created.valid(), name);
  if (!empty) {
    check(H5Dwrite(created.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0, name);
  }
}

void Hdf5Writer::doubles(const std::string& name, const std::vector<std::size_t>& shape,
                         const double* values) {
  dataset(name, H5T_NATIVE_DOUBLE, shape, values);
}

void Hdf5Writer::words(const std::string& name, const std::vector<std::uint64_t>& values) {
  dataset(name, H5T_NATIVE_UINT64, {values.size()}, values.data());
}

void Hdf5Writer::close() {
  check(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL) >= 0, "/");
  const ssize_t size = H5Fget_file_image(file_.get(), nullptr, 0);
  check(size > 0, "/");
  std::string image(static_cast<std::size_t>(size), '\0');
  check(H5Fget_file_image(file_.get(), image.data(), image.size()) == size, "/");
  check(file_.close(), "/");
  PosixFile(path_, O_WRONLY | O_CREAT | O_TRUNC).write(image);
}

}  // namespace plaquette
