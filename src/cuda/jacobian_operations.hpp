#pragma once

#include "cuda/executor.hpp"
#include "kernels/jacobian_columns.h"
#include "network/jacobian.hpp"

namespace plaquette::cuda {

/// Operations on the entries of a Jacobian: the CUDA side of network/jacobian.hpp; meanings are
/// those of cpu/jacobian_operations.hpp.

inline Accumulate accumulate_if(bool yes) { return yes ? Accumulate::yes : Accumulate::no; }

template <class Real>
void column_sums(Executor& executor, double* sums, std::size_t sums_stride,
                 const JacobianEntries<Real>& entries, const double* weights,
                 std::size_t part_stride, bool accumulate) {
  column_sums<Real>(sums, sums_stride, entries, weights, part_stride, accumulate_if(accumulate),
                    executor.stream());
}

template <class Real>
void centre_columns(Executor& executor, TensorView<double, 2> out,
                    const JacobianEntries<Real>& entries, const double* mean,
                    std::size_t mean_stride, const double* weights, const double* scale) {
  centre_columns<Real>(out, entries, mean, mean_stride, weights, scale, executor.stream());
}

template <class Real>
void row_products(Executor& executor, double* rows, std::size_t row_stride,
                  const JacobianEntries<Real>& entries, const double* y, std::size_t slice,
                  bool accumulate) {
  row_products<Real>(rows, row_stride, entries, y, slice, accumulate_if(accumulate),
                     executor.stream());
}

/// Calls work(strip) for strips of rows of a lower triangle: such strips waste little beyond the
/// diagonal and still make large products.
template <class Work>
void for_each_strip(std::size_t n, const Work& work) {
  constexpr std::size_t kStrip = 1024;
  const FixedPartition strips{n, kStrip};
  for (std::size_t s = 0; s < strips.count(); ++s) work(strips[s]);
}

inline void add_row_gram(Executor& executor, double* gram, TensorView<const double, 2> b,
                         bool accumulate) {
  const std::size_t n = b.extent(0);
  const std::size_t width = b.extent(1);
  for_each_strip(n, [&](IndexRange strip) {
    executor.blas().product<double>(
        gram + strip.begin * n, n, {b.data() + strip.begin * width, width},
        {b.data(), width, Transpose::yes}, {strip.size(), width, strip.end}, accumulate ? 1 : 0);
  });
}

inline void add_column_gram(Executor& executor, double* gram, TensorView<const double, 2> b,
                            bool accumulate) {
  const std::size_t n = b.extent(1);
  for_each_strip(n, [&](IndexRange strip) {
    executor.blas().product<double>(gram + strip.begin * n, n,
                                    {b.data() + strip.begin, n, Transpose::yes}, {b.data(), n},
                                    {strip.size(), b.extent(0), strip.end}, accumulate ? 1 : 0);
  });
}

}  // namespace plaquette::cuda
