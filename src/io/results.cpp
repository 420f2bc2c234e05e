#include "plaquette/io/results.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "plaquette/base/errors.hpp"
#include "plaquette/io/atomic_file.hpp"
#include "plaquette/io/hdf5_file.hpp"
#include "plaquette/io/json_text.hpp"

namespace plaquette {
namespace {

using Json = nlohmann::ordered_json;

Json& place(Json& document, const std::string& name) {
  return document[Json::json_pointer("/" + name)];
}

Json nested(const double* values, const std::size_t* extents, std::size_t rank,
            std::size_t elements) {
  if (rank == 0) return *values;
  Json rows = Json::array();
  if (extents[0] == 0) return rows;
  const std::size_t stride = elements / extents[0];
  for (std::size_t row = 0; row < extents[0]; ++row) {
    rows.push_back(nested(values + row * stride, extents + 1, rank - 1, stride));
  }
  return rows;
}

}  // namespace

void Results::array(const std::string& name, const Shape& shape, std::vector<double> values) {
  std::size_t elements = 1;
  for (const std::size_t extent : shape) elements *= extent;
  PLAQUETTE_REQUIRE(values.size() == elements, name, ": ", values.size(), " values");
  arrays_.push_back({name, shape, std::move(values)});
}

void Results::array(const std::string& name, const Shape& shape,
                    const std::vector<Estimate>& values) {
  std::vector<double> means;
  std::vector<double> errors;
  for (const Estimate& value : values) {
    means.push_back(value.mean);
    errors.push_back(value.error);
  }
  array(name + "/mean", shape, std::move(means));
  array(name + "/error", shape, std::move(errors));
}

std::string Results::json() const {
  Json document = Json::object();
  for (const auto& [name, value] : texts_) place(document, name) = value;
  for (const auto& [name, value] : integers_) place(document, name) = value;
  for (const auto& [name, value] : flags_) place(document, name) = value;
  for (const auto& [name, value] : numbers_) place(document, name) = value ? Json(*value) : Json();
  for (const Array& array : arrays_) {
    place(document, array.name) =
        nested(array.values.data(), array.shape.data(), array.shape.size(), array.values.size());
  }
  return json_text(document, 1);
}

void Results::write(const std::filesystem::path& json_file,
                    const std::filesystem::path& hdf5_file) const {
  replace_file(hdf5_file, [&](const std::filesystem::path& temporary) {
    Hdf5Writer file(temporary);
    for (const auto& [name, value] : texts_) file.text(name, value);
    for (const auto& [name, value] : integers_) file.integer(name, value);
    for (const auto& [name, value] : flags_) file.integer(name, value ? 1 : 0);
    for (const auto& [name, value] : numbers_) {
      if (value) file.doubles(name, {1}, &*value);
    }
    for (const Array& array : arrays_) file.doubles(array.name, array.shape, array.values.data());
    file.close();
  });
  write_text_atomically(json_file, json() + "\n");
}

}  // namespace plaquette
