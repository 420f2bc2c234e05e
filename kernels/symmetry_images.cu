#include "kernels/symmetry_images.h"

#include "kernels/launch.cuh"
#include "plaquette/model/image_sum.hpp"
#include "plaquette/physics/configuration.hpp"

namespace plaquette::cuda {
namespace {

constexpr int kThreads = 128;

__global__ void images_kernel(std::uint64_t* images, std::size_t batch, int words,
                              const std::uint64_t* configurations, const std::int32_t* permutation,
                              const std::int32_t* flip, std::size_t operations, int sites,
                              std::size_t first) {
  const std::size_t element = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const std::size_t row = element / words;
  if (row >= batch) return;
  const int word = static_cast<int>(element % words);
  const std::size_t image = first + row;
  const std::size_t g = image % operations;
  const std::uint64_t* state = configurations + image / operations * words;
  const std::int32_t* source = permutation + g * sites;
  const bool flipped = flip[g] != 0;
  std::uint64_t bits = 0;
  for (int site = word * 64; site < sites && site < (word + 1) * 64; ++site) {
    if (spin_up(state, source[site]) != flipped) bits |= std::uint64_t{1} << (site & 63);
  }
  images[element] = bits;
}

__global__ void combine_kernel(ComplexPair<double>* log_psi, ComplexPair<double>* amplitudes,
                               std::size_t count, std::size_t operations,
                               const ComplexPair<double>* character, double cancelled) {
  const std::size_t s = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (s >= count) return;
  log_psi[s] =
      plaquette::combine_images(amplitudes + s * operations, character, operations, cancelled);
}

template <class Real>
__global__ void add_gradients_kernel(GradientBlock<Real> block, const Real* images,
                                     std::size_t batch, std::size_t columns,
                                     const ComplexPair<double>* shares, std::size_t operations,
                                     std::size_t first, std::size_t configurations) {
  const std::size_t element = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const std::size_t s = first / operations + element / columns;
  const std::size_t column = element % columns;
  if (element / columns >= configurations) return;
  const std::size_t own = s * operations;
  const std::size_t begin = own < first ? first : own;
  const std::size_t last = own + operations;
  const std::size_t end = last < first + batch ? last : first + batch;
  Real* real = block.entries + (block.first_sample + s) * block.row_stride + column;
  Real* imag = real + block.samples * block.row_stride;
  double re = begin == own ? 0.0 : static_cast<double>(*real);
  double im = begin == own ? 0.0 : static_cast<double>(*imag);
  for (std::size_t image = begin; image < end; ++image) {
    const double d_re = images[(image - first) * columns + column];
    const double d_im = images[(batch + image - first) * columns + column];
    const ComplexPair<double> share = shares[image];
    re += share.re * d_re - share.im * d_im;
    im += share.re * d_im + share.im * d_re;
  }
  *real = static_cast<Real>(re);
  *imag = static_cast<Real>(im);
}

}  // namespace

void symmetry_images(TensorView<std::uint64_t, 2> images,
                     TensorView<const std::uint64_t, 2> configurations,
                     const SymmetryTable& symmetry, std::size_t first, cudaStream_t stream) {
  const std::size_t words = words_holding(symmetry.permutation.extent(1));
  require_shape("images", images, {images.extent(0), words});
  require_shape("configurations", configurations, {configurations.extent(0), words});
  require_at_most("first + images", first + images.extent(0),
                  configurations.extent(0) * symmetry.operations());
  launch(images_kernel, {blocks_for(images.size(), kThreads), kThreads, 0, stream}, images.data(),
         images.extent(0), images.extent(1), configurations.data(), symmetry.permutation.data(),
         symmetry.flip, symmetry.operations(), symmetry.permutation.extent(1), first);
}

void combine_images(ComplexPair<double>* log_psi, TensorView<ComplexPair<double>, 2> amplitudes,
                    const SymmetryTable& symmetry, double cancelled, cudaStream_t stream) {
  require_shape("amplitudes", amplitudes, {amplitudes.extent(0), symmetry.operations()});
  launch(combine_kernel, {blocks_for(amplitudes.extent(0), kThreads), kThreads, 0, stream}, log_psi,
         amplitudes.data(), amplitudes.extent(0), symmetry.operations(), symmetry.character,
         cancelled);
}

template <class Real>
void add_image_gradients(const GradientBlock<Real>& block, TensorView<const Real, 2> images,
                         TensorView<const ComplexPair<double>, 2> shares, std::size_t first,
                         cudaStream_t stream) {
  const std::size_t batch = images.extent(0) / 2;
  const std::size_t columns = images.extent(1);
  const std::size_t operations = shares.extent(1);
  require_shape("images", images, {2 * batch, block.end - block.begin});
  require_at_most("first + images", first + batch, shares.size());
  if (batch == 0) return;
  require_room(block, (first + batch - 1) / operations + 1);
  const std::size_t configurations = (first + batch - 1) / operations - first / operations + 1;
  launch(add_gradients_kernel<Real>,
         {blocks_for(configurations * columns, kThreads), kThreads, 0, stream}, block,
         images.data(), batch, columns, shares.data(), operations, first, configurations);
}

template void add_image_gradients(const GradientBlock<float>&, TensorView<const float, 2>,
                                  TensorView<const ComplexPair<double>, 2>, std::size_t,
                                  cudaStream_t);
template void add_image_gradients(const GradientBlock<double>&, TensorView<const double, 2>,
                                  TensorView<const ComplexPair<double>, 2>, std::size_t,
                                  cudaStream_t);

}  // namespace plaquette::cuda
