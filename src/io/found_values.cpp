#include "plaquette/io/found_values.hpp"

#include <nlohmann/json.hpp>

#include "plaquette/base/errors.hpp"
#include "plaquette/io/atomic_file.hpp"

namespace plaquette {
namespace {

using Json = nlohmann::json;

/// What `read` makes of the document in a file; empty if there is no file.
template <class Read>
auto read_found(const std::filesystem::path& path, const Read& read)
    -> std::optional<decltype(read(Json()))> {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  const Json document = Json::parse(read_text(path), nullptr, false);
  if (document.is_discarded()) {
    throw InputError(concat(path.string(), ": is not JSON, or is cut off"));
  }
  try {
    return read(document);
  } catch (const Json::exception& wrong) {
    throw InputError(concat(path.string(), ": is not what plaquette writes there: ", wrong.what()));
  } catch (const InputError& wrong) {
    throw InputError(concat(path.string(), ": ", wrong.what()));
  }
}

Estimate estimate(const Json& document, const char* mean, const char* error) {
  return {document.at(mean).get<double>(), document.value(error, 0.0)};
}

std::optional<LatticeMap> lattice_map(const Json& document, const char* name) {
  if (!document.contains(name)) return std::nullopt;
  const auto means = document.at(name).at("mean").get<std::vector<std::vector<double>>>();
  const auto errors = document.at(name).at("error").get<std::vector<std::vector<double>>>();
  LatticeMap map{.rows = means.size(), .columns = means.empty() ? 0 : means.front().size()};
  for (std::size_t row = 0; row < means.size(); ++row) {
    if (means[row].size() != map.columns || errors.at(row).size() != map.columns) {
      throw InputError(concat(name, " has rows of unequal length"));
    }
    for (std::size_t column = 0; column < map.columns; ++column) {
      map.values.push_back({means[row][column], errors[row][column]});
    }
  }
  if (map.values.empty()) throw InputError(concat(name, " is empty"));
  return map;
}

std::optional<Estimate> freezing_change(const Json& document) {
  if (!document.contains("freezing_change")) return std::nullopt;
  return estimate(document.at("freezing_change"), "mean", "error");
}

FoundSummary summary_of(const Json& document) {
  FoundSummary found{.energy = estimate(document, "energy_per_site", "energy_error"),
                     .v_score = document.at("v_score").get<double>(),
                     .steps = document.at("steps").get<std::uint64_t>(),
                     .seconds = document.at("seconds").get<double>(),
                     .backend = document.value("backend", ""),
                     .version = document.value("version", "")};
  if (document.contains("parameter_count")) {
    found.parameters = document.at("parameter_count").get<std::uint64_t>();
  }
  return found;
}

FoundMeasurement measurement_of(const Json& document) {
  FoundMeasurement found{.energy = estimate(document, "energy_per_site", "energy_error"),
                         .v_score = estimate(document, "v_score", "v_score_error"),
                         .structure_factor = lattice_map(document, "structure_factor"),
                         .spin_correlations = lattice_map(document, "spin_correlations")};
  if (document.contains("step")) found.step = document.at("step").get<std::uint64_t>();
  return found;
}

FoundAttention attention_of(const Json& document) {
  using Maps = std::vector<std::vector<std::vector<std::vector<double>>>>;
  const Maps mean = document.at("mean").get<Maps>();
  const auto spread = document.at("spread").get<std::vector<std::vector<double>>>();
  FoundAttention found{.layers = mean.size(), .freezing_change = freezing_change(document)};
  found.heads = mean.empty() ? 0 : mean.front().size();
  found.tokens = found.heads == 0 ? 0 : mean.front().front().size();
  for (const auto& layer : mean) {
    for (const auto& head : layer) {
      for (const auto& row : head) found.mean.insert(found.mean.end(), row.begin(), row.end());
    }
  }
  for (const auto& layer : spread) {
    found.spread.insert(found.spread.end(), layer.begin(), layer.end());
  }
  const std::size_t maps = found.layers * found.heads;
  if (maps == 0 || found.tokens == 0 || found.spread.size() != maps ||
      found.mean.size() != maps * found.tokens * found.tokens) {
    throw InputError("mean and spread are not of one shape, by layer and head");
  }
  return found;
}

}  // namespace

std::optional<FoundSummary> found_summary(const std::filesystem::path& path) {
  return read_found(path, summary_of);
}

std::optional<FoundMeasurement> found_measurement(const std::filesystem::path& path) {
  return read_found(path, measurement_of);
}

std::optional<FoundAttention> found_attention(const std::filesystem::path& path) {
  return read_found(path, attention_of);
}

}  // namespace plaquette
