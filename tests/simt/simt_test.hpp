#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/position_map.h"
#include "plaquette/base/tensor_view.hpp"
#include "plaquette/model/gradient_block.hpp"
#include "plaquette/model/position_lists.hpp"
#include "simt/executor.hpp"
#include "support/fenced_buffer.hpp"

namespace plaquette::test {

/// Runs `test` with the threads of every block in several orders. What AddressSanitizer finds does
/// not depend on them: it gets one, which is not the usual one.
inline void over_thread_orders(const std::function<void()>& test) {
  using Kind = simt::ThreadOrder::Kind;
  std::vector<simt::ThreadOrder> orders = {
      {Kind::shuffled, 1}, {Kind::shuffled, 2}, {Kind::reverse, 0}, {Kind::forward, 0}};
#if defined(__SANITIZE_ADDRESS__)
  orders.resize(1);
#endif
  for (const simt::ThreadOrder order : orders) {
    SCOPED_TRACE(testing::Message()
                 << "thread order " << static_cast<int>(order.kind) << ", seed " << order.seed);
    simt::set_thread_order(order);
    test();
  }
  simt::set_thread_order({});
}

/// Uniform in [−1, 1); the same for the same seed.
template <class Real>
std::vector<Real> random_numbers(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  std::vector<Real> numbers(count);
  for (Real& number : numbers) number = static_cast<Real>(uniform(random));
  return numbers;
}

template <class T, class... Extents>
auto const_view(const std::vector<T>& values, Extents... extents) {
  return TensorView<const T, sizeof...(Extents)>(values.data(), extents...);
}

/// A sum in double that knows how far the same sum in another precision may lie from it: each term
/// is rounded a few times and takes part in at most `terms` partial sums.
struct ReferenceSum {
  double value = 0;
  double magnitude = 0;
  int terms = 0;

  void add(double term) {
    value += term;
    magnitude += std::abs(term);
    ++terms;
  }
  double tolerance(double epsilon) const { return (terms + 4) * epsilon * magnitude; }
};

template <class Real>
constexpr double kEpsilon = static_cast<double>(std::numeric_limits<Real>::epsilon());

/// Compares a result in Real; `Rounding` is the precision it was computed in.
template <class Rounding, class Actual>
void expect_sum(Actual actual, const ReferenceSum& expected, std::size_t element) {
  ASSERT_NEAR(static_cast<double>(actual), expected.value, expected.tolerance(kEpsilon<Rounding>))
      << "element " << element;
}

/// Sizes that kernels are tried on: the smallest, one that fills no warp, one beyond a tile.
struct Size {
  std::size_t batch;  // B
  std::size_t side;   // n = side²
  std::size_t d;
  std::size_t heads;
  std::size_t n() const { return side * side; }
  NetworkShape shape(Attention attention, bool translation_invariant) const {
    return {.token_rows = static_cast<int>(side),
            .token_columns = static_cast<int>(side),
            .d_model = static_cast<int>(d),
            .heads = static_cast<int>(heads),
            .attention = attention,
            .translation_invariant = translation_invariant};
  }
};
inline const std::vector<Size> kSizes = {
    {1, 1, 8, 2}, {3, 2, 20, 4}, {7, 3, 60, 10}, {5, 5, 20, 2}, {1, 7, 8, 8}};

inline cuda::PositionMap view_of(const PositionLists& lists) {
  return {lists.tokens,         lists.positions,       lists.pairs_per_position,
          lists.forward.data(), lists.backward.data(), lists.pair_i.data(),
          lists.pair_j.data()};
}

/// The rows of a gradient block with room on all sides: rows before and after the batch's, columns
/// beyond the block's.
template <class Out>
class GradientRows {
 public:
  GradientRows(std::size_t batch, std::size_t begin, std::size_t end)
      : batch_(batch),
        stride_(end - begin + 3),
        entries_(2 * (batch + 2) * stride_),
        block{entries_.data(), stride_, batch + 2, 1, begin, end},
        expected_(entries_.size()) {}

  /// The part of tensor [offset, offset + size) that is in the block should hold
  /// reference(part, sample, element).
  template <class Reference>
  void expect(std::size_t offset, std::size_t size, Reference&& reference) {
    for (std::size_t part = 0; part < 2; ++part) {
      for (std::size_t s = 0; s < batch_; ++s) {
        for (std::size_t k = 0; k < size; ++k) {
          const std::size_t column = offset + k;
          if (column < block.begin || column >= block.end) continue;
          const std::size_t row = part * (batch_ + 2) + 1 + s;
          expected_[row * stride_ + column - block.begin] = reference(part, s, k);
        }
      }
    }
  }
  /// Compares everything; what nobody expects must be untouched.
  template <class Rounding>
  void verify() const {
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      if (expected_[k].terms > 0) {
        expect_sum<Rounding>(entries_[k], expected_[k], k);
      } else {
        ASSERT_TRUE(entries_.untouched(k)) << "element " << k;
      }
    }
    EXPECT_TRUE(entries_.fences_intact());
  }

 private:
  std::size_t batch_;
  std::size_t stride_;
  FencedBuffer<Out> entries_;

 public:
  GradientBlock<Out> block;

 private:
  std::vector<ReferenceSum> expected_;
};

/// Blocks to cut a tensor [offset, offset + size) with: all of it, and a piece from its middle.
inline std::vector<std::pair<std::size_t, std::size_t>> cuts(std::size_t offset, std::size_t size) {
  return {{offset > 2 ? offset - 2 : 0, offset + size + 5},
          {offset + size / 3, offset + size / 3 + (size + 2) / 3}};
}

}  // namespace plaquette::test
