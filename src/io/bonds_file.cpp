#include "plaquette/io/bonds_file.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>

#include "fmt/core.h"
#include "plaquette/base/errors.hpp"

namespace plaquette {
namespace {

template <class Number>
std::optional<Number> parse(const std::string& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Throws InputError that says what is wrong with the line, without saying where it stands.
Bond parse_bond(const std::vector<std::string>& fields, int sites) {
  if (fields.size() != 4) {
    throw InputError(concat("has ", fields.size(), " fields; a bond is: i j Jz Jxy"));
  }
  const auto site = [&](const std::string& field) {
    const std::optional<std::int32_t> value = parse<std::int32_t>(field);
    if (!value || *value < 0 || *value >= sites) {
      throw InputError(concat("site ", field, ": must be from 0 to ", sites - 1));
    }
    return *value;
  };
  const auto coupling = [](const std::string& field) {
    constexpr double kLargest = 1e6;
    const std::optional<double> value = parse<double>(field);
    if (!value || !(std::abs(*value) <= kLargest)) {
      throw InputError(concat("coupling ", field, ": must be from ", -kLargest, " to ", kLargest));
    }
    return *value;
  };
  const Bond bond{site(fields[0]), site(fields[1]), coupling(fields[2]), coupling(fields[3])};
  if (bond.i == bond.j) throw InputError(concat("joins site ", bond.i, " to itself"));
  return bond;
}

void require_some_coupling(const std::vector<Bond>& bonds, const std::string& source) {
  if (std::all_of(bonds.begin(), bonds.end(),
                  [](const Bond& bond) { return bond.Jz == 0 && bond.Jxy == 0; })) {
    throw InputError(concat(source, ": holds no bond with a coupling"));
  }
}

}  // namespace

std::vector<Bond> read_bonds(const std::filesystem::path& path, int sites) {
  std::ifstream file(path);
  if (!file) throw InputError(concat("--bonds ", path.string(), ": cannot be read"));
  std::vector<Bond> bonds;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::vector<std::string> fields;
    for (std::string field; words >> field;) fields.push_back(field);
    if (fields.empty()) continue;
    try {
      bonds.push_back(parse_bond(fields, sites));
    } catch (const InputError& error) {
      throw InputError(concat("--bonds ", path.string(), ", line ", number, ": ", error.what()));
    }
  }
  if (file.bad()) throw InputError(concat("--bonds ", path.string(), ": cannot be read"));
  require_some_coupling(bonds, concat("--bonds ", path.string()));
  return bonds;
}

std::vector<double> bonds_table(const std::vector<Bond>& bonds) {
  std::vector<double> table;
  for (const Bond& bond : bonds) {
    table.insert(table.end(),
                 {static_cast<double>(bond.i), static_cast<double>(bond.j), bond.Jz, bond.Jxy});
  }
  return table;
}

std::vector<Bond> bonds_from_table(const std::vector<double>& table, int sites) {
  if (table.size() % 4 != 0) throw InputError("the bonds are not rows of i j Jz Jxy");
  std::vector<Bond> bonds;
  for (std::size_t row = 0; row < table.size(); row += 4) {
    std::vector<std::string> fields;
    for (std::size_t k = 0; k < 4; ++k) fields.push_back(fmt::format("{}", table[row + k]));
    try {
      bonds.push_back(parse_bond(fields, sites));
    } catch (const InputError& error) {
      throw InputError(concat("bond ", row / 4, ": ", error.what()));
    }
  }
  require_some_coupling(bonds, "bonds");
  return bonds;
}

std::string bonds_text(const std::vector<Bond>& bonds) {
  std::string text = "# i j Jz Jxy\n";
  for (const Bond& bond : bonds) {
    text += fmt::format("{} {} {} {}\n", bond.i, bond.j, bond.Jz, bond.Jxy);
  }
  return text;
}

}  // namespace plaquette
