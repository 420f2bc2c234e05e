#pragma once

#include <complex>
#include <cstddef>
#include <string>

#include "network.hpp"

namespace oracle {

/// ∂ log ψ(s)/∂θ by fourth-order central differences with step h: the truncation error is
/// h⁴ f⁽⁵⁾/30, the rounding error about 1e-15·|log ψ|/h, some 1e-10. Near a zero of ψ the fifth
/// derivative is large, which is why the step is no longer.
std::complex<double> gradient(const OracleNetwork& network, const Spins& spins,
                              const std::string& tensor, std::size_t index, double h = 1e-4);

}  // namespace oracle
