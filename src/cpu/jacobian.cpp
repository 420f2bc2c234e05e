#include "cpu/jacobian.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/blas.hpp"
#include "cpu/parallel.hpp"

namespace plaquette::cpu {
namespace {

/// Rows or columns of a tile of a Gram matrix.
constexpr std::size_t kTile = 256;
/// Rows that one thread multiplies in a matrix-vector product.
constexpr std::size_t kRowPiece = 128;
/// Columns that one thread centres, or sums over rows.
constexpr std::size_t kColumnPiece = 256;

/// Writes a batch's derivatives into the rows of a block of columns.
class BlockSink final : public GradientSink {
 public:
  BlockSink(double* entries, IndexRange columns, std::size_t samples, std::size_t first_sample)
      : entries_(entries), columns_(columns), samples_(samples), first_(first_sample) {}

  bool wants(IndexRange parameters) const override {
    return parameters.begin < columns_.end && columns_.begin < parameters.end;
  }
  void take(Part part, std::size_t sample, std::size_t offset,
            std::span<const float> values) override {
    write(part, sample, offset, values);
  }
  void take(Part part, std::size_t sample, std::size_t offset,
            std::span<const double> values) override {
    write(part, sample, offset, values);
  }

 private:
  template <class Real>
  void write(Part part, std::size_t sample, std::size_t offset, std::span<const Real> values) {
    const std::size_t begin = std::max(offset, columns_.begin);
    const std::size_t end = std::min(offset + values.size(), columns_.end);
    const std::size_t row = static_cast<std::size_t>(part) * samples_ + first_ + sample;
    std::copy(values.begin() + static_cast<std::ptrdiff_t>(begin - offset),
              values.begin() + static_cast<std::ptrdiff_t>(end - offset),
              entries_ + row * columns_.size() + (begin - columns_.begin));
  }

  double* entries_;
  IndexRange columns_;
  std::size_t samples_;
  std::size_t first_;
};

/// Tile (row, column) number `index` of a lower triangle, row by row.
struct TriangleTile {
  std::size_t row;
  std::size_t column;
  explicit TriangleTile(std::size_t index) : row(0) {
    for (; index > row; ++row) index -= row + 1;
    column = index;
  }
};

}  // namespace

Jacobian::Jacobian(const WaveFunction& psi, int sites, std::size_t samples, std::size_t parameters,
                   std::size_t block_columns, std::vector<Workspace>& workspaces)
    : psi_(psi),
      words_(static_cast<std::size_t>(words_for(sites))),
      samples_(samples),
      parameters_(parameters),
      block_columns_(block_columns),
      workspaces_(workspaces),
      entries_(2 * samples * block_columns),
      loaded_(block_count()) {}

std::size_t Jacobian::block_count() const {
  return FixedPartition{parameters_, block_columns_}.count();
}

IndexRange Jacobian::block(std::size_t index) const {
  return FixedPartition{parameters_, block_columns_}[index];
}

void Jacobian::define(const std::uint64_t* samples, std::span<const double> weights,
                      std::span<const double> column_scale) {
  PLAQUETTE_REQUIRE(weights.size() == samples_, weights.size(), " weights");
  PLAQUETTE_REQUIRE(column_scale.empty() || column_scale.size() == parameters_, column_scale.size(),
                    " column scales");
  configurations_ = samples;
  weights_.assign(weights.begin(), weights.end());
  column_scale_.assign(column_scale.begin(), column_scale.end());
  loaded_ = block_count();
}

void Jacobian::load(std::size_t block_index) {
  PLAQUETTE_REQUIRE(configurations_ != nullptr, "the Jacobian is not defined");
  if (loaded_ == block_index) return;
  loaded_ = block_count();
  differentiate(block(block_index));
  centre_and_scale(block(block_index));
  loaded_ = block_index;
}

void Jacobian::differentiate(IndexRange columns) {
  const FixedPartition batches{samples_, psi_.micro_batch()};
  parallel_for(threads(), batches.count(), [&](std::size_t index, int thread) {
    const IndexRange batch = batches[index];
    BlockSink sink(entries_.data(), columns, samples_, batch.begin);
    psi_.gradients(configurations_ + batch.begin * words_, batch.size(), sink,
                   workspaces_[static_cast<std::size_t>(thread)]);
  });
}

void Jacobian::centre_and_scale(IndexRange columns) {
  const std::size_t width = columns.size();
  const FixedPartition pieces{width, kColumnPiece};
  parallel_for(threads(), pieces.count(), [&](std::size_t index, int) {
    const IndexRange piece = pieces[index];
    double mean[kColumnPiece];
    double scale[kColumnPiece];
    for (std::size_t c = 0; c < piece.size(); ++c) {
      scale[c] = column_scale_.empty() ? 1.0 : column_scale_[columns.begin + piece.begin + c];
    }
    for (std::size_t part = 0; part < 2; ++part) {
      double* rows = entries_.data() + part * samples_ * width + piece.begin;
      std::fill_n(mean, piece.size(), 0.0);
      for (std::size_t k = 0; k < samples_; ++k) {
#pragma omp simd
        for (std::size_t c = 0; c < piece.size(); ++c) mean[c] += weights_[k] * rows[k * width + c];
      }
      for (std::size_t k = 0; k < samples_; ++k) {
        const double root = std::sqrt(weights_[k]);
#pragma omp simd
        for (std::size_t c = 0; c < piece.size(); ++c) {
          rows[k * width + c] = root * (rows[k * width + c] - mean[c]) * scale[c];
        }
      }
    }
  });
}

void Jacobian::gram_of_rows(double* gram, PhaseClock& clock) {
  const std::size_t n = rows();
  const FixedPartition tiles{n, kTile};
  for (std::size_t b = 0; b < block_count(); ++b) {
    {
      const auto scope = clock.measure(Phase::log_derivatives);
      load(b);
    }
    const auto scope = clock.measure(Phase::gram);
    const std::size_t width = block(b).size();
    const FixedPartition slices{width, kSlice};
    parallel_for(threads(), tiles.count() * (tiles.count() + 1) / 2, [&](std::size_t index, int) {
      const TriangleTile tile(index);
      const IndexRange i = tiles[tile.row];
      const IndexRange j = tiles[tile.column];
      for (std::size_t s = 0; s < slices.count(); ++s) {
        const IndexRange slice = slices[s];
        gemm(Transpose::no, Transpose::yes, i.size(), j.size(), slice.size(),
             entries_.data() + i.begin * width + slice.begin, width,
             entries_.data() + j.begin * width + slice.begin, width, b == 0 && s == 0 ? 0.0 : 1.0,
             gram + i.begin * n + j.begin, n);
      }
    });
  }
}

void Jacobian::gram_of_columns(double* gram, PhaseClock& clock) {
  PLAQUETTE_REQUIRE(block_count() == 1, block_count(), " blocks");
  {
    const auto scope = clock.measure(Phase::log_derivatives);
    load(0);
  }
  const auto scope = clock.measure(Phase::gram);
  const std::size_t n = columns();
  const FixedPartition tiles{n, kTile};
  const FixedPartition slices{rows(), kSlice};
  parallel_for(threads(), tiles.count() * (tiles.count() + 1) / 2, [&](std::size_t index, int) {
    const TriangleTile tile(index);
    const IndexRange i = tiles[tile.row];
    const IndexRange j = tiles[tile.column];
    for (std::size_t s = 0; s < slices.count(); ++s) {
      const double* slice = entries_.data() + slices[s].begin * n;
      gemm(Transpose::yes, Transpose::no, i.size(), j.size(), slices[s].size(), slice + i.begin, n,
           slice + j.begin, n, s == 0 ? 0.0 : 1.0, gram + i.begin * n + j.begin, n);
    }
  });
}

void Jacobian::apply(std::span<const double> direction, std::span<double> out) {
  PLAQUETTE_REQUIRE(direction.size() == columns() && out.size() == rows(), direction.size(), ", ",
                    out.size());
  std::fill(out.begin(), out.end(), 0.0);
  const FixedPartition pieces{rows(), kRowPiece};
  for (std::size_t b = 0; b < block_count(); ++b) {
    load(b);
    const IndexRange columns = block(b);
    const std::size_t width = columns.size();
    const FixedPartition slices{width, kSlice};
    parallel_for(threads(), pieces.count(), [&](std::size_t index, int) {
      const IndexRange piece = pieces[index];
      for (std::size_t s = 0; s < slices.count(); ++s) {
        cblas_dgemv(CblasRowMajor, CblasNoTrans, static_cast<int>(piece.size()),
                    static_cast<int>(slices[s].size()), 1.0,
                    entries_.data() + piece.begin * width + slices[s].begin,
                    static_cast<int>(width), direction.data() + columns.begin + slices[s].begin, 1,
                    1.0, out.data() + piece.begin, 1);
      }
    });
  }
}

void Jacobian::apply_transpose(std::span<const double> row_values, std::span<double> out) {
  PLAQUETTE_REQUIRE(row_values.size() == rows() && out.size() == columns(), row_values.size(), ", ",
                    out.size());
  for (std::size_t b = 0; b < block_count(); ++b) {
    load(b);
    const IndexRange columns = block(b);
    const std::size_t width = columns.size();
    const FixedPartition pieces{width, kColumnPiece};
    parallel_for(threads(), pieces.count(), [&](std::size_t index, int) {
      const IndexRange piece = pieces[index];
      double* sum = out.data() + columns.begin + piece.begin;
      std::fill_n(sum, piece.size(), 0.0);
      for (std::size_t k = 0; k < rows(); ++k) {
        const double* row = entries_.data() + k * width + piece.begin;
        const double value = row_values[k];
#pragma omp simd
        for (std::size_t c = 0; c < piece.size(); ++c) sum[c] += value * row[c];
      }
    });
  }
}

}  // namespace plaquette::cpu
