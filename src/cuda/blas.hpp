#pragma once

#include <cstddef>
#include <memory>

#include "cuda/device_memory.hpp"

namespace plaquette::cuda {

enum class Transpose { no, yes };

/// A row-major matrix in device memory as a factor of a product, as stored or transposed.
template <class Real>
struct Factor {
  const Real* data;
  std::size_t stride;  ///< elements from row to row as stored
  Transpose transpose = Transpose::no;
};

/// c (rows, columns) = a·b + keep·c, with `inner` summed over.
struct ProductShape {
  std::size_t rows;
  std::size_t inner;
  std::size_t columns;
};

/// How products of float treat their factors.
enum class FloatProducts { exact, tf32 };

/// Dense products on a stream: cuBLAS. Instantiated for float and double.
class Blas {
 public:
  Blas(const Stream& stream, FloatProducts products);
  ~Blas();
  Blas(const Blas&) = delete;
  Blas& operator=(const Blas&) = delete;

  template <class Real>
  void product(Real* c, std::size_t c_stride, Factor<Real> a, Factor<Real> b, ProductShape shape,
               Real keep) const;

  /// y = a·x + keep·y; `a` is stored as (rows, columns) before its transpose.
  void apply(double* y, Factor<double> a, std::size_t rows, std::size_t columns, const double* x,
             double keep) const;

  cudaStream_t stream() const { return stream_; }

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
  cudaStream_t stream_;
};

}  // namespace plaquette::cuda
