#pragma once

#include "network/network_layout.hpp"

namespace plaquette {

/// Operations that do nothing: a network of them is walked to add up what a real one does.
template <class Number>
struct CountedOperations {
  using Real = Number;

  CountedOperations(const NetworkShape&, const ParameterTable&) {}
  static std::size_t window(const NetworkSizes&, std::size_t, std::size_t most) { return most; }
  static std::size_t softmax_elements(const NetworkSizes&) { return 0; }
  static std::size_t scratch_bytes(const NetworkSizes&, std::size_t) { return 0; }
  static std::size_t gradient_scratch_bytes(const NetworkSizes&, std::size_t) { return 0; }

  static constexpr bool kFusesFeedForward = false;
  static constexpr bool kFusesFirstLayer = false;
  static std::size_t parameter_bytes(const NetworkSizes&, const ParameterTable&) { return 0; }

  template <class... A>
  void embed(A&&...) const {}
  template <class... A>
  void layer_norm(A&&...) const {}
  template <class... A>
  void dense(A&&...) const {}
  template <class... A>
  void dense_gelu(A&&...) const {}
  template <class... A>
  void mix_tokens(A&&...) const {}
  template <class... A>
  void softmax_attention(A&&...) const {}
  template <class... A>
  void pool_tokens(A&&...) const {}
  template <class... A>
  void log_cosh_sum(A&&...) const {}
  template <class... A>
  void head_cotangents(A&&...) const {}
  template <class... A>
  void add(A&&...) const {}
  template <class... A>
  void broadcast_to_tokens(A&&...) const {}
  template <class... A>
  void layer_norm_backward(A&&...) const {}
  template <class... A>
  void dense_backward(A&&...) const {}
  template <class... A>
  void gelu_backward(A&&...) const {}
  template <class... A>
  void mix_tokens_backward(A&&...) const {}
  void softmax_attention_backward(const AttentionCotangents<Real>&, const GradientBlock<Real>&,
                                  TensorView<const Real, 3>, const AttentionForward<Real>&,
                                  std::size_t, Workspace&) const {}
  template <class... A>
  void norm_gradient(A&&...) const {}
  template <class... A>
  void dense_gradient(A&&...) const {}
};

}  // namespace plaquette
