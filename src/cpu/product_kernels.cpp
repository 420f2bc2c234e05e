#include "cpu/product_kernels.hpp"

namespace plaquette::cpu {

template <class Real>
const ProductKernels<Real>& product_kernels() {
  static const ProductKernels<Real>& chosen = __builtin_cpu_supports("x86-64-v4") != 0
                                                  ? product_kernels_avx512<Real>()
                                                  : product_kernels_avx2<Real>();
  return chosen;
}

template const ProductKernels<float>& product_kernels();
template const ProductKernels<double>& product_kernels();

}  // namespace plaquette::cpu
