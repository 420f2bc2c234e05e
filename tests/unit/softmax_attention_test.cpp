#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "support/every_kernel_set.hpp"
#include "support/fenced_buffer.hpp"

// Softmax attention in every set of vector instructions that this processor runs, beside its
// formula in long double.

namespace plaquette::test {
namespace {

template <class Real>
struct Sample {
  std::size_t n, heads, r;
  bool inside;
  std::size_t d = heads * r;
  std::size_t padded = (n + cpu::kSoftmaxStrip - 1) / cpu::kSoftmaxStrip * cpu::kSoftmaxStrip;
  std::vector<Real> query, key, value, table;

  Sample(std::size_t tokens, std::size_t head_count, std::size_t width, bool table_inside)
      : n(tokens), heads(head_count), r(width), inside(table_inside) {
    std::mt19937_64 random(n + 100 * r);
    std::uniform_real_distribution<Real> uniform(-2, 2);
    for (std::vector<Real>* x : {&query, &key, &value}) {
      x->resize(n * d);
      for (Real& element : *x) element = uniform(random);
    }
    table.resize(heads * n * padded);
    for (std::size_t row = 0; row < heads * n; ++row) {
      for (std::size_t i = 0; i < n; ++i) table[row * padded + i] = uniform(random);
    }
  }

  Real scale() const { return Real(1) / std::sqrt(static_cast<Real>(r)); }

  struct Result {
    std::vector<Real> out;      // (n, d)
    std::vector<Real> weights;  // (h, n_j, padded n_i)
    bool operator==(const Result&) const = default;
  };

  Result run(const cpu::ProductKernels<Real>& kernels) const {
    FencedBuffer<Real> out(n * d), weights(heads * n * padded), scratch(2 * r * 16);
    kernels.softmax_attention({.out = out.data(),
                               .query = query.data(),
                               .key = key.data(),
                               .value = value.data(),
                               .table = table.data(),
                               .weights = weights.data(),
                               .scratch = scratch.data(),
                               .tokens = n,
                               .padded = padded,
                               .channels = d,
                               .head_width = r,
                               .scale = scale(),
                               .table_inside = inside});
    EXPECT_TRUE(out.fences_intact() && weights.fences_intact() && scratch.fences_intact());
    return {{out.data(), out.data() + n * d}, {weights.data(), weights.data() + weights.size()}};
  }

  /// softmax_j of query i of a head, then the weights that values get.
  std::vector<long double> softmax(std::size_t head, std::size_t i) const {
    std::vector<long double> scores(n);
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t c = head * r; c < (head + 1) * r; ++c) {
        scores[j] += static_cast<long double>(query[i * d + c]) * key[j * d + c];
      }
      scores[j] /= std::sqrt(static_cast<long double>(r));
      if (inside) scores[j] += table[(head * n + j) * padded + i];
    }
    const long double largest = *std::max_element(scores.begin(), scores.end());
    long double sum = 0;
    for (long double& score : scores) sum += score = std::exp(score - largest);
    for (long double& score : scores) score /= sum;
    return scores;
  }

  void expect_formula(const Result& found, const char* name) const {
    // Scores are at most 4 √r + 2, each of r roundings; a weight is off by as much, relatively.
    const auto width = static_cast<long double>(r);
    const long double error = std::numeric_limits<Real>::epsilon() *
                              (4 * std::sqrt(width) + 2 + static_cast<long double>(n)) * 4;
    for (std::size_t head = 0; head < heads; ++head) {
      for (std::size_t i = 0; i < n; ++i) {
        const std::vector<long double> weights = softmax(head, i);
        for (std::size_t j = 0; j < n; ++j) {
          ASSERT_NEAR(found.weights[(head * n + j) * padded + i], weights[j], error)
              << name << " n " << n << " r " << r;
        }
        for (std::size_t c = head * r; c < (head + 1) * r; ++c) {
          long double sum = 0;
          long double magnitude = 0;
          for (std::size_t j = 0; j < n; ++j) {
            const long double beside = inside ? 0 : table[(head * n + j) * padded + i];
            sum += (weights[j] + beside) * value[j * d + c];
            magnitude += std::abs((weights[j] + std::abs(beside)) * value[j * d + c]);
          }
          ASSERT_NEAR(found.out[i * d + c], sum, error * magnitude)
              << name << " n " << n << " r " << r;
        }
      }
    }
  }
};

template <class Real>
class SoftmaxAttention : public testing::Test {};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(SoftmaxAttention, Precisions);

/// Widths and tokens around those of registers, of strips and of the rows side by side.
TYPED_TEST(SoftmaxAttention, IsItsFormulaAndTheSameBitsInEveryRegister) {
  for (const bool inside : {true, false}) {
    for (const std::size_t n : {1u, 2u, 7u, 16u, 25u, 33u}) {
      for (const std::size_t r : {1u, 3u, 6u, 7u, 17u}) {
        const Sample<TypeParam> sample(n, 2, r, inside);
        const auto first = sample.run(*every_kernel_set<TypeParam>().front());
        for (const auto* kernels : every_kernel_set<TypeParam>()) {
          const auto found = sample.run(*kernels);
          sample.expect_formula(found, kernels->name);
          EXPECT_EQ(found, first) << kernels->name << " n " << n << " r " << r;
        }
      }
    }
  }
}

/// Neither overflow nor 0/0 where scores are far apart: the largest takes all.
TYPED_TEST(SoftmaxAttention, TakesLargeScores) {
  for (const bool inside : {true, false}) {
    Sample<TypeParam> sample(5, 1, 1, inside);
    for (TypeParam& key : sample.key) key *= 1000;
    for (const auto* kernels : every_kernel_set<TypeParam>()) {
      const auto found = sample.run(*kernels);
      for (const TypeParam x : found.out) EXPECT_TRUE(std::isfinite(x));
      int decided = 0;
      for (std::size_t i = 0; i < sample.n; ++i) {
        const std::vector<long double> weights = sample.softmax(0, i);
        for (std::size_t j = 0; j < sample.n; ++j) {
          if (weights[j] < 1 - 1e-9L) continue;
          ++decided;
          EXPECT_NEAR(found.weights[j * sample.padded + i], 1, 1e-6) << kernels->name;
        }
      }
      EXPECT_GT(decided, 0);
    }
  }
}

TYPED_TEST(SoftmaxAttention, PassesNaNOn) {
  for (const bool inside : {true, false}) {
    for (const bool of_key : {true, false}) {
      Sample<TypeParam> sample(25, 2, 3, inside);
      const std::size_t token = 4;
      (of_key ? sample.key : sample.query)[token * sample.d] = std::nan("");
      for (const auto* kernels : every_kernel_set<TypeParam>()) {
        const auto out = sample.run(*kernels).out;
        for (std::size_t i = 0; i < sample.n; ++i) {
          // A key is seen by every query, of the first head alone.
          EXPECT_EQ(std::isnan(out[i * sample.d]), of_key || i == token) << kernels->name;
          EXPECT_FALSE(std::isnan(out[i * sample.d + sample.r])) << kernels->name;
        }
      }
    }
  }
}

}  // namespace
}  // namespace plaquette::test
