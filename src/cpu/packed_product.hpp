#pragma once

#include <cstddef>
#include <type_traits>

#include "cpu/packed_matrix.hpp"
#include "plaquette/base/tensor_view.hpp"
#include "plaquette/base/workspace.hpp"

namespace plaquette::cpu {

/// Products of rows (tokens, one after the other) with packed weights, one thread a call. A row's
/// results depend on nothing but that row: not on the rows of the call, the thread or the
/// processor. Instantiated for float and double.

/// (rows, width) whose rows lie `stride` elements apart, e.g. some columns of a wider matrix.
template <class T>
struct RowsView {
  T* data;
  std::size_t rows;
  std::size_t width;
  std::size_t stride;

  RowsView(T* first, std::size_t row_count, std::size_t columns, std::size_t row_stride)
      : data(first), rows(row_count), width(columns), stride(row_stride) {}
  template <class U>
  requires(std::is_convertible_v<U*, T*>)
      // NOLINTNEXTLINE(google-explicit-constructor): a dense view is such a view.
      RowsView(const TensorView<U, 2>& dense)
      : RowsView(dense.data(), dense.extent(0), dense.extent(1), dense.extent(1)) {}
  template <class U>
  requires(std::is_convertible_v<U*, T*>)
      // NOLINTNEXTLINE(google-explicit-constructor)
      RowsView(const RowsView<U>& other)
      : RowsView(other.data, other.rows, other.width, other.stride) {}

  RowsView block(std::size_t begin, std::size_t count) const {
    return {data + begin * stride, count, width, stride};
  }
};

/// out = x·w + bias.
template <class Real>
void product(std::type_identity_t<RowsView<Real>> out,      // (R, out)
             std::type_identity_t<RowsView<const Real>> x,  // (R, in)
             const PackedMatrix<Real>& w,
             const Real* bias);  // (out), or null for none

/// out += x·w + bias.
template <class Real>
void add_product(std::type_identity_t<RowsView<Real>> out,      // (R, out)
                 std::type_identity_t<RowsView<const Real>> x,  // (R, in)
                 const PackedMatrix<Real>& w,
                 const Real* bias);  // (out), or null for none

/// before = x·w + bias, out = gelu(before), for a forward pass that a backward pass follows.
template <class Real>
void product_gelu(TensorView<Real, 2> out,     // (R, out)
                  TensorView<Real, 2> before,  // (R, out)
                  std::type_identity_t<RowsView<const Real>> x, const PackedMatrix<Real>& w,
                  const Real* bias);

/// What a layer norm multiplies by and adds.
template <class Real>
struct NormParameters {
  const Real* scale;  // (d)
  const Real* bias;   // (d)
};

/// The two products of a feed-forward.
template <class Real>
struct FeedForwardWeights {
  const PackedMatrix<Real>& up;    // (d, hidden)
  const Real* up_bias;             // (hidden)
  const PackedMatrix<Real>& down;  // (hidden, d)
  const Real* down_bias;           // (d)
};

/// residual += gelu(x·up + up_bias)·down + down_bias. A block of rows at a time, so that the hidden
/// layer stays in cache and is never held for all rows.
template <class Real>
void feed_forward(std::type_identity_t<RowsView<Real>> residual,  // (R, d)
                  std::type_identity_t<RowsView<const Real>> x,   // (R, d)
                  const FeedForwardWeights<Real>& weights, Workspace& workspace);

/// The same of x = layer_norm(residual).
template <class Real>
void norm_feed_forward(std::type_identity_t<RowsView<Real>> residual,  // (R, d)
                       const NormParameters<Real>& norm, const FeedForwardWeights<Real>& weights,
                       Workspace& workspace);

/// Elements of scratch that either takes.
std::size_t feed_forward_scratch(std::size_t d, std::size_t hidden);

/// out = layer_norm(x)·w + bias.
template <class Real>
void norm_product(std::type_identity_t<RowsView<Real>> out,      // (R, out)
                  std::type_identity_t<RowsView<const Real>> x,  // (R, d)
                  const NormParameters<Real>& norm, const PackedMatrix<Real>& w, const Real* bias,
                  Workspace& workspace);

/// Elements of scratch that it takes.
std::size_t norm_product_scratch(std::size_t d);

}  // namespace plaquette::cpu
