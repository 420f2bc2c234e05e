#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cuda/blas.hpp"
#include "cuda/position_lists.hpp"
#include "network/network_layout.hpp"
#include "plaquette/model/activations.hpp"
#include "plaquette/model/gradient_block.hpp"

namespace plaquette::cuda {

/// What a network does with its tensors, queued on a stream: one kernel or one product an
/// operation, activations in global memory. The CUDA side of network/network.hpp; names, shapes and
/// meanings are those of cpu/operations.hpp. Instantiated for float and double.
template <class Number>
class Operations {
 public:
  using Real = Number;
  using Configurations = TensorView<const std::uint64_t, 2>;

  /// `blas` must outlive this.
  Operations(const NetworkShape& shape, const ParameterTable& table, const Blas& blas);

  /// Throws CapacityError if the device has not the shared memory that a kernel needs for this
  /// shape.
  static void require_runnable(const NetworkSizes& sizes);
  /// Configurations whose activations fill `activation_bytes`: a multiple of 32, or less than 32.
  static std::size_t window(const NetworkSizes& sizes, std::size_t bytes_of_one,
                            std::size_t activation_bytes);
  static std::size_t softmax_elements(const NetworkSizes& sizes) {
    return sizes.heads * sizes.tokens * sizes.tokens;
  }
  static std::size_t scratch_bytes(const NetworkSizes&, std::size_t) { return 0; }
  static std::size_t gradient_scratch_bytes(const NetworkSizes&, std::size_t) { return 0; }
  static constexpr bool kFusesFeedForward = false;
  static constexpr bool kFusesFirstLayer = false;
  static std::size_t parameter_bytes(const NetworkSizes& sizes, const ParameterTable& table);

  void set_parameters(std::span<const double> theta);  // (P), host memory

  void embed(TensorView<Real, 3> out, Real* patches, Configurations configurations) const;
  void layer_norm(const NormContext<Real>& out, TensorView<const Real, 2> x,
                  NormOffsets offsets) const;
  void dense(TensorView<Real, 2> out, TensorView<const Real, 2> x, const DenseOffsets& offsets,
             Accumulate accumulate) const;
  void dense_gelu(TensorView<Real, 2> out, Real* hidden, TensorView<const Real, 2> x,
                  const DenseOffsets& offsets) const;
  void mix_tokens(TensorView<Real, 3> out, TensorView<const Real, 3> value,
                  std::size_t layer) const;
  /// softmax: (B, h, n_i, n_j) or null.
  void softmax_attention(TensorView<Real, 3> out, Real* softmax, TensorView<const Real, 3> query,
                         TensorView<const Real, 3> key, TensorView<const Real, 3> value,
                         std::size_t layer, Workspace& workspace) const;
  void pool_tokens(TensorView<Real, 2> out, TensorView<const Real, 3> x) const;
  void log_cosh_sum(ComplexPair<double>* out, TensorView<const Real, 2> u,
                    TensorView<const Real, 2> v) const;

  void head_cotangents(TensorView<Real, 2> du, TensorView<Real, 2> dv, TensorView<const Real, 2> u,
                       TensorView<const Real, 2> v) const;
  void add(TensorView<Real, 2> x, TensorView<const Real, 2> y) const;
  void broadcast_to_tokens(TensorView<Real, 3> out, TensorView<const Real, 2> x) const;
  void layer_norm_backward(TensorView<Real, 2> dx, TensorView<const Real, 2> dy,
                           const NormContext<Real>& norm, NormOffsets offsets,
                           Accumulate accumulate) const;
  void dense_backward(TensorView<Real, 2> dx, TensorView<const Real, 2> dy,
                      const DenseOffsets& offsets, Accumulate accumulate) const;
  void gelu_backward(TensorView<Real, 2> dy, TensorView<const Real, 2> hidden) const;
  void mix_tokens_backward(TensorView<Real, 3> dvalue, const GradientBlock<Real>& block,
                           TensorView<const Real, 3> dy, TensorView<const Real, 3> value,
                           std::size_t layer, Workspace& workspace) const;
  void softmax_attention_backward(const AttentionCotangents<Real>& out,
                                  const GradientBlock<Real>& block, TensorView<const Real, 3> dy,
                                  const plaquette::AttentionForward<Real>& forward,
                                  std::size_t layer, Workspace& workspace) const;
  void norm_gradient(const GradientBlock<Real>& block, NormOffsets offsets,
                     TensorView<const Real, 3> normalised, TensorView<const Real, 3> dy,
                     Workspace& workspace) const;
  void dense_gradient(const GradientBlock<Real>& block, const DenseOffsets& offsets,
                      TensorView<const Real, 3> x, TensorView<const Real, 3> dy,
                      Workspace& workspace) const;

  /// Waits for the device.
  void read_softmax(std::span<double> out, std::size_t stride, const Real* softmax,
                    std::size_t batch) const;

 private:
  /// Where the parameter at `offset` of the flat array stands on the device.
  const Real* at(std::size_t offset) const;
  TensorView<const Real, 2> position_table(std::size_t layer) const {
    return TensorView<const Real, 2>(at(table_.layers[layer].position), sizes_.heads,
                                     sizes_.positions);
  }
  cudaStream_t stream() const { return blas_.stream(); }

  NetworkSizes sizes_;
  Attention attention_;
  ParameterTable table_;
  std::vector<std::size_t> aligned_;  // (tensors): where each tensor starts on the device
  const Blas& blas_;
  DeviceBuffer<Real> theta_;                // every tensor at a multiple of kAlignment bytes
  DeviceBuffer<std::int32_t> patch_sites_;  // (n, b²)
  DevicePositionLists positions_;
};

}  // namespace plaquette::cuda
