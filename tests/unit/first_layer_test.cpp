#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cpu/operations.hpp"
#include "support/case_table.hpp"
#include "support/every_kernel_set.hpp"
#include "support/fenced_buffer.hpp"

// The first layer as a table beside the same layer operation by operation.

namespace plaquette::test {
namespace {

template <class Real>
class FirstLayer : public testing::Test {};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(FirstLayer, Precisions);

std::vector<NetworkCase> tabled_cases() {
  std::vector<NetworkCase> cases = {
      {LatticeKind::square, 2, {.patch = 1, .d_model = 8, .heads = 1, .layers = 1}},
      {LatticeKind::square, 4, {.patch = 1, .d_model = 32, .heads = 4, .layers = 1}},
      {LatticeKind::square, 4, {.patch = 2, .d_model = 9, .heads = 3, .layers = 2}},
      {LatticeKind::square, 4, {.patch = 2, .d_model = 18, .heads = 3, .layers = 1}},
      {LatticeKind::chain, 8, {.patch = 2, .d_model = 10, .heads = 5, .layers = 2}}};
  for (std::size_t k = 0, given = cases.size(); k < given; ++k) {
    cases.push_back(cases[k]);
    cases.back().network.translation_invariant = false;
  }
  // More channels than a tile of registers.
  cases.push_back({LatticeKind::square, 6, {.patch = 2, .d_model = 72, .heads = 12, .layers = 1}});
  return cases;
}

TYPED_TEST(FirstLayer, OfTheTableIsThatOfTheOperations) {
  using Real = TypeParam;
  constexpr std::size_t kBatch = 5;
  for (const NetworkCase& made : tabled_cases()) {
    const NetworkSizes sizes(made.shape());
    const ParameterTable table = made.table();
    ASSERT_TRUE(cpu::Operations<Real>::first_layer_pays(sizes)) << made.name();
    cpu::Operations<Real> operations(made.shape(), table);
    operations.set_parameters(random_parameters(table, 3));
    const ConfigurationBatch states = pack(random_spins(made.sites(), kBatch, 4));
    const TensorView<const std::uint64_t, 2> words(states[0], kBatch, sizes.words);

    const std::size_t rows = kBatch * sizes.tokens;
    const std::size_t d = sizes.channels;
    FencedBuffer<Real> tabled(rows * d), layered(rows * d), unit(rows * d), value(rows * d);
    const auto tokens = [&](FencedBuffer<Real>& x) {
      return TensorView<Real, 3>(x.data(), kBatch, sizes.tokens, d);
    };
    const auto matrix = [&](FencedBuffer<Real>& x) {
      return TensorView<Real, 2>(x.data(), rows, d);
    };
    Workspace workspace(cpu::Operations<Real>::scratch_bytes(sizes, kBatch));
    operations.first_layer(tokens(tabled), words, workspace);

    const LayerOffsets& layer = table.layers.front();
    operations.embed(tokens(layered), nullptr, words);
    operations.layer_norm({.out = unit.data()}, matrix(layered), layer.norm1);
    operations.dense(matrix(value), matrix(unit), layer.value, Accumulate::no);
    operations.mix_tokens(tokens(unit), tokens(value), 0);
    operations.dense(matrix(layered), matrix(unit), layer.output, Accumulate::yes);

    EXPECT_TRUE(tabled.fences_intact()) << made.name();
    Real largest = 0;
    for (std::size_t k = 0; k < rows * d; ++k) largest = std::max(largest, std::abs(layered[k]));
    for (std::size_t k = 0; k < rows * d; ++k) {
      ASSERT_NEAR(tabled[k], layered[k], 100 * std::numeric_limits<Real>::epsilon() * largest)
          << made.name() << " element " << k;
    }
  }
}

/// Whole numbers, so that every order of the sum is exact.
TYPED_TEST(FirstLayer, SumOfRowsIsExactInEveryRegister) {
  using Real = TypeParam;
  constexpr std::size_t kRows = 7;
  const std::vector<std::uint32_t> rows = {3, 0, 6, 3, 1};
  for (const std::size_t width : {1u, 15u, 16u, 17u, 31u, 33u, 64u, 65u, 127u, 129u, 200u}) {
    const std::size_t multiple = cpu::kTableRowMultiple;
    const std::size_t stride = (width + multiple - 1) / multiple * multiple;
    AlignedBuffer<Real> table(kRows * stride);
    for (std::size_t k = 0; k < table.size(); ++k) {
      table.data()[k] = static_cast<Real>(static_cast<int>(k * 37 % 101) - 50);
    }
    const auto at = [&](std::size_t row, std::size_t c) { return table.data()[row * stride + c]; };
    for (const auto* kernels : every_kernel_set<Real>()) {
      FencedBuffer<Real> out(width);
      kernels->sum_table_rows({.out = out.data(),
                               .width = width,
                               .table = table.data(),
                               .stride = stride,
                               .first = 2,
                               .rows = rows.data(),
                               .count = rows.size()});
      EXPECT_TRUE(out.fences_intact()) << kernels->name << " width " << width;
      for (std::size_t c = 0; c < width; ++c) {
        Real sum = at(2, c);
        for (const std::uint32_t row : rows) sum += at(row, c);
        ASSERT_EQ(out[c], sum) << kernels->name << " width " << width << " column " << c;
      }
    }
  }
}

/// Softmax, patches of too many values, many tokens for the channels, a table beyond the cache.
TEST(FirstLayerTable, IsLeftOutWhereItDoesNotPay) {
  using Operations = cpu::Operations<float>;
  NetworkCase made{LatticeKind::square, 6, {.patch = 2, .d_model = 20, .heads = 4, .layers = 2}};
  EXPECT_TRUE(Operations::first_layer_pays(NetworkSizes(made.shape())));
  const auto pays = [&](auto change) {
    NetworkCase changed = made;
    change(changed);
    return Operations::first_layer_pays(NetworkSizes(changed.shape()));
  };
  EXPECT_FALSE(pays([](NetworkCase& c) { c.network.attention = Attention::t5; }));
  EXPECT_FALSE(pays([](NetworkCase& c) { c.network.attention = Attention::decoupled; }));
  EXPECT_FALSE(pays([](NetworkCase& c) { c.network.patch = 3; }));
  EXPECT_FALSE(pays([](NetworkCase& c) { c.L = 10; }));
  EXPECT_FALSE(pays([](NetworkCase& c) {
    c.network.d_model = 80;
    c.network.translation_invariant = false;
  }));
}

}  // namespace
}  // namespace plaquette::test
