#include "plaquette/vmc/chain_diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "plaquette/base/errors.hpp"
#include "plaquette/vmc/autocorrelation.hpp"

namespace plaquette {

namespace {

constexpr std::size_t kFewestRows = 8;

/// Each step's rows with mean 0 and standard deviation 1; zeros where they do not vary.
std::vector<double> standardised(std::span<const double> energies, std::size_t step_size) {
  std::vector<double> z(energies.begin(), energies.end());
  for (std::size_t begin = 0; begin < z.size(); begin += step_size) {
    const std::span<double> step(z.data() + begin, step_size);
    const auto count = static_cast<double>(step_size);
    double mean = 0;
    for (double value : step) mean += value / count;
    double variance = 0;
    for (double value : step) variance += (value - mean) * (value - mean) / count;
    // Rounding alone spreads equal energies by some 1e-16 of their size.
    const bool constant = variance <= 1e-24 * mean * mean;
    const double scale = constant ? 0.0 : 1.0 / std::sqrt(variance);
    for (double& value : step) value = (value - mean) * scale;
  }
  return z;
}

/// Mean and variance (n − 1) of rows [begin, begin + n) of one chain.
struct Moments {
  double mean;
  double variance;
};
Moments moments(std::span<const double> z, std::size_t chains, std::size_t chain, std::size_t begin,
                std::size_t n) {
  double mean = 0;
  for (std::size_t row = begin; row < begin + n; ++row) mean += z[row * chains + chain];
  mean /= static_cast<double>(n);
  double squares = 0;
  for (std::size_t row = begin; row < begin + n; ++row) {
    const double difference = z[row * chains + chain] - mean;
    squares += difference * difference;
  }
  return {mean, squares / static_cast<double>(n - 1)};
}

/// Gelman and Rubin's ratio over half chains, √((n−1)/n + B/(nW)).
std::optional<double> split_r_hat(std::span<const double> z, std::size_t chains) {
  const std::size_t rows = z.size() / chains;
  const std::size_t n = rows / 2;
  const auto halves = static_cast<double>(2 * chains);
  double within = 0;
  std::vector<double> means;
  for (std::size_t chain = 0; chain < chains; ++chain) {
    for (std::size_t begin : {rows - 2 * n, rows - n}) {
      const Moments half = moments(z, chains, chain, begin, n);
      within += half.variance / halves;
      means.push_back(half.mean);
    }
  }
  const Moments between = moments(means, 1, 0, 0, means.size());
  if (within <= 0) return std::nullopt;
  const auto length = static_cast<double>(n);
  return std::sqrt((length - 1) / length + between.variance / within);
}

std::optional<double> autocorrelation_time(std::span<const double> z, std::size_t chains) {
  const double variance = autocovariance(z, chains, 0);
  if (variance <= 0) return std::nullopt;
  return std::max(sum_correlations(z, chains, variance).tau, 0.0);
}

}  // namespace

ChainDiagnostics diagnose_chains(std::span<const double> energies, std::size_t chains,
                                 std::size_t rows_per_step) {
  if (chains == 0 || energies.size() < kFewestRows * chains) return {};
  PLAQUETTE_REQUIRE(energies.size() % (chains * rows_per_step) == 0, energies.size(), " energies, ",
                    chains, " chains, ", rows_per_step, " rows per step");
  const std::vector<double> z = standardised(energies, chains * rows_per_step);
  return {split_r_hat(z, chains), autocorrelation_time(z, chains)};
}

}  // namespace plaquette
