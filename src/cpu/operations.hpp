#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cpu/attention.hpp"
#include "cpu/first_layer.hpp"
#include "cpu/packed_matrix.hpp"
#include "network/network_layout.hpp"
#include "plaquette/base/aligned_buffer.hpp"
#include "plaquette/model/activations.hpp"
#include "plaquette/model/gradient_block.hpp"
#include "plaquette/model/position_lists.hpp"

namespace plaquette::cpu {

/// What a network does with its tensors, on one thread a call: the CPU's side of
/// network/network.hpp, which says when each is called. Shapes as there: B samples, n tokens,
/// R = B n rows, d channels; Q counts the rows of both parts. Instantiated for float and double.
template <class Number>
class Operations {
 public:
  using Real = Number;

  Operations(const NetworkShape& shape, const ParameterTable& table);

  // ---- sizes, for plans

  /// Configurations at a time that keep the caches warm and the matrix products large.
  static std::size_t window(const NetworkSizes& sizes, std::size_t bytes_of_one,
                            std::size_t activation_bytes);
  /// Numbers that softmax_attention keeps of one sample.
  static std::size_t softmax_elements(const NetworkSizes& sizes) {
    return sizes.heads * sizes.tokens * padded_tokens(sizes.tokens);
  }
  /// What operations take from the workspace for themselves, forward alone and with backward.
  static std::size_t scratch_bytes(const NetworkSizes& sizes, std::size_t batch);
  static std::size_t gradient_scratch_bytes(const NetworkSizes& sizes, std::size_t batch);
  /// The forward pass takes feed_forward, and no buffer for the hidden layer.
  static constexpr bool kFusesFeedForward = true;
  /// A forward pass that keeps nothing takes first_layer, where that pays.
  static constexpr bool kFusesFirstLayer = true;
  static bool first_layer_pays(const NetworkSizes& sizes) { return FirstLayer<Real>::pays(sizes); }
  /// Parameters and what is derived from them.
  static std::size_t parameter_bytes(const NetworkSizes& sizes, const ParameterTable& table);

  void set_parameters(std::span<const double> theta);  // (P)

  // ---- forward

  /// out = P·kernel + bias, row (s, i) of P holding the spins of patch i; `patches` receives P
  /// unless it is null.
  void embed(TensorView<Real, 3> out, Real* patches,
             TensorView<const std::uint64_t, 2> configurations) const;
  void layer_norm(const NormContext<Real>& out, TensorView<const Real, 2> x,
                  NormOffsets offsets) const;
  /// out (+)= x·kernel + bias.
  void dense(TensorView<Real, 2> out, TensorView<const Real, 2> x, const DenseOffsets& offsets,
             Accumulate accumulate) const;
  /// out = gelu(x·kernel + bias); `hidden` receives what GELU is taken of, unless it is null.
  void dense_gelu(TensorView<Real, 2> out, Real* hidden, TensorView<const Real, 2> x,
                  const DenseOffsets& offsets) const;
  /// residual += gelu(layer_norm(residual)·up + bias)·down + bias, a block of rows at a time.
  void feed_forward(TensorView<Real, 2> residual, NormOffsets norm, const DenseOffsets& up,
                    const DenseOffsets& down, Workspace& workspace) const;
  /// out_i = Σ_j p_ij value_j by head.
  void mix_tokens(TensorView<Real, 3> out, TensorView<const Real, 3> value,
                  std::size_t layer) const;
  /// `softmax` keeps what a backward pass needs, unless it is null: (B, h, n_j, padded n_i).
  void softmax_attention(TensorView<Real, 3> out, Real* softmax, TensorView<const Real, 3> query,
                         TensorView<const Real, 3> key, TensorView<const Real, 3> value,
                         std::size_t layer, Workspace& workspace) const;
  void pool_tokens(TensorView<Real, 2> out, TensorView<const Real, 3> x) const;
  void log_cosh_sum(ComplexPair<double>* out, TensorView<const Real, 2> u,
                    TensorView<const Real, 2> v) const;

  /// Embedding and first attention with its residual: embed, norm, value, mixing, output.
  void first_layer(TensorView<Real, 3> residual, TensorView<const std::uint64_t, 2> configurations,
                   Workspace& workspace) const;

  // ---- backward

  /// Cotangents of u and v: with t = tanh(u + iv), the real part's are (Re t, −Im t), the imaginary
  /// part's (Im t, Re t).
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
                                  const AttentionForward<Real>& forward, std::size_t layer,
                                  Workspace& workspace) const;

  // ---- per-sample gradients, into a block of columns

  /// Σ dy x̂ and Σ dy over the T rows of each sample: normalised (B, T, d), dy (2B, T, d).
  void norm_gradient(const GradientBlock<Real>& block, NormOffsets offsets,
                     TensorView<const Real, 3> normalised, TensorView<const Real, 3> dy,
                     Workspace& workspace) const;
  /// xᵀ dy and Σ dy over the T rows of each sample: x (B, T, in), dy (2B, T, out).
  void dense_gradient(const GradientBlock<Real>& block, const DenseOffsets& offsets,
                      TensorView<const Real, 3> x, TensorView<const Real, 3> dy,
                      Workspace& workspace) const;

  /// Softmax of one layer: sample b's (h, n_i, n_j) to out[b·stride …].
  void read_softmax(std::span<double> out, std::size_t stride, const Real* softmax,
                    std::size_t batch) const;

 private:
  const Real* at(std::size_t offset) const { return theta_.data() + offset; }
  /// A layer's position table as its mechanism wants it.
  TensorView<const Real, 2> mixing_weights(std::size_t layer) const;     // (positions, d)
  TensorView<const Real, 3> softmax_positions(std::size_t layer) const;  // (h, n, padded n)
  void spread_table(Real* out, const Real* table) const;

  NetworkSizes sizes_;
  PositionRole role_;
  ParameterTable table_;
  PositionLists positions_;
  FirstLayer<Real> first_layer_;
  std::vector<std::int32_t> patch_sites_;       // (n, b²)
  AlignedBuffer<Real> theta_;                   // (P)
  AlignedBuffer<Real> tables_;                  // layers × (mixing weights | softmax positions)
  std::vector<PackedMatrix<Real>> kernels_;     // of every dense layer
  std::vector<PackedMatrix<Real>> transposed_;  // the same, for cotangents
};

}  // namespace plaquette::cpu
