#pragma once

#include <cstddef>
#include <span>

namespace plaquette::cpu {

/// In-place Cholesky of a shifted symmetric matrix that keeps the original, so that the shift can
/// be raised and the factorisation repeated without a second copy: the lower triangle (without
/// the diagonal) and `diagonal` hold A; the upper triangle and the diagonal of `matrix` receive U
/// with A + shift = Uᵀ U. matrix (n, n) row-major. Tiles are fixed, so the result is the same for
/// any thread count. False if A + shift is not positive definite or not finite.
bool cholesky_factor(double* matrix, std::span<const double> diagonal, double shift, int threads);

/// x := (Uᵀ U)⁻¹ x.
void cholesky_solve(const double* matrix, std::span<double> x);

}  // namespace plaquette::cpu
