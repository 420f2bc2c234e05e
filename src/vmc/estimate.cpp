#include "plaquette/vmc/estimate.hpp"

#include <algorithm>
#include <cmath>

#include "plaquette/base/errors.hpp"
#include "plaquette/vmc/chain_error.hpp"

namespace plaquette {

EnergyEstimate estimate(std::span<const std::complex<double>> energies,
                        std::span<const double> weights, std::size_t chains) {
  PLAQUETTE_REQUIRE(energies.size() == weights.size(), energies.size(), " energies, ",
                    weights.size(), " weights");
  PLAQUETTE_REQUIRE(chains == 0 || energies.size() % chains == 0, energies.size(), " samples, ",
                    chains, " chains");
  const std::size_t samples = energies.size();
  EnergyEstimate result;
  for (std::size_t k = 0; k < energies.size(); ++k) result.mean += weights[k] * energies[k];
  for (std::size_t k = 0; k < energies.size(); ++k) {
    result.variance += weights[k] * std::norm(energies[k] - result.mean);
  }
  if (chains == 0) return result;
  std::vector<double> parts(samples);
  for (std::size_t k = 0; k < samples; ++k) {
    parts[k] = weights[k] * (energies[k].real() - result.mean.real());
  }
  result.error = error_of_sum(parts, chains);
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

std::vector<double> amplitude_weights(std::span<const std::complex<double>> log_psi, double power) {
  double largest = -HUGE_VAL;
  for (const std::complex<double>& value : log_psi) {
    if (!std::isfinite(value.real()) || !std::isfinite(value.imag())) {
      throw NumericalError(concat("log psi = ", value, " is not finite; use --precision fp64"));
    }
    largest = std::max(largest, value.real());
  }
  std::vector<double> weights(log_psi.size());
  double sum = 0;
  for (std::size_t k = 0; k < log_psi.size(); ++k) {
    weights[k] = std::exp(power * (log_psi[k].real() - largest));
    sum += weights[k];
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

}  // namespace plaquette
