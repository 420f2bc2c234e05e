#include "cpu/register_tiles.hpp"

namespace plaquette::cpu {

template <>
const ProductKernels<float>& product_kernels_avx512() {
  static constexpr ProductKernels<float> kernels = register_kernels<float, 64>("avx512");
  return kernels;
}

template <>
const ProductKernels<double>& product_kernels_avx512() {
  static constexpr ProductKernels<double> kernels = register_kernels<double, 64>("avx512");
  return kernels;
}

}  // namespace plaquette::cpu
