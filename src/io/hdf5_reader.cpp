#include <algorithm>
#include <type_traits>

#include <fcntl.h>

#include "io/hdf5_handle.hpp"
#include "plaquette/base/errors.hpp"
#include "plaquette/io/hdf5_file.hpp"
#include "plaquette/io/posix_file.hpp"

namespace plaquette {
namespace {

hid_t open_or_refuse(const std::filesystem::path& path) {
  silence_hdf5();
  const std::string name = path.string();
  if (std::filesystem::is_directory(path)) {
    throw InputError(concat(name, ": cannot be read: is a directory"));
  }
  try {
    PosixFile probe(path, O_RDONLY);  // knows the reason where HDF5 does not
  } catch (const IoError& error) {
    throw InputError(error.what());
  }
  if (H5Fis_hdf5(name.c_str()) <= 0) throw InputError(concat(name, ": is not an HDF5 file"));
  const hid_t file = H5Fopen(name.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) {
    throw InputError(concat(name, ": cannot be opened as HDF5: it is truncated, damaged or locked"));
  }
  return file;
}

bool is_of_class(hid_t type, std::initializer_list<H5T_class_t> allowed) {
  return std::find(allowed.begin(), allowed.end(), H5Tget_class(type)) != allowed.end();
}

/// An attribute of one value, with its type.
struct Attribute {
  Hdf5Handle handle;
  Hdf5Handle type;
};

Attribute open_attribute(const Hdf5Reader& reader, hid_t file, const std::string& name,
                         std::initializer_list<H5T_class_t> allowed, const char* kind) {
  const std::string object = "attribute " + name;
  const htri_t exists = H5Aexists(file, name.c_str());
  if (exists == 0) reader.refuse(object, "missing");
  Hdf5Handle attribute(H5Aopen(file, name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!attribute) reader.refuse(object, "cannot be read: the file is damaged");
  Hdf5Handle type(H5Aget_type(attribute.get()), H5Tclose);
  Hdf5Handle space(H5Aget_space(attribute.get()), H5Sclose);
  if (!type || !space) reader.refuse(object, "cannot be read: the file is damaged");
  if (!is_of_class(type.get(), allowed) || H5Sget_simple_extent_npoints(space.get()) != 1) {
    reader.refuse(object, concat("must be one ", kind));
  }
  return {std::move(attribute), std::move(type)};
}

std::string fixed_text(const Hdf5Reader& reader, const Attribute& attribute,
                       const std::string& object) {
  std::string text(H5Tget_size(attribute.type.get()), '\0');
  if (H5Aread(attribute.handle.get(), attribute.type.get(), text.data()) < 0) {
    reader.refuse(object, "cannot be read: the file is damaged");
  }
  text.resize(std::min(text.size(), text.find('\0')));
  if (H5Tget_strpad(attribute.type.get()) == H5T_STR_SPACEPAD) {
    text.resize(text.find_last_not_of(' ') + 1);
  }
  return text;
}

std::string variable_text(const Hdf5Reader& reader, const Attribute& attribute,
                          const std::string& object) {
  const Hdf5Handle memory(H5Tcopy(H5T_C_S1), H5Tclose);
  char* text = nullptr;
  if (!memory || H5Tset_size(memory.get(), H5T_VARIABLE) < 0 ||
      H5Tset_cset(memory.get(), H5Tget_cset(attribute.type.get())) < 0 ||
      H5Aread(attribute.handle.get(), memory.get(), &text) < 0) {
    reader.refuse(object, "cannot be read: the file is damaged");
  }
  const std::string result = text == nullptr ? "" : text;
  H5free_memory(text);
  return result;
}

Hdf5Handle open_dataset(const Hdf5Reader& reader, hid_t file, const std::string& name) {
  if (!reader.has_dataset(name)) reader.refuse(name, "missing");
  Hdf5Handle dataset(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!dataset) reader.refuse(name, "is not a dataset, or the file is damaged");
  return dataset;
}

Hdf5Extents extents_of(const Hdf5Reader& reader, hid_t dataset, const std::string& name) {
  const Hdf5Handle space(H5Dget_space(dataset), H5Sclose);
  const int rank = space ? H5Sget_simple_extent_ndims(space.get()) : -1;
  if (rank < 0) reader.refuse(name, "cannot be read: the file is damaged");
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  if (rank > 0 && H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr) < 0) {
    reader.refuse(name, "cannot be read: the file is damaged");
  }
  return {dims.begin(), dims.end()};
}

/// The number of elements; 0 if it exceeds `limit`, which the caller must tell from an empty one.
bool fits(const Hdf5Extents& extents, std::size_t limit, std::size_t& elements) {
  elements = 1;
  for (const std::size_t extent : extents) {
    if (extent != 0 && elements > limit / extent) return false;
    elements *= extent;
  }
  return true;
}

template <class Element>
std::vector<Element> read_elements(const Hdf5Reader& reader, hid_t dataset, const std::string& name,
                                   std::size_t count) {
  constexpr bool kReal = std::is_floating_point_v<Element>;
  const Hdf5Handle type(H5Dget_type(dataset), H5Tclose);
  if (!type || !is_of_class(type.get(), {kReal ? H5T_FLOAT : H5T_INTEGER})) {
    reader.refuse(name, kReal ? "must hold floating-point numbers" : "must hold integers");
  }
  std::vector<Element> elements(count);
  if (count > 0 && H5Dread(dataset, hdf5_type<Element>(), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                           elements.data()) < 0) {
    reader.refuse(name, "cannot be read: the file is damaged");
  }
  return elements;
}

}  // namespace

std::string to_text(const Hdf5Extents& extents) {
  std::string text;
  for (const std::size_t extent : extents) {
    if (!text.empty()) text += " x ";
    text += std::to_string(extent);
  }
  return text.empty() ? "scalar" : text;
}

Hdf5Reader::Hdf5Reader(const std::filesystem::path& path)
    : path_(path), file_(open_or_refuse(path)) {}

Hdf5Reader::~Hdf5Reader() { H5Fclose(file_); }

void Hdf5Reader::refuse(std::string_view object, std::string_view problem) const {
  throw InputError(concat(path_.string(), ": ", object, ": ", problem));
}

std::int64_t Hdf5Reader::integer_attribute(const std::string& name) const {
  // h5py stores a Python bool as an enumeration.
  const Attribute attribute =
      open_attribute(*this, file_, name, {H5T_INTEGER, H5T_ENUM}, "integer");
  std::int64_t value = 0;
  if (H5Aread(attribute.handle.get(), hdf5_type<std::int64_t>(), &value) < 0) {
    refuse("attribute " + name, "cannot be read: the file is damaged");
  }
  return value;
}

double Hdf5Reader::real_attribute(const std::string& name) const {
  const Attribute attribute = open_attribute(*this, file_, name, {H5T_FLOAT}, "real number");
  double value = 0;
  if (H5Aread(attribute.handle.get(), hdf5_type<double>(), &value) < 0) {
    refuse("attribute " + name, "cannot be read: the file is damaged");
  }
  return value;
}

std::string Hdf5Reader::text_attribute(const std::string& name) const {
  const Attribute attribute = open_attribute(*this, file_, name, {H5T_STRING}, "string");
  const bool variable = H5Tis_variable_str(attribute.type.get()) > 0;
  return (variable ? variable_text : fixed_text)(*this, attribute, "attribute " + name);
}

bool Hdf5Reader::has_dataset(const std::string& name) const {
  // H5Lexists wants every group on the way to exist.
  for (std::size_t end = name.find('/');; end = name.find('/', end + 1)) {
    if (H5Lexists(file_, name.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) return true;
  }
}

Hdf5Extents Hdf5Reader::extents(const std::string& name) const {
  return extents_of(*this, open_dataset(*this, file_, name).get(), name);
}

template <class Element>
std::vector<Element> Hdf5Reader::read(const std::string& name) const {
  const Hdf5Handle dataset = open_dataset(*this, file_, name);
  const Hdf5Extents found = extents_of(*this, dataset.get(), name);
  hsize_t file_bytes = 0;
  std::size_t count = 0;
  if (H5Fget_filesize(file_, &file_bytes) < 0 || !fits(found, file_bytes, count)) {
    refuse(name, concat("has the shape ", to_text(found), ", more than the file can hold"));
  }
  return read_elements<Element>(*this, dataset.get(), name, count);
}

template <class Element>
std::vector<Element> Hdf5Reader::read(const std::string& name, const Hdf5Extents& expected) const {
  const Hdf5Handle dataset = open_dataset(*this, file_, name);
  const Hdf5Extents found = extents_of(*this, dataset.get(), name);
  if (found != expected) {
    refuse(name, concat("has the shape ", to_text(found), ", expected ", to_text(expected)));
  }
  std::size_t count = 1;
  for (const std::size_t extent : expected) count *= extent;
  return read_elements<Element>(*this, dataset.get(), name, count);
}

template std::vector<double> Hdf5Reader::read(const std::string&) const;
template std::vector<std::int8_t> Hdf5Reader::read(const std::string&) const;
template std::vector<std::uint64_t> Hdf5Reader::read(const std::string&) const;
template std::vector<double> Hdf5Reader::read(const std::string&, const Hdf5Extents&) const;
template std::vector<std::int8_t> Hdf5Reader::read(const std::string&, const Hdf5Extents&) const;
template std::vector<std::uint64_t> Hdf5Reader::read(const std::string&, const Hdf5Extents&) const;

}  // namespace plaquette
