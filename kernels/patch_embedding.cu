#include "kernels/patch_embedding.h"

#include "kernels/warp.cuh"
#include "plaquette/physics/configuration.hpp"

/// A warp makes one row, each lane one of 32 channels at a time. The spins of the patch are looked
/// up once, a lane a spin, and voted into a bit mask that all lanes then read from a register: the
/// inner loop touches nothing but the kernel, which stays in the first-level cache.

namespace plaquette::cuda {
namespace {

constexpr int kRowsPerBlock = 8;

template <class Real>
__global__ void patch_embedding_kernel(Real* out, Real* patches,
                                       const std::uint64_t* configurations,
                                       const std::int32_t* patch_sites, const Real* kernel,
                                       const Real* bias, std::size_t rows, std::size_t n, int words,
                                       int sites, int d) {
  const auto [row, lane] = WarpRow::mine();
  if (row >= rows) return;
  const std::uint64_t* state = configurations + (row / n) * static_cast<std::size_t>(words);
  const std::int32_t* patch = patch_sites + (row % n) * static_cast<std::size_t>(sites);
  for (int first_channel = 0; first_channel < d; first_channel += kWarp) {
    const int c = first_channel + lane;
    Real sum = c < d ? bias[c] : Real(0);
    for (int first_spin = 0; first_spin < sites; first_spin += kWarp) {
      const int k = first_spin + lane;
      const bool up = k < sites && spin_up(state, patch[k]);
      const unsigned ups = __ballot_sync(kAllLanes, up);
      if (patches != nullptr && first_channel == 0 && k < sites) {
        patches[row * static_cast<std::size_t>(sites) + k] = up ? Real(1) : Real(-1);
      }
      if (c >= d) continue;
      const int count = sites - first_spin < kWarp ? sites - first_spin : kWarp;
      for (int bit = 0; bit < count; ++bit) {
        const Real weight = kernel[static_cast<std::size_t>(first_spin + bit) * d + c];
        sum += (ups >> bit & 1u) != 0 ? weight : -weight;
      }
    }
    if (c < d) out[row * static_cast<std::size_t>(d) + c] = sum;
  }
}

}  // namespace

template <class Real>
void patch_embedding(TensorView<Real, 3> out, Real* patches,
                     TensorView<const std::uint64_t, 2> configurations,
                     TensorView<const std::int32_t, 2> patch_sites,
                     TensorView<const Real, 2> kernel, const Real* bias, cudaStream_t stream) {
  const std::size_t batch = out.extent(0), n = out.extent(1), sites = patch_sites.extent(1);
  require_shape("configurations", configurations, {batch, words_holding(n * sites)});
  require_shape("patch_sites", patch_sites, {n, sites});
  require_shape("kernel", kernel, {sites, out.extent(2)});
  const std::size_t rows = batch * n;
  launch(patch_embedding_kernel<Real>,
         {blocks_for(rows, kRowsPerBlock), dim3(kWarp, kRowsPerBlock), 0, stream}, out.data(),
         patches, configurations.data(), patch_sites.data(), kernel.data(), bias, rows, n,
         configurations.extent(1), sites, out.extent(2));
}

#define PLAQUETTE_INSTANTIATE(Real)                                                             \
  template void patch_embedding(TensorView<Real, 3>, Real*, TensorView<const std::uint64_t, 2>, \
                                TensorView<const std::int32_t, 2>, TensorView<const Real, 2>,   \
                                const Real*, cudaStream_t);
PLAQUETTE_INSTANTIATE(float)
PLAQUETTE_INSTANTIATE(double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cuda
