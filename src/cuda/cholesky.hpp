#pragma once

#include <cstddef>
#include <memory>

#include "cuda/device_memory.hpp"

namespace plaquette::cuda {

/// Cholesky factorisation of one size of matrix in FP64: cuSOLVER's 64-bit interface. The upper
/// triangle (row-major) of `matrix` holds the matrix, then its factor; the strict lower triangle
/// is not touched.
class Cholesky {
 public:
  Cholesky(std::size_t n, const Stream& stream);
  ~Cholesky();
  Cholesky(const Cholesky&) = delete;
  Cholesky& operator=(const Cholesky&) = delete;

  /// Device memory that a Cholesky of this size will own.
  static std::size_t device_bytes(std::size_t n);

  /// False if the matrix is not positive definite. Waits for the device.
  bool factor(double* matrix);  // (n, n)
  /// x = matrix⁻¹ x, once factored.
  void solve(const double* matrix, double* x);

 private:
  struct Solver;
  std::unique_ptr<Solver> solver_;
};

}  // namespace plaquette::cuda
