#include "plaquette/io/configurations_file.hpp"

#include <fstream>
#include <iostream>
#include <vector>

#include "plaquette/base/errors.hpp"

namespace plaquette {
namespace {

/// Every line of `input`, one configuration each; empty lines are left out. Throws InputError that
/// names the source and the line.
ConfigurationBatch read_configurations(std::istream& input, const std::string& source, int sites) {
  std::vector<std::uint64_t> words;
  std::vector<std::uint64_t> one(static_cast<std::size_t>(words_for(sites)));
  std::string line;
  for (std::size_t number = 1; std::getline(input, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    try {
      parse_configuration(line, sites, one.data());
    } catch (const InputError& error) {
      throw InputError(concat("--configurations ", source, ", line ", number, ": ", error.what()));
    }
    words.insert(words.end(), one.begin(), one.end());
  }
  if (input.bad()) throw InputError(concat("--configurations ", source, ": cannot be read"));
  if (words.empty()) {
    throw InputError(concat("--configurations ", source, ": holds no configuration"));
  }
  return ConfigurationBatch(sites, std::move(words));
}

}  // namespace

ConfigurationBatch read_configurations(const std::string& source, int sites) {
  if (source == "-") return read_configurations(std::cin, "(standard input)", sites);
  std::ifstream file(source);
  if (!file) throw InputError(concat("--configurations ", source, ": cannot be read"));
  return read_configurations(file, source, sites);
}

}  // namespace plaquette
