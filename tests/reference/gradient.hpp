#pragma once

#include <complex>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "network.hpp"

namespace oracle {

/// ∂ log ψ(s)/∂θ by fourth-order central differences with step h: the truncation error is
/// h⁴ f⁽⁵⁾/30, the rounding error about 1e-15·|log ψ|/h, some 1e-10. Near a zero of ψ the fifth
/// derivative is large, which is why the step is no longer.
std::complex<double> gradient(const OracleNetwork& network, const Spins& spins,
                              const std::string& tensor, std::size_t index, double h = 1e-4);

/// ∂ log ψ(s)/∂t along θ + t·direction, by the same differences. direction: by tensor, as
/// `parameters`.
std::complex<double> directional_derivative(
    const OracleNetwork& network, const Spins& spins,
    const std::map<std::string, std::vector<double>>& direction, double h = 1e-4);

/// Every ∂ log ψ(s)/∂θ, by tensor.
std::map<std::string, std::vector<std::complex<double>>> full_gradient(const OracleNetwork& network,
                                                                       const Spins& spins);

}  // namespace oracle
