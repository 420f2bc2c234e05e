#include "plaquette/io/hdf5_file.hpp"

#include <functional>
#include <numeric>

#include "plaquette/base/errors.hpp"

namespace plaquette {
namespace {

/// The library reports through return codes; its own report on stderr would only repeat them.
void silence_library() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

Hdf5Handle open_for_reading(const std::filesystem::path& path) {
  silence_library();
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw InputError(concat(path.string(), ": is not a file that can be read"));
  }
  Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!file.valid()) {
    throw InputError(concat(path.string(), ": is not an HDF5 file, or is truncated"));
  }
  return file;
}

Hdf5Handle create(const std::filesystem::path& path) {
  silence_library();
  Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
  if (!file.valid()) throw IoError(concat(path.string(), ": cannot be created"));
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

Hdf5Handle Hdf5Reader::attribute(const std::string& name) const {
  Hdf5Handle found(H5Aopen(file_.get(), name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!found.valid()) refuse(concat("has no attribute '", name, "'"));
  return found;
}

std::int64_t Hdf5Reader::integer(const std::string& name) const {
  const Hdf5Handle found = attribute(name);
  std::int64_t value = 0;
  if (H5Aread(found.get(), H5T_NATIVE_INT64, &value) < 0) {
    refuse(concat("attribute '", name, "' is not an integer"));
  }
  return value;
}

double Hdf5Reader::real(const std::string& name) const {
  const Hdf5Handle found = attribute(name);
  double value = 0;
  if (H5Aread(found.get(), H5T_NATIVE_DOUBLE, &value) < 0) {
    refuse(concat("attribute '", name, "' is not a number"));
  }
  return value;
}

std::string Hdf5Reader::text(const std::string& name) const {
  const Hdf5Handle found = attribute(name);
  const Hdf5Handle type(H5Aget_type(found.get()), H5Tclose);
  if (!type.valid() || H5Tget_class(type.get()) != H5T_STRING) {
    refuse(concat("attribute '", name, "' is not a text"));
  }
  if (H5Tis_variable_str(type.get()) > 0) {
    char* characters = nullptr;
    if (H5Aread(found.get(), type.get(), static_cast<void*>(&characters)) < 0 ||
        characters == nullptr) {
      refuse(concat("attribute '", name, "' cannot be read"));
    }
    std::string value(characters);
    H5free_memory(characters);
    return value;
  }
  std::string value(H5Tget_size(type.get()), '\0');
  if (H5Aread(found.get(), type.get(), value.data()) < 0) {
    refuse(concat("attribute '", name, "' cannot be read"));
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

std::vector<double> Hdf5Reader::doubles(const std::string& name) const {
  std::vector<double> values(product(shape(name)));
  const Hdf5Handle found = dataset(name);
  if (!values.empty() && H5Dread(found.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                                 values.data()) < 0) {
    refuse(concat("dataset '", name, "' is damaged"));
  }
  return values;
}

std::vector<std::uint64_t> Hdf5Reader::words(const std::string& name) const {
  std::vector<std::uint64_t> values(product(shape(name)));
  const Hdf5Handle found = dataset(name);
  if (!values.empty() && H5Dread(found.get(), H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                                 values.data()) < 0) {
    refuse(concat("dataset '", name, "' is damaged"));
  }
  return values;
}

Hdf5Writer::Hdf5Writer(const std::filesystem::path& path) : path_(path), file_(create(path)) {}

void Hdf5Writer::check(bool good, const std::string& object) const {
  if (!good) {
    throw IoError(concat(path_.string(), ": '", object,
                         "' cannot be written; is the disk full?"));
  }
}

void Hdf5Writer::attribute(const std::string& name, hid_t type, const void* value) {
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Hdf5Handle created(
      H5Acreate2(file_.get(), name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose);
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

void Hdf5Writer::dataset(const std::string& name, hid_t type,
                         const std::vector<std::size_t>& shape, const void* values) {
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
  check(file_.close(), "/");
}

}  // namespace plaquette
