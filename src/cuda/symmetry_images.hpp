#pragma once

#include "cuda/blas.hpp"
#include "kernels/symmetry_images.h"
#include "network/projection.hpp"

namespace plaquette::cuda {

/// Images of configurations and what a projection does with them: the CUDA side of
/// network/projection.hpp; meanings are those of cpu/symmetry_images.hpp.
template <class Real>
class SymmetryImages {
 public:
  SymmetryImages(const SymmetryArrays& arrays, const Blas& blas)
      : stream_(blas.stream()),
        permutation_(arrays.permutation, stream_),
        flip_(arrays.flip, stream_),
        character_(arrays.character, stream_) {}

  void make(TensorView<std::uint64_t, 2> images, TensorView<const std::uint64_t, 2> configurations,
            std::size_t first) const {
    symmetry_images(images, configurations, table(), first, stream_);
  }
  void combine(ComplexPair<double>* log_psi, TensorView<ComplexPair<double>, 2> amplitudes,
               double cancelled) const {
    cuda::combine_images(log_psi, amplitudes, table(), cancelled, stream_);
  }
  void add_gradients(const GradientBlock<Real>& block, TensorView<const Real, 2> images,
                     TensorView<const ComplexPair<double>, 2> shares, std::size_t first) const {
    add_image_gradients<Real>(block, images, shares, first, stream_);
  }

 private:
  SymmetryTable table() const {
    const std::size_t operations = flip_.size();
    return {TensorView<const std::int32_t, 2>(permutation_.data(), operations,
                                              permutation_.size() / operations),
            flip_.data(), character_.data()};
  }

  cudaStream_t stream_;
  DeviceBuffer<std::int32_t> permutation_;       // (G, N)
  DeviceBuffer<std::int32_t> flip_;              // (G)
  DeviceBuffer<ComplexPair<double>> character_;  // (G)
};

}  // namespace plaquette::cuda
