#include "tolerance.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace plaquette::test {
namespace {

/// Ratio of a LayerNorm's input to its spread: about one at random parameters. A single channel has
/// no spread, and √ε = 1e-3 alone divides.
double norm_amplification(const NetworkShape& shape) { return shape.d_model == 1 ? 1e3 : 1; }

double unit_roundoff(Precision precision) {
  return precision == Precision::fp64 ? 0x1.0p-53 : 0x1.0p-24;
}

}  // namespace

double entry_error(const NetworkShape& shape, Precision precision) {
  const double longest_sum = std::max(shape.hidden(), shape.tokens());
  const double stages = 6.0 * shape.layers + 4;
  return norm_amplification(shape) * stages * std::sqrt(longest_sum) * unit_roundoff(precision);
}

double log_psi_error(const NetworkShape& shape, Precision precision,
                     const std::vector<std::complex<double>>& head_inputs) {
  double sum = 0;
  for (const std::complex<double> z : head_inputs) {
    sum += std::abs(std::tanh(z)) * (std::abs(z) + 1);
  }
  return sum * entry_error(shape, precision) +
         static_cast<double>(head_inputs.size()) * 8 * unit_roundoff(precision);
}

double local_energy_error(double log_psi_error, const std::vector<std::complex<double>>& terms) {
  double sum = 0;
  for (const std::complex<double> term : terms) sum += std::abs(term);
  return 2 * log_psi_error * sum;
}

double gradient_error(const NetworkShape& shape, Precision precision,
                      const std::vector<std::complex<double>>& head_inputs) {
  double steepest = 1;
  for (const std::complex<double> z : head_inputs) {
    const std::complex<double> tangent = std::tanh(z);
    steepest = std::max(steepest, std::abs(1.0 - tangent * tangent) * (std::abs(z) + 1));
  }
  return 2 * steepest * entry_error(shape, precision);
}

double log_psi_distance(std::complex<double> a, std::complex<double> b) {
  const std::complex<double> difference = a - b;
  return std::hypot(difference.real(), std::remainder(difference.imag(), 2 * std::numbers::pi));
}

}  // namespace plaquette::test
