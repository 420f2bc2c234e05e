#pragma once

#include <array>
#include <cstdint>

#include "cuda/blas.hpp"
#include "cuda/device_memory.hpp"
#include "cuda/position_lists.hpp"
#include "cuda/wave_function.hpp"
#include "kernels/gradient_block.h"
#include "plaquette/model/network_shape.hpp"
#include "plaquette/model/parameter_table.hpp"

namespace plaquette::cuda {

/// The Vision Transformer layer by layer: one kernel or one dense product an operation, activations
/// in global memory. Instantiated for float and double.
template <class Real>
class Network final : public WaveFunction {
 public:
  /// `blas` must outlive this. activation_bytes: what a window's activations may take. Throws
  /// CapacityError if the device cannot run a kernel that this shape needs.
  Network(const NetworkShape& shape, const Blas& blas, std::size_t activation_bytes);

  void set_parameters(std::span<const double> theta) override;
  std::size_t window() const override { return window_; }
  std::size_t workspace_bytes(std::size_t batch) const override;
  std::size_t parameter_bytes() const override { return table_.size * sizeof(Real); }
  void log_psi(ComplexPair<double>* out, TensorView<const std::uint64_t, 2> configurations,
               Workspace& workspace) const override;

  std::size_t gradient_window() const { return gradient_window_; }
  std::size_t gradient_workspace_bytes(std::size_t batch) const;
  /// Queues ∂ log ψ/∂θ of B ≤ gradient_window() configurations into their rows of `block`.
  void gradients(const GradientBlock<Real>& block,
                 TensorView<const std::uint64_t, 2> configurations,  // (B, words)
                 Workspace& workspace) const;
  /// Softmax of every layer and head to the host: out (B, layers, h, n, n), B ≤ gradient_window().
  void softmax_weights(std::span<double> out,
                       TensorView<const std::uint64_t, 2> configurations,  // (B, words)
                       Workspace& workspace) const;

 private:
  struct NormContext {
    Real* normalised = nullptr;   // rows, d
    Real* inverse_std = nullptr;  // rows
    Real* out = nullptr;          // rows, d
  };
  struct LayerContext {
    NormContext norm1, norm2;
    Real* value = nullptr;      // R, d
    Real* query = nullptr;      // R, d
    Real* key = nullptr;        // R, d
    Real* softmax = nullptr;    // B, h, n, n
    Real* mixed = nullptr;      // R, d
    Real* hidden = nullptr;     // R, f·d   before GELU
    Real* activated = nullptr;  // R, f·d
  };
  /// What a forward pass of B samples (R = B n rows) leaves for a backward pass; without one, all
  /// layers share one context.
  struct Context {
    std::size_t batch = 0;
    Real* patches = nullptr;   // R, b²
    Real* residual = nullptr;  // R, d
    std::array<LayerContext, NetworkShape::kMaxLayers> layers;
    Real* pooled = nullptr;  // B, d
    Real* u = nullptr;       // B, d
    Real* v = nullptr;       // B, d
    NormContext norm, real_norm, imag_norm;
  };
  enum class Keep { no, yes };
  struct Backward;  // one backward pass, in network_backward.cpp

  Context allocate(Workspace::Frame& frame, std::size_t batch, Keep keep) const;
  void forward(TensorView<const std::uint64_t, 2> configurations, const Context& context) const;
  void norm(const NormContext& context, const Real* x, std::size_t rows, NormOffsets offsets) const;
  void dense(Real* out, const Real* in, std::size_t rows, DenseOffsets offsets) const;
  void attend(const LayerContext& layer, const LayerOffsets& offsets, std::size_t batch) const;
  void head(const Context& context) const;

  const Real* at(std::size_t offset) const { return theta_.data() + offset; }
  TensorView<const Real, 2> position_table(const LayerOffsets& offsets) const {
    return TensorView<const Real, 2>(at(offsets.position), heads_, positions_.map().positions);
  }
  cudaStream_t stream() const { return blas_.stream(); }

  NetworkShape shape_;
  ParameterTable table_;
  std::size_t n_, d_, hidden_, heads_, patch_;
  const Blas& blas_;
  DeviceBuffer<Real> theta_;                // (P)
  DeviceBuffer<std::int32_t> patch_sites_;  // (n, b²)
  DevicePositionLists positions_;
  std::size_t window_, gradient_window_;
};

}  // namespace plaquette::cuda
