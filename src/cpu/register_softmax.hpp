#pragma once

#include <cstddef>
#include <limits>

#include "cpu/product_kernels.hpp"
#include "cpu/register_exponential.hpp"
#include "cpu/vector_register.hpp"

/// Softmax attention in vector registers of `Bytes` bytes. Included by the files that are compiled
/// for one set of instructions, as register_tiles.hpp.
namespace plaquette::cpu {
namespace {

/// One head's strip of kSoftmaxStrip queries, which lie in the lanes of its registers. Row j of a
/// strip belongs to key and value j.
template <class Real, int Bytes>
struct SoftmaxStrip {
  using R = Register<Real, Bytes>;
  using Value = typename R::Value;
  static constexpr int kRegisters = static_cast<int>(kSoftmaxStrip / R::kLanes);
  /// Rows or channels whose sums stay in registers side by side: 8 of 16 registers, 16 of 32.
  static constexpr int kRows = (Bytes == 64 ? 16 : 8) / kRegisters;

  const SoftmaxArguments<Real>& a;
  const Real* key;      // of the head
  const Real* value;    // of the head
  const Real* query_t;  // (r, strip), scaled
  const Real* table;    // (n, ·) of the head, at the strip
  Real* weights;        // (n, ·) of the head, at the strip
  Value largest[kRegisters];
  Value inverse[kRegisters];

  /// Scores of `Rows` keys from j on.
  template <int Rows>
  void score(std::size_t j) {
    Value sum[Rows][kRegisters] = {};
    if (a.table_inside) {
#pragma GCC unroll 16
      for (int row = 0; row < Rows; ++row) {
        const Real* from = table + (j + static_cast<std::size_t>(row)) * a.padded;
#pragma GCC unroll 4
        for (int v = 0; v < kRegisters; ++v) sum[row][v] = R::load(from + v * R::kLanes);
      }
    }
    for (std::size_t c = 0; c < a.head_width; ++c) {
      Value query[kRegisters];
#pragma GCC unroll 4
      for (int v = 0; v < kRegisters; ++v) {
        query[v] = R::load(query_t + c * kSoftmaxStrip + v * R::kLanes);
      }
#pragma GCC unroll 16
      for (int row = 0; row < Rows; ++row) {
        const Value k = R::broadcast(key[(j + static_cast<std::size_t>(row)) * a.channels + c]);
#pragma GCC unroll 4
        for (int v = 0; v < kRegisters; ++v) {
          sum[row][v] = R::multiply_add(k, query[v], sum[row][v]);
        }
      }
    }
#pragma GCC unroll 16
    for (int row = 0; row < Rows; ++row) {
      Real* to = weights + (j + static_cast<std::size_t>(row)) * a.padded;
#pragma GCC unroll 4
      for (int v = 0; v < kRegisters; ++v) {
        largest[v] = R::larger(largest[v], sum[row][v]);
        R::store(to + v * R::kLanes, sum[row][v]);
      }
    }
  }

  /// Calls step.template operator()<Rows>(first) for [0, total) in steps of at most Most.
  template <int Most, class Step>
  static void in_steps(std::size_t first, std::size_t total, const Step& step) {
    for (; first + Most <= total; first += Most) step.template operator()<Most>(first);
    if constexpr (Most > 1) {
      if (first < total) in_steps<Most / 2>(first, total, step);
    }
  }

  /// Weights not yet normalised, and what normalises them.
  void exponentials() {
    constexpr Real kLog2e = static_cast<Real>(1.4426950408889634074);
    Value sum[kRegisters] = {};
    for (std::size_t j = 0; j < a.tokens; ++j) {
      Real* row = weights + j * a.padded;
#pragma GCC unroll 4
      for (int v = 0; v < kRegisters; ++v) {
        const Value below = R::load(row + v * R::kLanes) - largest[v];
        // The exponential bounds what it is given, NaN too: below − below keeps that, and makes
        // one of an infinite score, which comes of overflow alone.
        const Value power = exponential2<Real, Bytes>(below * kLog2e) + (below - below);
        sum[v] += power;
        R::store(row + v * R::kLanes, power);
      }
    }
    for (int v = 0; v < kRegisters; ++v) inverse[v] = Real(1) / sum[v];
    for (std::size_t j = 0; j < a.tokens; ++j) {
      Real* row = weights + j * a.padded;
#pragma GCC unroll 4
      for (int v = 0; v < kRegisters; ++v) {
        R::store(row + v * R::kLanes, R::load(row + v * R::kLanes) * inverse[v]);
      }
    }
  }

  /// `Rows` channels from c on of Σ_j weight_j value_j: out_t (Rows, strip).
  template <int Rows, bool Beside>
  void mix(Real* out_t, std::size_t c) const {
    Value sum[Rows][kRegisters] = {};
    for (std::size_t j = 0; j < a.tokens; ++j) {
      Value weight[kRegisters];
#pragma GCC unroll 4
      for (int v = 0; v < kRegisters; ++v) {
        weight[v] = R::load(weights + j * a.padded + v * R::kLanes);
        if constexpr (Beside) weight[v] += R::load(table + j * a.padded + v * R::kLanes);
      }
#pragma GCC unroll 16
      for (int row = 0; row < Rows; ++row) {
        const Value x = R::broadcast(value[j * a.channels + c + static_cast<std::size_t>(row)]);
#pragma GCC unroll 4
        for (int v = 0; v < kRegisters; ++v) {
          sum[row][v] = R::multiply_add(x, weight[v], sum[row][v]);
        }
      }
    }
#pragma GCC unroll 16
    for (int row = 0; row < Rows; ++row) {
#pragma GCC unroll 4
      for (int v = 0; v < kRegisters; ++v) {
        R::store(out_t + static_cast<std::size_t>(row) * kSoftmaxStrip + v * R::kLanes,
                 sum[row][v]);
      }
    }
  }

  void run(Real* out_t) {
    constexpr Real kLeast = -std::numeric_limits<Real>::infinity();
    for (int v = 0; v < kRegisters; ++v) largest[v] = Value{} + kLeast;
    in_steps<kRows>(0, a.tokens, [&]<int Rows>(std::size_t j) { score<Rows>(j); });
    exponentials();
    in_steps<kRows>(0, a.head_width, [&]<int Rows>(std::size_t c) {
      if (a.table_inside) {
        mix<Rows, false>(out_t + c * kSoftmaxStrip, c);
      } else {
        mix<Rows, true>(out_t + c * kSoftmaxStrip, c);
      }
    });
  }
};

template <class Real, int Bytes>
void softmax_attention(const SoftmaxArguments<Real>& a) {
  const std::size_t r = a.head_width;
  Real* query_t = a.scratch;
  Real* out_t = a.scratch + r * kSoftmaxStrip;
  for (std::size_t head = 0; head < a.channels / r; ++head) {
    for (std::size_t begin = 0; begin < a.tokens; begin += kSoftmaxStrip) {
      const std::size_t left = a.tokens - begin;
      const std::size_t filled = left < kSoftmaxStrip ? left : kSoftmaxStrip;
      const Real* query = a.query + begin * a.channels + head * r;
      for (std::size_t c = 0; c < r; ++c) {
        Real* to = query_t + c * kSoftmaxStrip;
        for (std::size_t i = 0; i < filled; ++i) to[i] = a.scale * query[i * a.channels + c];
        for (std::size_t i = filled; i < kSoftmaxStrip; ++i) to[i] = 0;
      }
      const std::size_t strip = head * a.tokens * a.padded + begin;
      SoftmaxStrip<Real, Bytes>{
          a, a.key + head * r, a.value + head * r, query_t, a.table + strip, a.weights + strip, {},
          {}}
          .run(out_t);
      Real* out = a.out + begin * a.channels + head * r;
      for (std::size_t i = 0; i < filled; ++i) {
        for (std::size_t c = 0; c < r; ++c) out[i * a.channels + c] = out_t[c * kSoftmaxStrip + i];
      }
    }
  }
}

}  // namespace
}  // namespace plaquette::cpu
