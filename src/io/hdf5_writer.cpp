#include <fcntl.h>

#include "io/hdf5_handle.hpp"
#include "plaquette/base/errors.hpp"
#include "plaquette/io/hdf5_file.hpp"
#include "plaquette/io/posix_file.hpp"

namespace plaquette {
namespace {

/// The image grows by this much whenever it is full.
constexpr std::size_t kGrowth = std::size_t{1} << 20;
/// Elements of a chunk, the unit that has a checksum: 1 MiB of doubles.
constexpr std::size_t kChunkElements = std::size_t{1} << 17;

void check(bool good, const std::string& object) {
  if (!good) throw IoError(concat("HDF5 cannot store ", object, ": out of memory?"));
}

hid_t create_in_memory() {
  silence_hdf5();
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  constexpr hbool_t kNoFile = false;
  check(access && H5Pset_fapl_core(access.get(), kGrowth, kNoFile) >= 0, "a file in memory");
  // The name only tells images that are open at the same time apart.
  static int images = 0;
  const std::string name = concat("plaquette-image-", ++images);
  const hid_t file = H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get());
  check(file >= 0, "a file in memory");
  return file;
}

void put_attribute(hid_t file, const std::string& name, hid_t type, const void* value) {
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  check(bool(space), "attribute " + name);
  const Hdf5Handle attribute(
      H5Acreate2(file, name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  check(attribute && H5Awrite(attribute.get(), type, value) >= 0, "attribute " + name);
}

/// Chunks of at most kChunkElements, cut along the slowest axes.
std::vector<hsize_t> chunk_extents(const std::vector<hsize_t>& extents) {
  std::vector<hsize_t> chunk = extents;
  hsize_t elements = 1;
  for (const hsize_t extent : extents) elements *= extent;
  for (hsize_t& extent : chunk) {
    elements /= extent;
    if (elements >= kChunkElements) {
      extent = 1;
    } else {
      extent = std::min(extent, kChunkElements / elements);
      break;
    }
  }
  return chunk;
}

/// Checksums need chunks, and chunks need elements.
Hdf5Handle creation_properties(const std::vector<hsize_t>& extents, bool empty,
                               const std::string& name) {
  Hdf5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  check(bool(properties), name);
  if (empty || extents.empty()) return properties;
  const std::vector<hsize_t> chunk = chunk_extents(extents);
  check(H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data()) >= 0 &&
            H5Pset_fletcher32(properties.get()) >= 0,
        name);
  return properties;
}

}  // namespace

Hdf5Writer::Hdf5Writer() : file_(create_in_memory()) {}

Hdf5Writer::~Hdf5Writer() { H5Fclose(file_); }

void Hdf5Writer::attribute(const std::string& name, std::int64_t value) {
  put_attribute(file_, name, H5T_NATIVE_INT64, &value);
}

void Hdf5Writer::attribute(const std::string& name, double value) {
  put_attribute(file_, name, H5T_NATIVE_DOUBLE, &value);
}

void Hdf5Writer::attribute(const std::string& name, const std::string& value) {
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  check(type && H5Tset_size(type.get(), H5T_VARIABLE) >= 0 &&
            H5Tset_cset(type.get(), H5T_CSET_UTF8) >= 0,
        "attribute " + name);
  const char* const text = value.c_str();
  put_attribute(file_, name, type.get(), &text);
}

template <class Element>
void Hdf5Writer::dataset(const std::string& name, const Hdf5Extents& extents,
                         std::span<const Element> elements) {
  std::size_t count = 1;
  for (const std::size_t extent : extents) count *= extent;
  PLAQUETTE_REQUIRE(count == elements.size(), name, ' ', to_text(extents), " of ", elements.size());

  const std::vector<hsize_t> dims(extents.begin(), extents.end());
  const Hdf5Handle space(dims.empty() ? H5Screate(H5S_SCALAR)
                                      : H5Screate_simple(static_cast<int>(dims.size()),
                                                         dims.data(), nullptr),
                         H5Sclose);
  const Hdf5Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  check(space && links && H5Pset_create_intermediate_group(links.get(), 1) >= 0, name);
  const Hdf5Handle properties = creation_properties(dims, count == 0, name);
  const hid_t type = hdf5_type<Element>();
  const Hdf5Handle dataset(H5Dcreate2(file_, name.c_str(), type, space.get(), links.get(),
                                      properties.get(), H5P_DEFAULT),
                           H5Dclose);
  check(bool(dataset), name);
  if (count == 0) return;
  check(H5Dwrite(dataset.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, elements.data()) >= 0, name);
}

template void Hdf5Writer::dataset(const std::string&, const Hdf5Extents&, std::span<const double>);
template void Hdf5Writer::dataset(const std::string&, const Hdf5Extents&,
                                  std::span<const std::int8_t>);
template void Hdf5Writer::dataset(const std::string&, const Hdf5Extents&,
                                  std::span<const std::uint64_t>);

void Hdf5Writer::save(const std::filesystem::path& path) const {
  check(H5Fflush(file_, H5F_SCOPE_LOCAL) >= 0, path.string());
  const ssize_t size = H5Fget_file_image(file_, nullptr, 0);
  check(size > 0, path.string());
  std::string image(static_cast<std::size_t>(size), '\0');
  check(H5Fget_file_image(file_, image.data(), image.size()) == size, path.string());
  PosixFile(path, O_WRONLY | O_CREAT | O_TRUNC).write(image);
}

}  // namespace plaquette
