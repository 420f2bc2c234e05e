#include "gradient.hpp"

namespace oracle {

std::complex<double> gradient(const OracleNetwork& network, const Spins& spins,
                              const std::string& tensor, std::size_t index, double h) {
  OracleNetwork moved = network;
  double& parameter = moved.parameters.at(tensor).at(index);
  const double start = parameter;
  const auto at = [&](double displacement) {
    parameter = start + displacement;
    return log_psi(moved, spins);
  };
  return (8.0 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12.0 * h);
}

}  // namespace oracle
