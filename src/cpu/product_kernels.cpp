#include "cpu/product_kernels.hpp"

namespace plaquette::cpu {

bool has_avx512() {
  // x86-64-v4, for compilers that do not know the level by name.
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512cd") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0;
}

template <class Real>
const ProductKernels<Real>& product_kernels() {
  static const ProductKernels<Real>& chosen =
      has_avx512() ? product_kernels_avx512<Real>() : product_kernels_avx2<Real>();
  return chosen;
}

template const ProductKernels<float>& product_kernels();
template const ProductKernels<double>& product_kernels();

}  // namespace plaquette::cpu
