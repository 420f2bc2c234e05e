#include "cpu/register_tiles.hpp"

namespace plaquette::cpu {

template <>
const ProductKernels<float>& product_kernels_avx2() {
  static constexpr ProductKernels<float> kernels = register_kernels<float, 32>("avx2");
  return kernels;
}

template <>
const ProductKernels<double>& product_kernels_avx2() {
  static constexpr ProductKernels<double> kernels = register_kernels<double, 32>("avx2");
  return kernels;
}

}  // namespace plaquette::cpu
