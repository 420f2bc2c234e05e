#include "cpu/cholesky.hpp"

#include <cblas.h>

#include <atomic>
#include <cmath>

#include "cpu/blas.hpp"
#include "cpu/parallel.hpp"
#include "plaquette/base/fixed_partition.hpp"

// NOLINTNEXTLINE(readability-identifier-naming): LAPACK chose the name.
extern "C" void dpotrf_(const char* triangle, const int* n, double* a, const int* lda, int* info);

namespace plaquette::cpu {
namespace {

constexpr std::size_t kTile = 192;

/// Upper triangle := transpose of the lower one, diagonal := given + shift.
void restore(double* matrix, std::span<const double> diagonal, double shift,
             const FixedPartition& tiles, int threads) {
  const std::size_t n = diagonal.size();
  parallel_for(threads, tiles.count(), [&](std::size_t tile, int) {
    for (std::size_t other = tile; other < tiles.count(); ++other) {
      for (std::size_t i = tiles[tile].begin; i < tiles[tile].end; ++i) {
        for (std::size_t j = std::max(i + 1, tiles[other].begin); j < tiles[other].end; ++j) {
          matrix[i * n + j] = matrix[j * n + i];
        }
      }
    }
    for (std::size_t i = tiles[tile].begin; i < tiles[tile].end; ++i) {
      matrix[i * n + i] = diagonal[i] + shift;
    }
  });
}

/// Factors a diagonal tile. A row-major upper triangle is a column-major lower one.
bool factor_tile(double* tile, std::size_t size, std::size_t stride) {
  const int n = static_cast<int>(size);
  const int lda = static_cast<int>(stride);
  int info = 0;
  dpotrf_("L", &n, tile, &lda, &info);
  if (info != 0) return false;
  for (std::size_t i = 0; i < size; ++i) {
    if (!std::isfinite(tile[i * stride + i])) return false;
  }
  return true;
}

}  // namespace

bool cholesky_factor(double* matrix, std::span<const double> diagonal, double shift, int threads) {
  const std::size_t n = diagonal.size();
  const FixedPartition tiles{n, kTile};
  restore(matrix, diagonal, shift, tiles, threads);
  const auto at = [&](std::size_t row_tile, std::size_t column_tile) {
    return matrix + tiles[row_tile].begin * n + tiles[column_tile].begin;
  };
  for (std::size_t k = 0; k < tiles.count(); ++k) {
    const std::size_t pivot = tiles[k].size();
    if (!factor_tile(at(k, k), pivot, n)) return false;
    const std::size_t rest = tiles.count() - k - 1;
    parallel_for(threads, rest, [&](std::size_t index, int) {
      const std::size_t j = k + 1 + index;
      cblas_dtrsm(CblasRowMajor, CblasLeft, CblasUpper, CblasTrans, CblasNonUnit,
                  static_cast<int>(pivot), static_cast<int>(tiles[j].size()), 1.0, at(k, k),
                  static_cast<int>(n), at(k, j), static_cast<int>(n));
    });
    // Tiles (i, j) with k < i ≤ j, numbered row by row of the trailing triangle.
    parallel_for(threads, rest * (rest + 1) / 2, [&](std::size_t index, int) {
      std::size_t row = 0;
      for (std::size_t width = rest; index >= width; --width, ++row) index -= width;
      const std::size_t i = k + 1 + row;
      const std::size_t j = i + index;
      if (i == j) {
        cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, static_cast<int>(tiles[i].size()),
                    static_cast<int>(pivot), -1.0, at(k, i), static_cast<int>(n), 1.0, at(i, i),
                    static_cast<int>(n));
      } else {
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, static_cast<int>(tiles[i].size()),
                    static_cast<int>(tiles[j].size()), static_cast<int>(pivot), -1.0, at(k, i),
                    static_cast<int>(n), at(k, j), static_cast<int>(n), 1.0, at(i, j),
                    static_cast<int>(n));
      }
    });
  }
  return true;
}

void cholesky_solve(const double* matrix, std::span<double> x) {
  const int n = static_cast<int>(x.size());
  cblas_dtrsv(CblasRowMajor, CblasUpper, CblasTrans, CblasNonUnit, n, matrix, n, x.data(), 1);
  cblas_dtrsv(CblasRowMajor, CblasUpper, CblasNoTrans, CblasNonUnit, n, matrix, n, x.data(), 1);
}

}  // namespace plaquette::cpu
