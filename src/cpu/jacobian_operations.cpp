#include "cpu/jacobian_operations.hpp"

#include <cmath>

#include "cpu/blas.hpp"

namespace plaquette::cpu {
namespace {

/// Rows or columns of a tile of a Gram matrix.
constexpr std::size_t kTile = 192;
/// Rows that one thread multiplies or centres at a time.
constexpr std::size_t kRowPiece = 64;
/// Columns that one thread sums over rows.
constexpr std::size_t kColumnPiece = 256;

/// Tile (row, column) number `index` of a lower triangle, row by row.
struct TriangleTile {
  std::size_t row;
  std::size_t column;
  explicit TriangleTile(std::size_t index) : row(0) {
    for (; index > row; ++row) index -= row + 1;
    column = index;
  }
};

/// Calls work(i, j), ranges of rows and columns, for the tiles of the lower triangle.
template <class Work>
void for_each_tile(Executor& executor, std::size_t n, const Work& work) {
  const FixedPartition tiles{n, kTile};
  executor.for_each(FixedPartition{tiles.count() * (tiles.count() + 1) / 2, 1},
                    [&](IndexRange number, Workspace&) {
                      const TriangleTile tile(number.begin);
                      work(tiles[tile.row], tiles[tile.column]);
                    });
}

}  // namespace

template <class Real>
void column_sums(Executor& executor, double* sums, std::size_t sums_stride,
                 const JacobianEntries<Real>& entries, const double* weights,
                 std::size_t part_stride, bool accumulate) {
  executor.for_each(
      FixedPartition{entries.columns, kColumnPiece}, [&](IndexRange piece, Workspace&) {
        for (std::size_t part = 0; part < 2; ++part) {
          double* sum = sums + part * sums_stride + piece.begin;
          if (!accumulate) std::fill_n(sum, piece.size(), 0.0);
          for (std::size_t k = 0; k < entries.samples; ++k) {
            const Real* row = entries.data + entries.row(part, k) * entries.stride + piece.begin;
            const double weight = weights[part * part_stride + k];
#pragma omp simd
            for (std::size_t c = 0; c < piece.size(); ++c) {
              sum[c] += weight * static_cast<double>(row[c]);
            }
          }
        }
      });
}

template <class Real>
void centre_columns(Executor& executor, TensorView<double, 2> out,
                    const JacobianEntries<Real>& entries, const double* mean,
                    std::size_t mean_stride, const double* weights, const double* scale) {
  executor.for_each(FixedPartition{2 * entries.samples, kRowPiece},
                    [&](IndexRange rows, Workspace&) {
                      for (std::size_t r = rows.begin; r < rows.end; ++r) {
                        const std::size_t part = r / entries.samples;
                        const std::size_t k = r % entries.samples;
                        const double root = std::sqrt(weights[k]);
                        const double* centre = mean + part * mean_stride;
                        const Real* in = entries.data + entries.row(part, k) * entries.stride;
                        double* to = out.data() + r * entries.columns;
#pragma omp simd
                        for (std::size_t c = 0; c < entries.columns; ++c) {
                          to[c] = root * (static_cast<double>(in[c]) - centre[c]);
                        }
                        if (scale == nullptr) continue;
#pragma omp simd
                        for (std::size_t c = 0; c < entries.columns; ++c) to[c] *= scale[c];
                      }
                    });
}

template <class Real>
void row_products(Executor& executor, double* rows, std::size_t row_stride,
                  const JacobianEntries<Real>& entries, const double* y, std::size_t slice,
                  bool accumulate) {
  const FixedPartition slices{entries.columns, slice};
  executor.for_each(FixedPartition{2 * entries.samples, kRowPiece},
                    [&](IndexRange piece, Workspace&) {
                      for (std::size_t r = piece.begin; r < piece.end; ++r) {
                        const std::size_t part = r / entries.samples;
                        const std::size_t k = r % entries.samples;
                        const Real* in = entries.data + entries.row(part, k) * entries.stride;
                        double& total = rows[part * row_stride + k];
                        if (!accumulate) total = 0;
                        for (std::size_t s = 0; s < slices.count(); ++s) {
                          double sum = 0;
#pragma omp simd reduction(+ : sum)
                          for (std::size_t c = slices[s].begin; c < slices[s].end; ++c) {
                            sum += static_cast<double>(in[c]) * y[c];
                          }
                          total += sum;
                        }
                      }
                    });
}

void add_row_gram(Executor& executor, double* gram, TensorView<const double, 2> b,
                  bool accumulate) {
  const std::size_t n = b.extent(0);
  const std::size_t width = b.extent(1);
  for_each_tile(executor, n, [&](IndexRange i, IndexRange j) {
    gemm(Transpose::no, Transpose::yes, i.size(), j.size(), width, b.data() + i.begin * width,
         width, b.data() + j.begin * width, width, accumulate ? 1.0 : 0.0,
         gram + i.begin * n + j.begin, n);
  });
}

void add_column_gram(Executor& executor, double* gram, TensorView<const double, 2> b,
                     bool accumulate) {
  const std::size_t n = b.extent(1);
  for_each_tile(executor, n, [&](IndexRange i, IndexRange j) {
    gemm(Transpose::yes, Transpose::no, i.size(), j.size(), b.extent(0), b.data() + i.begin, n,
         b.data() + j.begin, n, accumulate ? 1.0 : 0.0, gram + i.begin * n + j.begin, n);
  });
}

#define PLAQUETTE_INSTANTIATE(Real)                                                            \
  template void column_sums(Executor&, double*, std::size_t, const JacobianEntries<Real>&,     \
                            const double*, std::size_t, bool);                                 \
  template void centre_columns(Executor&, TensorView<double, 2>, const JacobianEntries<Real>&, \
                               const double*, std::size_t, const double*, const double*);      \
  template void row_products(Executor&, double*, std::size_t, const JacobianEntries<Real>&,    \
                             const double*, std::size_t, bool);
PLAQUETTE_INSTANTIATE(float)
PLAQUETTE_INSTANTIATE(double)
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cpu
