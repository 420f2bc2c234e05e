#include "kernels/local_energy.h"

#include "kernels/warp.cuh"

/// A warp owns a sample: its lanes stride over the sample's range of the list and over the bonds,
/// and a tree of shuffles adds them up, so the order of the sum depends on the list alone. About
/// 222 complex exponentials a sample at 10×10.

namespace plaquette::cuda {
namespace {

constexpr int kRowsPerBlock = 4;

/// e^z.
__device__ ComplexPair<double> complex_exponential(double re, double im) {
  const double modulus = std::exp(re);
  return {modulus * std::cos(im), modulus * std::sin(im)};
}

__global__ void local_energies_kernel(ComplexPair<double>* energies, const std::uint64_t* samples,
                                      std::size_t sample_count, int words, BondList bonds,
                                      const ComplexPair<double>* log_psi,
                                      const ComplexPair<double>* connected_log_psi,
                                      const ConnectedState* list, const std::uint32_t* offsets) {
  const auto [sample, lane] = WarpRow::mine();
  if (sample >= sample_count) return;
  const std::uint64_t* state = samples + sample * words;
  double re = 0;
  double im = 0;
  for (std::uint32_t bond = lane; bond < bonds.count; bond += kWarp) {
    re += diagonal_element(bonds.bonds[bond], state);
  }
  const ComplexPair<double> own = log_psi[sample];
  for (std::size_t k = offsets[sample] + lane; k < offsets[sample + 1]; k += kWarp) {
    const ComplexPair<double> other = connected_log_psi[k];
    const ComplexPair<double> ratio = complex_exponential(other.re - own.re, other.im - own.im);
    const double element = exchange_element(bonds.bonds[list[k].bond], state);
    re += element * ratio.re;
    im += element * ratio.im;
  }
  re = warp_sum(re);
  im = warp_sum(im);
  const bool zero = own.re == -HUGE_VAL;  // no amplitude, no local energy
  if (lane == 0) energies[sample] = zero ? ComplexPair<double>{0, 0} : ComplexPair<double>{re, im};
}

}  // namespace

void local_energies(ComplexPair<double>* energies, TensorView<const std::uint64_t, 2> samples,
                    BondList bonds, const ComplexPair<double>* log_psi,
                    const ComplexPair<double>* connected_log_psi, const ConnectedState* list,
                    const std::uint32_t* offsets, cudaStream_t stream) {
  launch(local_energies_kernel,
         {blocks_for(samples.extent(0), kRowsPerBlock), dim3(kWarp, kRowsPerBlock), 0, stream},
         energies, samples.data(), samples.extent(0), samples.extent(1), bonds, log_psi,
         connected_log_psi, list, offsets);
}

}  // namespace plaquette::cuda
