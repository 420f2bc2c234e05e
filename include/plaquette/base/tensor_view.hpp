#pragma once

#include <cstddef>
#include <type_traits>

#include "plaquette/base/host_device.hpp"

namespace plaquette {

/// Dense row-major view of memory owned elsewhere; the last axis is contiguous.
/// Legend used in shape comments: B batch, n tokens, d channels, h heads, r = d/h, f FFN ratio,
/// N sites, M samples, P parameters.
template <class T, int Rank>
class TensorView {
 public:
  template <class... Extents>
  requires(sizeof...(Extents) == Rank) PLAQUETTE_HD
      explicit constexpr TensorView(T* data, Extents... extents)
      : data_(data), extents_{static_cast<std::size_t>(extents)...} {}

  /// A view of T converts to a view of const T.
  template <class U>
  requires(std::is_same_v<T, const U>) PLAQUETTE_HD
      constexpr TensorView(const TensorView<U, Rank>& other)
      : data_(other.data()) {
    for (int axis = 0; axis < Rank; ++axis) extents_[axis] = other.extent(axis);
  }

  template <class... Indices>
  requires(sizeof...(Indices) == Rank) PLAQUETTE_HD constexpr T& operator()(
      Indices... indices) const {
    const std::size_t index[] = {static_cast<std::size_t>(indices)...};
    std::size_t offset = 0;
    for (int axis = 0; axis < Rank; ++axis) offset = offset * extents_[axis] + index[axis];
    return data_[offset];
  }

  PLAQUETTE_HD constexpr T* data() const { return data_; }
  PLAQUETTE_HD constexpr std::size_t extent(int axis) const { return extents_[axis]; }
  PLAQUETTE_HD constexpr std::size_t size() const {
    std::size_t product = 1;
    for (int axis = 0; axis < Rank; ++axis) product *= extents_[axis];
    return product;
  }

 private:
  T* data_;
  std::size_t extents_[Rank];
};

/// Whether a result replaces what stands there or is added to it.
enum class Accumulate { no, yes };

}  // namespace plaquette
