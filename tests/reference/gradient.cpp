#include "gradient.hpp"

#include <cmath>

namespace oracle {
namespace {

/// f'(0) of f(displacement) = log ψ. Differences of Im log ψ are taken modulo 2π: where u_β changes
/// sign, the principal branch of log cosh jumps by a multiple of it.
template <class Function>
std::complex<double> slope(const Function& f, double h) {
  const double period = 2 * std::acos(-1.0);
  const auto difference = [&](double t) {
    const std::complex<double> change = f(t) - f(-t);
    return std::complex<double>(change.real(), std::remainder(change.imag(), period));
  };
  return (8.0 * difference(h) - difference(2 * h)) / (12.0 * h);
}

}  // namespace

std::complex<double> gradient(const OracleNetwork& network, const Spins& spins,
                              const std::string& tensor, std::size_t index, double h) {
  OracleNetwork moved = network;
  double& parameter = moved.parameters.at(tensor).at(index);
  const double start = parameter;
  const auto at = [&](double displacement) {
    parameter = start + displacement;
    return log_psi(moved, spins);
  };
  return slope(at, h);
}

std::complex<double> directional_derivative(
    const OracleNetwork& network, const Spins& spins,
    const std::map<std::string, std::vector<double>>& direction, double h) {
  const auto at = [&](double displacement) {
    OracleNetwork moved = network;
    for (const auto& [tensor, along] : direction) {
      std::vector<double>& values = moved.parameters.at(tensor);
      for (std::size_t k = 0; k < along.size(); ++k) values.at(k) += displacement * along[k];
    }
    return log_psi(moved, spins);
  };
  return slope(at, h);
}

std::map<std::string, std::vector<std::complex<double>>> full_gradient(const OracleNetwork& network,
                                                                       const Spins& spins) {
  std::map<std::string, std::vector<std::complex<double>>> derivatives;
  for (const auto& [tensor, values] : network.parameters) {
    for (std::size_t k = 0; k < values.size(); ++k) {
      derivatives[tensor].push_back(gradient(network, spins, tensor, k));
    }
  }
  return derivatives;
}

}  // namespace oracle
