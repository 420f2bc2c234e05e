#include "cpu/jacobian_operations.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/blas.hpp"
#include "cpu/gram_tile.hpp"

namespace plaquette::cpu {
namespace {

/// Rows or columns of a tile of a Gram matrix.
constexpr std::size_t kTile = 192;
/// Of a Gram matrix of FP32 rows: tall, so that what is packed for its columns serves many rows.
constexpr std::size_t kSingleTileRows = 480;
constexpr std::size_t kSingleTileColumns = 96;
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

/// The lower triangle of an (n, n) matrix in tiles: strips of columns, each cut from its first
/// diagonal element down.
struct TallTiles {
  FixedPartition strips;
  explicit TallTiles(std::size_t n) : strips{n, kSingleTileColumns} {}

  FixedPartition tiles_of(std::size_t strip) const {
    return {strips.total - strips[strip].begin, kSingleTileRows};
  }
  std::size_t count() const {
    std::size_t sum = 0;
    for (std::size_t strip = 0; strip < strips.count(); ++strip) sum += tiles_of(strip).count();
    return sum;
  }
  struct Tile {
    IndexRange rows, columns;
  };
  Tile operator[](std::size_t index) const {
    std::size_t strip = 0;
    for (; index >= tiles_of(strip).count(); ++strip) index -= tiles_of(strip).count();
    const IndexRange columns = strips[strip];
    const IndexRange below = tiles_of(strip)[index];
    return {{columns.begin + below.begin, columns.begin + below.end}, columns};
  }
};

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

template <class Factor, class Real>
void centre_columns(Executor& executor, TensorView<Factor, 2> out,
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
                        Factor* to = out.data() + r * entries.columns;
                        const auto write = [&](const auto& factor) {
#pragma omp simd
                          for (std::size_t c = 0; c < entries.columns; ++c) {
                            const double centred = static_cast<double>(in[c]) - centre[c];
                            to[c] = static_cast<Factor>(root * centred * factor(c));
                          }
                        };
                        if (scale == nullptr) {
                          write([](std::size_t) { return 1.0; });
                        } else {
                          write([scale](std::size_t c) { return scale[c]; });
                        }
                      }
                    });
}

template <class Real>
void add_squared_norms(Executor& executor, double* squares, const JacobianEntries<Real>& entries,
                       const double* mean, std::size_t mean_stride, const double* weights,
                       std::size_t slice, bool accumulate) {
  const FixedPartition slices{entries.columns, slice};
  executor.for_each(FixedPartition{2 * entries.samples, kRowPiece},
                    [&](IndexRange piece, Workspace&) {
                      for (std::size_t r = piece.begin; r < piece.end; ++r) {
                        const std::size_t part = r / entries.samples;
                        const std::size_t k = r % entries.samples;
                        const double* centre = mean + part * mean_stride;
                        const Real* in = entries.data + entries.row(part, k) * entries.stride;
                        if (!accumulate) squares[r] = 0;
                        for (std::size_t s = 0; s < slices.count(); ++s) {
                          double sum = 0;
#pragma omp simd reduction(+ : sum)
                          for (std::size_t c = slices[s].begin; c < slices[s].end; ++c) {
                            const double centred = static_cast<double>(in[c]) - centre[c];
                            sum += centred * centred;
                          }
                          squares[r] += weights[k] * sum;
                        }
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

void add_row_gram(Executor& executor, double* gram, TensorView<const float, 2> b, bool accumulate) {
  const RowsView<const float> rows = b;
  const TallTiles tiles(rows.rows);
  executor.for_each(FixedPartition{tiles.count(), 1}, [&](IndexRange number, Workspace& workspace) {
    const auto [i, j] = tiles[number.begin];
    const RowsView<double> tile(gram + i.begin * rows.rows + j.begin, i.size(), j.size(),
                                rows.rows);
    for (std::size_t r = 0; !accumulate && r < tile.rows; ++r) {
      std::fill_n(tile.data + r * tile.stride, tile.width, 0.0);
    }
    gram_tile<float>(tile, rows.block(i.begin, i.size()), rows.block(j.begin, j.size()),
                     i.begin == j.begin ? TilePart::lower : TilePart::whole, workspace);
  });
}

std::size_t row_gram_workspace() { return gram_tile_workspace<float>(kSingleTileColumns); }

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
template void add_squared_norms(Executor&, double*, const JacobianEntries<float>&, const double*,
                                std::size_t, const double*, std::size_t, bool);
template void centre_columns(Executor&, TensorView<float, 2>, const JacobianEntries<float>&,
                             const double*, std::size_t, const double*, const double*);
#undef PLAQUETTE_INSTANTIATE

}  // namespace plaquette::cpu
