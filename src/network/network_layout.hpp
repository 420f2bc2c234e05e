#pragma once

#include <array>
#include <cstddef>

#include "plaquette/base/tensor_view.hpp"
#include "plaquette/base/workspace.hpp"
#include "plaquette/model/attention_cotangents.hpp"
#include "plaquette/model/gradient_block.hpp"
#include "plaquette/model/network_sizes.hpp"
#include "plaquette/model/parameter_table.hpp"

namespace plaquette {

/// What a LayerNorm leaves for its backward pass; without one the first two are null.
template <class Real>
struct NormContext {
  Real* out = nullptr;          // rows, d
  Real* normalised = nullptr;   // rows, d
  Real* inverse_std = nullptr;  // rows
};

template <class Real>
struct LayerContext {
  NormContext<Real> norm1, norm2;
  Real* value = nullptr;      // R, d
  Real* query = nullptr;      // R, d
  Real* key = nullptr;        // R, d
  Real* softmax = nullptr;    // B samples, in the order that the operations keep it
  Real* mixed = nullptr;      // R, d
  Real* hidden = nullptr;     // R, f·d   before GELU
  Real* activated = nullptr;  // R, f·d
};

/// What a forward pass of B samples (R = B n rows) leaves for a backward pass. Without one, all
/// layers share one context, and a buffer serves again as soon as its content has been used.
template <class Real>
struct NetworkContext {
  std::size_t batch = 0;     // B
  bool kept = false;         // a backward pass may follow
  Real* patches = nullptr;   // R, b²; null without a backward pass
  Real* residual = nullptr;  // R, d
  std::array<LayerContext<Real>, NetworkShape::kMaxLayers> layers;
  Real* pooled = nullptr;  // B, d
  Real* u = nullptr;       // B, d
  Real* v = nullptr;       // B, d
  NormContext<Real> norm, real_norm, imag_norm;
};

/// Cotangents of Re log ψ and Im log ψ, rows of the real part first; shared by all layers.
template <class Real>
struct NetworkCotangents {
  Real* u = nullptr;         // 2B, d
  Real* v = nullptr;         // 2B, d
  Real* product = nullptr;   // 2B, d
  Real* residual = nullptr;  // 2R, d
  Real* channels = nullptr;  // 2R, d
  Real* hidden = nullptr;    // 2R, f·d
  Real* value = nullptr;     // 2R, d
  Real* query = nullptr;     // 2R, d   softmax attention only
  Real* key = nullptr;       // 2R, d
};

/// The operands of attention that its backward pass reads.
template <class Real>
struct AttentionForward {
  const Real* softmax;              // B samples, in the order that the operations keep it
  TensorView<const Real, 3> query;  // (B, n, d)
  TensorView<const Real, 3> key;    // (B, n, d)
  TensorView<const Real, 3> value;  // (B, n, d)
};

/// Where a network's activations lie in a workspace, and how many configurations it takes at a
/// time: all that a memory plan needs. Owns nothing and allocates nothing.
template <class Operations>
class NetworkLayout {
 public:
  using Real = typename Operations::Real;
  enum class Keep { no, yes };

  /// activation_bytes: what the activations of one window may take.
  NetworkLayout(const NetworkShape& shape, const ParameterTable& table,
                std::size_t activation_bytes)
      : sizes_(shape),
        parameters_(table.size),
        parameter_bytes_(Operations::parameter_bytes(sizes_, table)),
        window_(Operations::window(sizes_, log_psi_bytes(1), activation_bytes)),
        gradient_window_(Operations::window(sizes_, gradient_bytes(1), activation_bytes)) {}

  const NetworkSizes& sizes() const { return sizes_; }
  std::size_t parameters() const { return parameters_; }  // P
  std::size_t parameter_bytes() const { return parameter_bytes_; }
  std::size_t window() const { return window_; }
  std::size_t gradient_window() const { return gradient_window_; }

  /// Workspace that one call takes for `batch` configurations.
  std::size_t log_psi_bytes(std::size_t batch) const {
    return Workspace::measure([&](Workspace::Frame& frame) {
      (void)context(frame, batch, Keep::no);
      frame.take<std::byte>(Operations::scratch_bytes(sizes_, batch));
    });
  }
  std::size_t gradient_bytes(std::size_t batch) const {
    return Workspace::measure([&](Workspace::Frame& frame) {
      (void)context(frame, batch, Keep::yes);
      (void)cotangents(frame, batch);
      frame.take<std::byte>(Operations::gradient_scratch_bytes(sizes_, batch));
    });
  }

  NetworkContext<Real> context(Workspace::Frame& frame, std::size_t batch, Keep keep) const {
    const bool kept = keep == Keep::yes;
    const std::size_t rows = batch * sizes_.tokens;
    NetworkContext<Real> context;
    context.batch = batch;
    context.kept = kept;
    context.residual = frame.take<Real>(rows * sizes_.channels);
    if (kept) context.patches = frame.take<Real>(rows * sizes_.patch_sites);
    for (std::size_t l = 0; l < sizes_.layers; ++l) {
      context.layers[l] = kept || l == 0 ? layer(frame, batch, kept) : context.layers[0];
    }
    context.pooled = frame.take<Real>(batch * sizes_.channels);
    context.norm = norm(frame, batch, kept);
    context.u = frame.take<Real>(batch * sizes_.channels);
    context.v = frame.take<Real>(batch * sizes_.channels);
    context.real_norm = norm(frame, batch, kept);
    context.imag_norm = norm(frame, batch, kept);
    return context;
  }

  NetworkCotangents<Real> cotangents(Workspace::Frame& frame, std::size_t batch) const {
    const std::size_t pooled = 2 * batch * sizes_.channels;
    const std::size_t tokens = pooled * sizes_.tokens;
    const auto take = [&](std::size_t count) { return frame.take<Real>(count); };
    NetworkCotangents<Real> c;
    c.u = take(pooled);
    c.v = take(pooled);
    c.product = take(pooled);
    c.residual = take(tokens);
    c.channels = take(tokens);
    c.hidden = take(2 * batch * sizes_.tokens * sizes_.hidden);
    c.value = take(tokens);
    if (sizes_.softmax) {
      c.query = take(tokens);
      c.key = take(tokens);
    }
    return c;
  }

 private:
  NormContext<Real> norm(Workspace::Frame& frame, std::size_t rows, bool kept) const {
    NormContext<Real> context;
    context.out = frame.take<Real>(rows * sizes_.channels);
    if (kept) {
      context.normalised = frame.take<Real>(rows * sizes_.channels);
      context.inverse_std = frame.take<Real>(rows);
    }
    return context;
  }

  LayerContext<Real> layer(Workspace::Frame& frame, std::size_t batch, bool kept) const {
    const std::size_t rows = batch * sizes_.tokens;
    const std::size_t size = rows * sizes_.channels;
    LayerContext<Real> layer;
    layer.norm1 = norm(frame, rows, kept);
    layer.value = frame.take<Real>(size);
    if (sizes_.softmax) {
      layer.query = frame.take<Real>(size);
      layer.key = frame.take<Real>(size);
      if (kept) layer.softmax = frame.take<Real>(batch * Operations::softmax_elements(sizes_));
    }
    layer.mixed = kept ? frame.take<Real>(size) : layer.norm1.out;
    layer.norm2 = kept ? norm(frame, rows, kept) : layer.norm1;
    if (!kept && Operations::kFusesFeedForward) return layer;
    layer.hidden = frame.take<Real>(rows * sizes_.hidden);
    layer.activated = kept ? frame.take<Real>(rows * sizes_.hidden) : layer.hidden;
    return layer;
  }

  NetworkSizes sizes_;
  std::size_t parameters_, parameter_bytes_;
  std::size_t window_, gradient_window_;
};

}  // namespace plaquette
