#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plaquette/vmc/jackknife.hpp"

namespace plaquette {

/// What a command found, to be written as JSON and as HDF5 with the same names: texts and integers
/// (attributes in HDF5), numbers and arrays. A name may be a path, `spin_correlations/mean`: an
/// object in JSON, a group in HDF5. Numbers that are not known are null in JSON and left out of
/// HDF5.
class Results {
 public:
  using Shape = std::vector<std::size_t>;

  void text(const std::string& name, const std::string& value) { texts_.emplace_back(name, value); }
  void integer(const std::string& name, std::int64_t value) { integers_.emplace_back(name, value); }
  /// true or false in JSON, 1 or 0 in HDF5.
  void flag(const std::string& name, bool value) { flags_.emplace_back(name, value); }
  void number(const std::string& name, std::optional<double> value) {
    numbers_.emplace_back(name, value);
  }
  /// <name>/mean and <name>/error.
  void number(const std::string& name, const Estimate& value) {
    number(name + "/mean", value.mean);
    number(name + "/error", value.error);
  }
  void array(const std::string& name, const Shape& shape, std::vector<double> values);
  void array(const std::string& name, const Shape& shape, const std::vector<Estimate>& values);

  /// One indented document; arrays are nested by shape.
  std::string json() const;
  /// Both files are replaced atomically. Throws IoError.
  void write(const std::filesystem::path& json_file, const std::filesystem::path& hdf5_file) const;

 private:
  struct Array {
    std::string name;
    Shape shape;
    std::vector<double> values;
  };
  std::vector<std::pair<std::string, std::string>> texts_;
  std::vector<std::pair<std::string, std::int64_t>> integers_;
  std::vector<std::pair<std::string, bool>> flags_;
  std::vector<std::pair<std::string, std::optional<double>>> numbers_;
  std::vector<Array> arrays_;
};

}  // namespace plaquette
