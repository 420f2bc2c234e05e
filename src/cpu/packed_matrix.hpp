#pragma once

#include <cstddef>

#include "cpu/product_kernels.hpp"
#include "plaquette/base/aligned_buffer.hpp"
#include "plaquette/base/errors.hpp"
#include "plaquette/base/tensor_view.hpp"

namespace plaquette::cpu {

/// An (in, out) matrix of weights in the order in which products read it: packed once for each
/// parameter set, not once for each product.
template <class Real>
class PackedMatrix {
 public:
  PackedMatrix(std::size_t in, std::size_t out)
      : in_(in), out_(out), packed_(product_kernels<Real>().packed_size(in, out)) {}

  void pack(TensorView<const Real, 2> kernel) {  // (in, out)
    PLAQUETTE_REQUIRE(kernel.extent(0) == in_ && kernel.extent(1) == out_, kernel.extent(0), " x ",
                      kernel.extent(1), ", not ", in_, " x ", out_);
    product_kernels<Real>().pack(packed_.data(), kernel.data(), out_, 1, in_, out_);
  }
  /// Holds kernelᵀ, for the backward pass of a product with `kernel`.
  void pack_transposed(TensorView<const Real, 2> kernel) {  // (out, in)
    PLAQUETTE_REQUIRE(kernel.extent(0) == out_ && kernel.extent(1) == in_, kernel.extent(0), " x ",
                      kernel.extent(1), ", not ", out_, " x ", in_);
    product_kernels<Real>().pack(packed_.data(), kernel.data(), 1, in_, in_, out_);
  }

  std::size_t in() const { return in_; }
  std::size_t out() const { return out_; }
  std::size_t bytes() const { return packed_.size() * sizeof(Real); }
  const Real* data() const { return packed_.data(); }

 private:
  std::size_t in_;
  std::size_t out_;
  AlignedBuffer<Real> packed_;
};

}  // namespace plaquette::cpu
