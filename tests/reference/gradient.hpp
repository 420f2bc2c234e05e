#pragma once

#include <complex>
#include <cstddef>
#include <string>

#include "network.hpp"

namespace oracle {

/// ∂ log ψ(s)/∂θ by fourth-order central differences with step h: the truncation error is
/// h⁴ f⁽⁵⁾/30, the rounding error about 1e-16·|log ψ|/h; near 1e-11 for h = 1e-3 where log ψ
/// varies on the scale of one.
std::complex<double> gradient(const OracleNetwork& network, const Spins& spins,
                              const std::string& tensor, std::size_t index, double h = 1e-3);

}  // namespace oracle
