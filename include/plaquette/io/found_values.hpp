#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "plaquette/vmc/jackknife.hpp"

namespace plaquette {

/// summary.json: the final parameters on samples of their own.
struct FoundSummary {
  Estimate energy;  ///< per site
  double v_score = 0;
  std::uint64_t steps = 0;
  double seconds = 0;
  std::optional<std::uint64_t> parameters = {};
  std::string backend = {};
  std::string version = {};
};

/// Values on the sites of a lattice, or its momenta: (rows, columns), row-major.
struct LatticeMap {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<Estimate> values = {};
};

/// measure.json.
struct FoundMeasurement {
  Estimate energy;  ///< per site
  Estimate v_score;
  std::optional<std::uint64_t> step = {};  ///< of the parameters that were measured
  std::optional<LatticeMap> structure_factor = {};
  std::optional<LatticeMap> spin_correlations = {};
};

/// attention.json.
struct FoundAttention {
  std::size_t layers = 0;
  std::size_t heads = 0;
  std::size_t tokens = 0;
  std::vector<double> mean = {};    ///< (layers, heads, n, n)
  std::vector<double> spread = {};  ///< (layers, heads)
  std::optional<Estimate> freezing_change = {};
};

// What run, measure and attention wrote as JSON, read back. Empty if there is no such file; throws
// InputError that names the file and what is wrong with it.

std::optional<FoundSummary> found_summary(const std::filesystem::path& path);
std::optional<FoundMeasurement> found_measurement(const std::filesystem::path& path);
std::optional<FoundAttention> found_attention(const std::filesystem::path& path);

}  // namespace plaquette
