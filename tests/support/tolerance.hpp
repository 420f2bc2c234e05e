#pragma once

#include <complex>
#include <vector>

#include "plaquette/backend/backend.hpp"
#include "plaquette/model/network_shape.hpp"
#include "reference/local_energy.hpp"
#include "reference/network.hpp"

namespace plaquette::test {

// How far a backend may be from the exact value, derived from the arithmetic. A sum of m products
// whose roundings are independent is off by about √m·ε of its terms; a forward pass chains
// `stages` such sums, and LayerNorm passes relative errors on, amplified by the ratio of its input
// to its spread. What the head makes of an error depends on the configuration: near a zero of ψ
// (of a cosh z_β) it grows without limit, which the oracle's z_β say.

/// Relative error of an entry z_β of the head's input.
double entry_error(const NetworkShape& shape, Precision precision);

/// Absolute error of log ψ: Σ_β |tanh z_β| (|z_β| + 1) entry_error, and of its own sum.
double log_psi_error(const NetworkShape& shape, Precision precision,
                     const std::vector<std::complex<double>>& head_inputs);

/// Absolute error of a local energy: every ratio of amplitudes carries two errors of log ψ.
double local_energy_error(double log_psi_error, const std::vector<std::complex<double>>& terms);

/// Error of ∂ log ψ/∂θ relative to the largest derivative of the configuration: as many stages
/// again on the way back, each with its LayerNorm, from tanh z_β, which is off by |1 − tanh² z_β|
/// δz_β.
double gradient_error(const NetworkShape& shape, Precision precision,
                      const std::vector<std::complex<double>>& head_inputs);

/// Distance of two log ψ. Imaginary parts are compared modulo 2π: where rounding moves u_β across
/// zero, the principal branch of log cosh jumps by a multiple of it.
double log_psi_distance(std::complex<double> a, std::complex<double> b);

}  // namespace plaquette::test
