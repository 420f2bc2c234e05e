#pragma once

#include <vector>

#include "cpu/product_kernels.hpp"
#include "support/wide_register_kernels.hpp"

namespace plaquette::test {

/// The kernels of every set of vector instructions that this processor runs, and those of the
/// widest registers, which every processor runs in pieces.
template <class Real>
std::vector<const cpu::ProductKernels<Real>*> every_kernel_set() {
  std::vector<const cpu::ProductKernels<Real>*> kernels = {&cpu::product_kernels_avx2<Real>(),
                                                           &wide_register_kernels<Real>()};
  if (cpu::has_avx512()) kernels.push_back(&cpu::product_kernels_avx512<Real>());
  return kernels;
}

}  // namespace plaquette::test
