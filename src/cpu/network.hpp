#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "cpu/attention.hpp"
#include "cpu/wave_function.hpp"
#include "plaquette/base/aligned_buffer.hpp"
#include "plaquette/base/workspace.hpp"
#include "plaquette/model/network_shape.hpp"
#include "plaquette/model/parameter_table.hpp"

namespace plaquette::cpu {

/// The Vision Transformer as a wave function. Instantiated for float and double.
template <class Real>
class Network final : public WaveFunction {
 public:
  explicit Network(const NetworkShape& shape);

  void set_parameters(std::span<const double> theta) override;
  std::size_t micro_batch() const override;
  std::size_t log_psi_workspace() const override;
  std::size_t gradient_workspace() const override;
  std::size_t parameter_bytes() const override;
  void log_psi(const std::uint64_t* configurations, std::span<std::complex<double>> out,
               Workspace& workspace) const override;
  void gradients(const std::uint64_t* configurations, std::size_t batch, GradientSink& sink,
                 Workspace& workspace) const override;
  void softmax_weights(const std::uint64_t* configurations, std::size_t batch,
                       std::span<double> out, Workspace& workspace) const override;

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
    Real* softmax = nullptr;    // B, h, n, padded n
    Real* mixed = nullptr;      // R, d
    Real* hidden = nullptr;     // R, f·d   before GELU
    Real* activated = nullptr;  // R, f·d
  };
  /// What a forward pass leaves for a backward pass; without one, all layers share one context.
  struct Context {
    Real* patches = nullptr;   // R, b²
    Real* residual = nullptr;  // R, d
    std::array<LayerContext, NetworkShape::kMaxLayers> layers;
    Real* pooled = nullptr;  // B, d
    NormContext norm, real_norm, imag_norm;
  };
  enum class Keep { no, yes };

  Context allocate(Workspace::Frame& frame, std::size_t batch, Keep keep) const;
  void forward(const std::uint64_t* configurations, std::size_t batch, Context& context,
               Workspace& workspace) const;
  void embed(const std::uint64_t* configurations, std::size_t batch, Context& context) const;
  void attend(std::size_t layer, std::size_t batch, LayerContext& context,
              Workspace& workspace) const;
  void head(std::size_t batch, Context& context) const;

  struct Backward;  // the state of one backward pass, in network_backward.cpp

  /// Per-layer tables derived from the parameters.
  const Real* mixing_weights(std::size_t layer) const;     // (positions, d)
  const Real* softmax_positions(std::size_t layer) const;  // (h, n, padded n)

  TensorView<const Real, 2> kernel(DenseOffsets dense, std::size_t in, std::size_t out) const {
    return TensorView<const Real, 2>(theta_.data() + dense.kernel, in, out);
  }
  const Real* at(std::size_t offset) const { return theta_.data() + offset; }

  NetworkShape shape_;
  ParameterTable table_;
  PositionLists positions_;
  std::vector<std::int32_t> patch_sites_;  // (n, b²)
  std::size_t n_, d_, hidden_, heads_, words_;
  AlignedBuffer<Real> theta_;
  AlignedBuffer<Real> tables_;  // layers × (mixing weights | softmax positions)
};

}  // namespace plaquette::cpu
