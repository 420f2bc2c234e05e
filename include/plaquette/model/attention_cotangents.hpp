#pragma once

#include "plaquette/base/tensor_view.hpp"

namespace plaquette {

/// What a backward pass through softmax attention leaves, of both parts of log ψ.
template <class Real>
struct AttentionCotangents {
  TensorView<Real, 3> query;  // (2B, n, d)
  TensorView<Real, 3> key;    // (2B, n, d)
  TensorView<Real, 3> value;  // (2B, n, d)
};

}  // namespace plaquette
