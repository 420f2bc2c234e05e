#pragma once

#include "cpu/product_kernels.hpp"

namespace plaquette::test {

/// The tiles of 64-byte registers in instructions that every processor of the project has, so that
/// their geometry is tested where there is no AVX-512.
template <class Real>
const cpu::ProductKernels<Real>& wide_register_kernels();

}  // namespace plaquette::test
