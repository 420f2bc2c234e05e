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

double largest_log_amplitude(std::span<const std::complex<double>> log_psi) {
  double largest = -HUGE_VAL;
  for (const std::complex<double>& value : log_psi) largest = std::max(largest, value.real());
  return largest;
}

std::vector<double> relative_weights(std::span<const std::complex<double>> log_psi, double power,
                                     double reference) {
  std::vector<double> weights;
  weights.reserve(log_psi.size());
  for (const std::complex<double>& value : log_psi) {
    const bool zero = value.real() == -HUGE_VAL;
    if (!std::isfinite(value.imag()) || !(zero || std::isfinite(value.real()))) {
      throw NumericalError(concat("log psi = ", value, " is not finite; use --precision fp64"));
    }
    weights.push_back(zero ? 0.0 : std::exp(power * (value.real() - reference)));
  }
  return weights;
}

std::vector<double> amplitude_weights(std::span<const std::complex<double>> log_psi, double power) {
  // Log-derivatives of a vanishing amplitude do not exist.
  if (std::ranges::any_of(log_psi, [](const auto& value) { return value.real() == -HUGE_VAL; })) {
    throw NumericalError("log psi is -infinity: an amplitude is zero");
  }
  std::vector<double> weights = relative_weights(log_psi, power, largest_log_amplitude(log_psi));
  double sum = 0;
  for (const double weight : weights) sum += weight;
  for (double& weight : weights) weight /= sum;
  return weights;
}

}  // namespace plaquette
