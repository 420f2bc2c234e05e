#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <thread>
#include <type_traits>
#include <vector>

#include "plaquette/base/aligned_buffer.hpp"
#include "plaquette/base/fixed_partition.hpp"
#include "plaquette/base/phase_clock.hpp"
#include "plaquette/base/philox.hpp"
#include "plaquette/base/tensor_view.hpp"
#include "plaquette/base/workspace.hpp"

namespace plaquette {
namespace {

struct KnownAnswer {
  PhiloxBlock counter;
  std::uint64_t key;
  PhiloxBlock output;
};

/// The vectors "philox4x32 10" of Random123's kat_vectors.
TEST(Philox, KnownAnswers) {
  const KnownAnswer answers[] = {
      {{{0, 0, 0, 0}}, 0, {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}},
      {{{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}},
       0xffffffffffffffff,
       {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}},
      {{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
       0x299f31d0a4093822,
       {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}}};
  for (const KnownAnswer& answer : answers) {
    const PhiloxBlock block = philox4x32(answer.counter, answer.key);
    for (int w = 0; w < 4; ++w) EXPECT_EQ(block.word[w], answer.output.word[w]) << w;
  }
}

TEST(Philox, IsAvailableAtCompileTime) {
  static_assert(philox4x32(PhiloxBlock{{0, 0, 0, 0}}, 0).word[0] == 0x6627e8d5);
}

/// Each part of the key reaches the counter on its own.
TEST(Philox, KeysDoNotCollide) {
  std::set<std::array<std::uint32_t, 4>> seen;
  int made = 0;
  const auto add = [&](RandomKey key) {
    const PhiloxBlock block = philox(7, key);
    seen.insert({block.word[0], block.word[1], block.word[2], block.word[3]});
    ++made;
  };
  for (std::uint32_t chain : {0u, 1u, 2u, 0xffffffffu}) {
    for (std::uint64_t sweep : {0ull, 1ull, 0x100000000ull}) {
      for (std::uint32_t move : {0u, 1u, 2u, 0x00ffffffu}) {
        for (Purpose purpose :
             {Purpose::chain_start, Purpose::exchange_move, Purpose::initial_parameter}) {
          add({chain, sweep, move, purpose});
        }
      }
    }
  }
  EXPECT_EQ(static_cast<int>(seen.size()), made);
}

TEST(Uniform, StaysBelowOne) {
  EXPECT_EQ(uniform(PhiloxBlock{{5, 5, 0, 0}}), 0.0);
  EXPECT_EQ(uniform(PhiloxBlock{{0, 0, 0xffffffff, 0xffffffff}}), 1.0 - 0x1.0p-53);
  EXPECT_EQ(uniform(PhiloxBlock{{0, 0, 0, 0x80000000}}), 0.5);
}

TEST(Uniform, IndexCoversItsRange) {
  for (std::uint32_t count : {1u, 2u, 3u, 7u, 1000u, 0xffffffffu}) {
    EXPECT_EQ(uniform_index(PhiloxBlock{{0, 0, 9, 9}}, count), 0u);
    EXPECT_EQ(uniform_index(PhiloxBlock{{0xffffffff, 0xffffffff, 0, 0}}, count), count - 1);
  }
  EXPECT_EQ(uniform_index(PhiloxBlock{{0, 0x80000000, 0, 0}}, 10), 5u);
  EXPECT_EQ(uniform_index(PhiloxBlock{{0xffffffff, 0x7fffffff, 0, 0}}, 10), 4u);
}

/// Mean and variance of 10⁶ draws within five standard errors.
TEST(Uniform, Moments) {
  constexpr int kDraws = 1000000;
  double sum = 0;
  double squares = 0;
  for (std::uint32_t k = 0; k < kDraws; ++k) {
    const double u = uniform(philox(11, {k, 3, 4, Purpose::exchange_move}));
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    squares += u * u;
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 5 * std::sqrt(1.0 / 12 / kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / kDraws));
}

TEST(TensorView, IsRowMajor) {
  std::vector<int> data(24);
  for (int k = 0; k < 24; ++k) data[static_cast<std::size_t>(k)] = k;
  const TensorView<int, 3> view(data.data(), 2, 3, 4);
  EXPECT_EQ(view.size(), 24u);
  EXPECT_EQ(view.extent(1), 3u);
  int expected = 0;
  for (int a = 0; a < 2; ++a) {
    for (int b = 0; b < 3; ++b) {
      for (int c = 0; c < 4; ++c) EXPECT_EQ(view(a, b, c), expected++);
    }
  }
  view(1, 2, 3) = -1;
  const TensorView<const int, 3> constant = view;
  EXPECT_EQ(constant(1, 2, 3), -1);
  static_assert(!std::is_convertible_v<TensorView<const int, 3>, TensorView<int, 3>>);
}

TEST(AlignedBuffer, IsAlignedAndMoves) {
  for (std::size_t size : {std::size_t{1}, std::size_t{3}, std::size_t{1001}}) {
    AlignedBuffer<float> buffer(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64, 0u);
    EXPECT_EQ(buffer.span().size(), size);
    buffer[size - 1] = 2.5f;
    const AlignedBuffer<float> moved = std::move(buffer);
    EXPECT_EQ(moved[size - 1], 2.5f);
  }
  EXPECT_EQ(AlignedBuffer<double>().size(), 0u);
  EXPECT_EQ(AlignedBuffer<double>(0).data(), nullptr);
  static_assert(!std::is_copy_constructible_v<AlignedBuffer<double>>);
}

TEST(Workspace, FramesRewind) {
  Workspace workspace(4096);
  auto outer = workspace.frame();
  double* kept = outer.take<double>(10);
  double* first = nullptr;
  {
    auto inner = workspace.frame();
    first = inner.take<double>(3);
    EXPECT_GE(first, kept + 10);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % Workspace::kAlignment, 0u);
  }
  auto again = workspace.frame();
  EXPECT_EQ(again.take<double>(3), first);
  EXPECT_EQ(workspace.peak(), Workspace::padded(80) + Workspace::padded(24));
}

TEST(Workspace, RefusesMoreThanItHas) {
  Workspace workspace(256);
  auto frame = workspace.frame();
  frame.take<std::byte>(256);
  EXPECT_THROW(frame.take<std::byte>(1), std::logic_error);
  {
    auto inner = workspace.frame();
    EXPECT_THROW(inner.take<double>(1), std::logic_error);
  }
}

/// What is measured is enough, and no byte less would be.
TEST(Workspace, MeasureIsExact) {
  const auto allocate = [](Workspace::Frame& frame) {
    frame.take<float>(5);
    frame.take<double>(100);
    frame.take<char>(1);
  };
  const std::size_t bytes = Workspace::measure(allocate);
  EXPECT_EQ(bytes, 64u + 832u + 64u);
  Workspace enough(bytes);
  {
    auto frame = enough.frame();
    EXPECT_NO_THROW(allocate(frame));
  }
  Workspace tight(bytes - 1);
  auto frame = tight.frame();
  EXPECT_THROW(allocate(frame), std::logic_error);
}

TEST(FixedPartition, CoversEverythingOnce) {
  for (std::size_t total : {0u, 1u, 7u, 8u, 9u, 100u}) {
    for (std::size_t piece : {1u, 3u, 8u}) {
      const FixedPartition partition{total, piece};
      std::size_t next = 0;
      for (std::size_t k = 0; k < partition.count(); ++k) {
        EXPECT_EQ(partition[k].begin, next);
        EXPECT_GT(partition[k].size(), 0u);
        EXPECT_LE(partition[k].size(), piece);
        next = partition[k].end;
      }
      EXPECT_EQ(next, total);
    }
  }
}

/// Only lower bounds: a machine under load sleeps longer, never shorter.
TEST(PhaseClock, InnerTimeIsNotChargedToOuter) {
  using namespace std::chrono_literals;
  const auto start = std::chrono::steady_clock::now();
  PhaseClock clock;
  {
    const auto outer = clock.measure(Phase::sampling);
    std::this_thread::sleep_for(5ms);
    {
      const auto inner = clock.measure(Phase::solve);
      std::this_thread::sleep_for(20ms);
    }
    std::this_thread::sleep_for(5ms);
  }
  { const auto closing = clock.measure(Phase::gram); }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  EXPECT_GE(clock.seconds(Phase::solve), 0.020);
  EXPECT_GE(clock.seconds(Phase::sampling), 0.010);
  EXPECT_LE(clock.seconds(Phase::sampling), wall.count() - 0.020);
  EXPECT_LE(clock.total(), wall.count());
  EXPECT_EQ(clock.seconds(Phase::log_derivatives), 0.0);
  clock.reset();
  EXPECT_EQ(clock.total(), 0.0);
}

}  // namespace
}  // namespace plaquette
