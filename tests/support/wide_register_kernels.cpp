#include "support/wide_register_kernels.hpp"

#include "cpu/register_tiles.hpp"

namespace plaquette::test {

template <>
const cpu::ProductKernels<float>& wide_register_kernels() {
  static constexpr auto kernels = cpu::register_kernels<float, 64>("wide");
  return kernels;
}

template <>
const cpu::ProductKernels<double>& wide_register_kernels() {
  static constexpr auto kernels = cpu::register_kernels<double, 64>("wide");
  return kernels;
}

}  // namespace plaquette::test
