#include "plaquette/vmc/estimate.hpp"

#include <algorithm>
#include <cmath>

#include "plaquette/base/errors.hpp"

namespace plaquette {

namespace {

/// Standard deviation of the mean of independent values.
double error_of_mean(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  if (values.size() < 2) return 0;
  double mean = 0;
  for (double value : values) mean += value / count;
  double squares = 0;
  for (double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / (count * (count - 1)));
}

/// Means of the real part over each chain.
std::vector<double> chain_means(std::span<const std::complex<double>> energies,
                                std::size_t chains) {
  const std::size_t samples_per_chain = energies.size() / chains;
  const auto slots = static_cast<double>(samples_per_chain);
  std::vector<double> means(chains, 0.0);
  for (std::size_t k = 0; k < energies.size(); ++k) means[k % chains] += energies[k].real() / slots;
  return means;
}

/// Means over consecutive blocks of √M samples; the last block takes the remainder.
std::vector<double> block_means(std::span<const std::complex<double>> energies) {
  const std::size_t length =
      std::max<std::size_t>(1, static_cast<std::size_t>(std::sqrt(energies.size())));
  const std::size_t blocks = energies.size() / length;
  std::vector<double> means(blocks, 0.0);
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::size_t begin = block * length;
    const std::size_t end = block + 1 == blocks ? energies.size() : begin + length;
    for (std::size_t k = begin; k < end; ++k) means[block] += energies[k].real();
    means[block] /= static_cast<double>(end - begin);
  }
  return means;
}

}  // namespace

EnergyEstimate estimate(std::span<const std::complex<double>> energies,
                        std::span<const double> weights, std::size_t chains) {
  PLAQUETTE_REQUIRE(energies.size() == weights.size(), energies.size(), " energies, ",
                    weights.size(), " weights");
  PLAQUETTE_REQUIRE(chains == 0 || energies.size() % chains == 0, energies.size(), " samples, ",
                    chains, " chains");
  EnergyEstimate result;
  for (std::size_t k = 0; k < energies.size(); ++k) result.mean += weights[k] * energies[k];
  for (std::size_t k = 0; k < energies.size(); ++k) {
    result.variance += weights[k] * std::norm(energies[k] - result.mean);
  }
  if (chains == 1) result.error = error_of_mean(block_means(energies));
  if (chains > 1) result.error = error_of_mean(chain_means(energies, chains));
  return result;
}

std::vector<double> energy_residuals(std::span<const std::complex<double>> energies,
                                     std::span<const double> weights, std::complex<double> mean) {
  const std::size_t samples = energies.size();
  std::vector<double> rows(2 * samples);
  for (std::size_t k = 0; k < samples; ++k) {
    const std::complex<double> row = 2 * std::sqrt(weights[k]) * (energies[k] - mean);
    rows[k] = row.real();
    rows[samples + k] = row.imag();
  }
  return rows;
}

std::vector<double> born_weights(std::span<const std::complex<double>> log_psi) {
  double largest = -HUGE_VAL;
  for (const std::complex<double>& value : log_psi) {
    if (!std::isfinite(value.real()) || !std::isfinite(value.imag())) {
      throw NumericalError(concat("log psi = ", value, " is not finite"));
    }
    largest = std::max(largest, value.real());
  }
  std::vector<double> weights(log_psi.size());
  double sum = 0;
  for (std::size_t k = 0; k < log_psi.size(); ++k) {
    weights[k] = std::exp(2 * (log_psi[k].real() - largest));
    sum += weights[k];
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

}  // namespace plaquette
