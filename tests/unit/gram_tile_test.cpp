#include "cpu/gram_tile.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "cpu/jacobian_operations.hpp"
#include "support/fenced_buffer.hpp"

namespace plaquette::test {
namespace {

/// Rows like those of a Jacobian: columns whose scales differ by some powers of ten.
std::vector<float> jacobian_rows(std::size_t rows, std::size_t columns) {
  std::vector<float> out(rows * columns);
  std::uint32_t state = 1;
  const auto uniform = [&] {
    state = state * 1664525u + 1013904223u;
    return static_cast<double>(state >> 8) / (1 << 23) - 1.0;
  };
  std::vector<double> scale(columns);
  for (double& s : scale) s = std::pow(10.0, 2 * uniform());
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t c = 0; c < columns; ++c) {
      out[i * columns + c] = static_cast<float>(scale[c] * (uniform() + uniform() + uniform()));
    }
  }
  return out;
}

struct Tile {
  std::size_t rows, columns;
  std::vector<float> entries;
  Workspace workspace;
  Tile(std::size_t rows, std::size_t columns)
      : rows(rows),
        columns(columns),
        entries(jacobian_rows(rows, columns)),
        workspace(cpu::gram_tile_workspace<float>(rows)) {}
  cpu::RowsView<const float> block(std::size_t begin, std::size_t count) const {
    return {entries.data() + begin * columns, count, columns, columns};
  }
  double exact(std::size_t i, std::size_t j, bool magnitudes) const {
    double sum = 0;
    for (std::size_t c = 0; c < columns; ++c) {
      const double term = static_cast<double>(entries[i * columns + c]) * entries[j * columns + c];
      sum += magnitudes ? std::abs(term) : term;
    }
    return sum;
  }
};

TEST(GramTile, StaysWithinItsBoundOfTheDoubleSum) {
  Tile t(37, 1100);
  FencedBuffer<double> gram(37 * 37);
  std::fill_n(gram.data(), gram.size(), 0.5);
  cpu::gram_tile<float>({gram.data(), 37, 37, 37}, t.block(0, 37), t.block(0, 37),
                        cpu::TilePart::whole, t.workspace);
  EXPECT_TRUE(gram.fences_intact());
  for (std::size_t i = 0; i < 37; ++i) {
    for (std::size_t j = 0; j < 37; ++j) {
      ASSERT_NEAR(gram[i * 37 + j] - 0.5, t.exact(i, j, false), 0x1p-16 * t.exact(i, j, true))
          << i << ", " << j;
    }
  }
}

TEST(GramTile, IsTheSameOnBothSidesAndForEveryShapeOfTile) {
  Tile t(50, 700);
  std::vector<double> whole(50 * 50);
  cpu::gram_tile<float>({whole.data(), 50, 50, 50}, t.block(0, 50), t.block(0, 50),
                        cpu::TilePart::whole, t.workspace);
  std::vector<double> pieces(50 * 50);
  for (std::size_t i = 0; i < 50; i += 7) {
    for (std::size_t j = 0; j < 50; j += 19) {
      const std::size_t rows = std::min<std::size_t>(7, 50 - i);
      const std::size_t width = std::min<std::size_t>(19, 50 - j);
      cpu::gram_tile<float>({pieces.data() + i * 50 + j, rows, width, 50}, t.block(i, rows),
                            t.block(j, width), cpu::TilePart::whole, t.workspace);
    }
  }
  EXPECT_EQ(whole, pieces);
  for (std::size_t i = 0; i < 50; ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_EQ(whole[i * 50 + j], whole[j * 50 + i]);
  }
}

/// 100 rows: more than one block of register tiles, and a last one that is not whole.
TEST(GramTile, LowerLeavesOutOnlyWhatIsAbove) {
  constexpr std::size_t n = 100;
  Tile t(n, 300);
  std::vector<double> whole(n * n);
  std::vector<double> lower(n * n);
  cpu::gram_tile<float>({whole.data(), n, n, n}, t.block(0, n), t.block(0, n), cpu::TilePart::whole,
                        t.workspace);
  cpu::gram_tile<float>({lower.data(), n, n, n}, t.block(0, n), t.block(0, n), cpu::TilePart::lower,
                        t.workspace);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) ASSERT_EQ(lower[i * n + j], whole[i * n + j]) << i << j;
  }
  EXPECT_EQ(lower[n - 1], 0.0) << "the first row's last column is not wanted";
}

TEST(GramTile, GoesOnInDoubleFromChunkToChunk) {
  // 2²⁴ + 1 is no float: the first chunk loses its ones, the others must not lose theirs.
  constexpr std::size_t kColumns = 4 * cpu::kGramChunk;
  std::vector<float> row(kColumns, 1.0f);
  row[0] = 4096.0f;
  double gram = 0;
  Workspace workspace(cpu::gram_tile_workspace<float>(1));
  const cpu::RowsView<const float> rows(row.data(), 1, kColumns, kColumns);
  cpu::gram_tile<float>({&gram, 1, 1, 1}, rows, rows, cpu::TilePart::whole, workspace);
  EXPECT_GE(gram, 0x1p24 + 3 * cpu::kGramChunk);
}

/// 577 rows: strips of columns that are cut into two tiles, the second of one row.
TEST(RowGram, IsTheSumWhereverTilesAreCut) {
  constexpr std::size_t n = 577;
  const Tile t(n, 65);
  const TensorView<const float, 2> rows(t.entries.data(), n, t.columns);
  std::vector<double> once;
  for (const int threads : {1, 2}) {
    cpu::Executor executor(threads, cpu::row_gram_workspace());
    std::vector<double> gram(n * n, 0.25);
    cpu::add_row_gram(executor, gram.data(), rows, false);
    std::vector<double> twice = gram;
    cpu::add_row_gram(executor, twice.data(), rows, true);
    if (once.empty()) once = gram;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        const std::size_t at = i * n + j;
        ASSERT_EQ(gram[at], once[at]) << threads << " threads: " << i << ", " << j;
        ASSERT_EQ(twice[at], 2 * gram[at]) << i << ", " << j;
        ASSERT_NEAR(gram[at], t.exact(i, j, false), 0x1p-16 * t.exact(i, j, true))
            << i << ", " << j;
      }
    }
  }
}

TEST(GramTile, OfDoublesIsExactToTheirRounding) {
  constexpr std::size_t kRows = 9;
  constexpr std::size_t kColumns = 600;
  const auto single = jacobian_rows(kRows, kColumns);
  const std::vector<double> entries(single.begin(), single.end());
  std::vector<double> gram(kRows * kRows);
  Workspace workspace(cpu::gram_tile_workspace<double>(kRows));
  const cpu::RowsView<const double> rows(entries.data(), kRows, kColumns, kColumns);
  cpu::gram_tile<double>({gram.data(), kRows, kRows, kRows}, rows, rows, cpu::TilePart::whole,
                         workspace);
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t j = 0; j < kRows; ++j) {
      long double exact = 0;
      long double magnitude = 0;
      for (std::size_t c = 0; c < kColumns; ++c) {
        const long double term =
            static_cast<long double>(entries[i * kColumns + c]) * entries[j * kColumns + c];
        exact += term;
        magnitude += std::abs(term);
      }
      ASSERT_LE(std::abs(gram[i * kRows + j] - exact), kColumns * 0x1p-53L * magnitude);
    }
  }
}

}  // namespace
}  // namespace plaquette::test
