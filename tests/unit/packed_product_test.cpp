#include "cpu/packed_product.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "cpu/layers.hpp"
#include "support/fenced_buffer.hpp"
#include "support/wide_register_kernels.hpp"

namespace plaquette::test {
namespace {

/// Numbers in [−1, 1) without a pattern that a wrong index could repeat.
template <class Real>
std::vector<Real> numbers(std::size_t count, std::uint32_t seed) {
  std::vector<Real> out(count);
  std::uint32_t state = seed * 2654435761u + 1;
  for (Real& x : out) {
    state = state * 1664525u + 1013904223u;
    x = static_cast<Real>(state >> 8) / static_cast<Real>(1 << 23) - Real(1);
  }
  return out;
}

template <class Real>
std::vector<const cpu::ProductKernels<Real>*> all_kernels() {
  std::vector<const cpu::ProductKernels<Real>*> kernels = {&cpu::product_kernels_avx2<Real>(),
                                                           &wide_register_kernels<Real>()};
  if (cpu::has_avx512()) {
    kernels.push_back(&cpu::product_kernels_avx512<Real>());
  }
  return kernels;
}

/// What the contract says of an element: one chain of fused multiply-adds.
template <class Real>
Real chain(const Real* x, const Real* kernel, std::size_t in, std::size_t out, std::size_t c) {
  Real sum = 0;
  for (std::size_t k = 0; k < in; ++k) sum = std::fma(x[k], kernel[k * out + c], sum);
  return sum;
}

/// Rows 1 to 17 of x (rows, in) with stride in + 3, out with stride out + 2.
template <class Real>
class ProductCase {
 public:
  static constexpr std::size_t kRows = 17;

  ProductCase(std::size_t in, std::size_t out)
      : in_(in),
        out_(out),
        x_(numbers<Real>(kRows * (in + 3), 1)),
        kernel_(numbers<Real>(in * out, 2)),
        bias_(numbers<Real>(out, 3)),
        before_(numbers<Real>(kRows * (out + 2), 4)) {
    for (std::size_t row = 0; row < kRows; ++row) {
      for (std::size_t c = 0; c < out; ++c) {
        expected_.push_back(chain(x_.data() + row * (in + 3), kernel_.data(), in, out, c));
      }
    }
  }

  void check(const cpu::ProductKernels<Real>& kernels, std::size_t rows, bool bias,
             bool accumulate) const {
    FencedBuffer<Real> packed(kernels.packed_size(in_, out_));
    kernels.pack(packed.data(), kernel_.data(), out_, 1, in_, out_);
    ASSERT_TRUE(packed.fences_intact());
    const std::size_t stride = out_ + 2;
    FencedBuffer<Real> y(rows * stride - 2);
    for (std::size_t row = 0; row < rows && accumulate; ++row) {
      for (std::size_t c = 0; c < out_; ++c) y[row * stride + c] = before_[row * stride + c];
    }
    kernels.product({y.data(), stride, x_.data(), in_ + 3, rows, in_, out_, packed.data(),
                     bias ? bias_.data() : nullptr, accumulate});
    ASSERT_TRUE(y.fences_intact());
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t c = 0; c < out_; ++c) {
        Real expected = expected_[row * out_ + c] + (bias ? bias_[c] : Real(0));
        if (accumulate) expected += before_[row * stride + c];
        ASSERT_EQ(y[row * stride + c], expected)
            << kernels.name << ": " << rows << " rows, " << in_ << " x " << out_ << ", element "
            << row << ", " << c << (bias ? " with bias" : "") << (accumulate ? " added" : "");
      }
      if (row + 1 < rows) {
        ASSERT_TRUE(y.untouched(row * stride + out_) && y.untouched(row * stride + out_ + 1));
      }
    }
  }

 private:
  std::size_t in_;
  std::size_t out_;
  std::vector<Real> x_, kernel_, bias_, before_, expected_;
};

template <class Real>
class PackedProduct : public testing::Test {};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(PackedProduct, Precisions);

// The bits of the plain chain, whatever the kernels, the shape and the rows of the call: so neither
// processor nor split of the rows can show.
TYPED_TEST(PackedProduct, IsTheChainOfEveryElementForEveryWidth) {
  for (std::size_t out = 1; out <= 100; ++out) {
    const ProductCase<TypeParam> shape(1 + (out * 7) % 41, out);
    for (const auto* kernels : all_kernels<TypeParam>()) {
      for (std::size_t rows = 1; rows <= 17; ++rows) {
        shape.check(*kernels, rows, true, rows % 2 == 0);
        if (this->HasFatalFailure()) return;
      }
    }
  }
}

TYPED_TEST(PackedProduct, IsTheChainOfEveryElementForEveryDepth) {
  for (std::size_t in = 1; in <= 100; ++in) {
    for (const std::size_t out : {1, 8, 20, 60}) {
      const ProductCase<TypeParam> shape(in, out);
      for (const auto* kernels : all_kernels<TypeParam>()) {
        for (const std::size_t rows : {3, 17}) {
          for (const bool bias : {false, true}) {
            for (const bool accumulate : {false, true}) {
              shape.check(*kernels, rows, bias, accumulate);
              if (this->HasFatalFailure()) return;
            }
          }
        }
      }
    }
  }
}

TYPED_TEST(PackedProduct, MultipliesByTheTransposedKernel) {
  using Real = TypeParam;
  constexpr std::size_t kRows = 55;
  constexpr std::size_t kIn = 37;
  constexpr std::size_t kOut = 21;
  const auto dy = numbers<Real>(kRows * kOut, 1);
  const auto kernel = numbers<Real>(kIn * kOut, 2);
  cpu::PackedMatrix<Real> packed(kOut, kIn);
  packed.pack_transposed(TensorView<const Real, 2>(kernel.data(), kIn, kOut));
  FencedBuffer<Real> dx(kRows * kIn);
  cpu::product<Real>(TensorView<Real, 2>(dx.data(), kRows, kIn),
                     TensorView<const Real, 2>(dy.data(), kRows, kOut), packed, nullptr);
  EXPECT_TRUE(dx.fences_intact());
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t k = 0; k < kIn; ++k) {
      Real sum = 0;
      for (std::size_t c = 0; c < kOut; ++c) {
        sum = std::fma(dy[row * kOut + c], kernel[k * kOut + c], sum);
      }
      ASSERT_EQ(dx[row * kIn + k], sum) << row << ", " << k;
    }
  }
}

TYPED_TEST(PackedProduct, RefusesShapesThatDoNotFit) {
  using Real = TypeParam;
  std::vector<Real> data(64);
  const auto view = [&](std::size_t rows, std::size_t width) {
    return TensorView<Real, 2>(data.data(), rows, width);
  };
  cpu::PackedMatrix<Real> packed(3, 4);
  EXPECT_THROW(packed.pack(view(4, 3)), std::logic_error);
  EXPECT_THROW(packed.pack_transposed(view(3, 4)), std::logic_error);
  packed.pack(view(3, 4));
  EXPECT_NO_THROW(cpu::product<Real>(view(2, 4), view(2, 3), packed, nullptr));
  EXPECT_THROW(cpu::product<Real>(view(2, 5), view(2, 3), packed, nullptr), std::logic_error);
  EXPECT_THROW(cpu::product<Real>(view(2, 4), view(2, 4), packed, nullptr), std::logic_error);
  EXPECT_THROW(cpu::product<Real>(view(2, 4), view(3, 3), packed, nullptr), std::logic_error);
}

// GELU and its derivative.

long double exact_gate(long double x) {
  const long double y = std::sqrt(2 / std::acos(-1.0L)) * (x + 0.044715L * x * x * x);
  return 1 / (1 + std::exp(-2 * y));
}

long double exact_gelu_derivative(long double x) {
  const long double gate = exact_gate(x);
  const long double slope = std::sqrt(2 / std::acos(-1.0L)) * (1 + 3 * 0.044715L * x * x);
  return gate + 2 * x * gate * (1 - gate) * slope;
}

TYPED_TEST(PackedProduct, GeluIsExactToRounding) {
  using Real = TypeParam;
  const long double epsilon = std::numeric_limits<Real>::epsilon();
  std::vector<Real> x;
  for (int k = -40000; k <= 40000; ++k) x.push_back(static_cast<Real>(k) * Real(0.0005003));
  for (const Real large : {Real(25), Real(300), Real(1e6), Real(1e18)}) {
    x.push_back(large);
    x.push_back(-large);
  }
  for (const auto* kernels : all_kernels<Real>()) {
    std::vector<Real> y(x.size());
    std::vector<Real> dy(x.size(), Real(1));
    kernels->gelu(y.data(), x.data(), x.size());
    kernels->gelu_backward(dy.data(), x.data(), x.size());
    for (std::size_t k = 0; k < x.size(); ++k) {
      // The exponent y carries a relative rounding error, which its exponential multiplies.
      const long double at = x[k];
      const long double exact = at * exact_gate(at);
      const long double exponent = std::abs(1.6L * (at + 0.045L * at * at * at));
      const long double relative = epsilon * (4 + (at < 0 ? 2 * exponent : 0));
      // Below the smallest normal numbers, only that it has gone.
      const long double gone = std::abs(at) * 0x1p-124L;
      ASSERT_LE(std::abs(y[k] - exact), relative * std::abs(exact) + gone)
          << kernels->name << " at " << x[k];
      ASSERT_LE(std::abs(dy[k] - exact_gelu_derivative(at)),
                16 * epsilon + std::abs(at * at) * gone)
          << kernels->name << " at " << x[k];
    }
  }
}

TYPED_TEST(PackedProduct, GeluOfEveryCountIsThatOfOneNumber) {
  using Real = TypeParam;
  const auto x = numbers<Real>(50, 5);
  const auto& first = cpu::product_kernels_avx2<Real>();
  for (const auto* kernels : all_kernels<Real>()) {
    for (std::size_t count = 0; count <= x.size(); ++count) {
      FencedBuffer<Real> y(count);
      FencedBuffer<Real> dy(count);
      for (std::size_t k = 0; k < count; ++k) {
        y[k] = x[k];
        dy[k] = x[k] + Real(2);
      }
      kernels->gelu_backward(dy.data(), y.data(), count);
      kernels->gelu(y.data(), y.data(), count);
      EXPECT_TRUE(y.fences_intact() && dy.fences_intact());
      for (std::size_t k = 0; k < count; ++k) {
        Real one = 0;
        Real one_dy = x[k] + Real(2);
        first.gelu(&one, &x[k], 1);
        first.gelu_backward(&one_dy, &x[k], 1);
        ASSERT_EQ(y[k], one) << kernels->name << ", " << k << " of " << count;
        ASSERT_EQ(dy[k], one_dy) << kernels->name << ", " << k << " of " << count;
      }
    }
  }
}

TYPED_TEST(PackedProduct, GeluOfNoNumberIsNone) {
  using Real = TypeParam;
  for (const auto* kernels : all_kernels<Real>()) {
    std::vector<Real> x(20, std::numeric_limits<Real>::quiet_NaN());
    std::vector<Real> dy(20, Real(1));
    kernels->gelu_backward(dy.data(), x.data(), x.size());
    kernels->gelu(x.data(), x.data(), x.size());
    for (std::size_t k = 0; k < x.size(); ++k) {
      EXPECT_TRUE(std::isnan(x[k])) << kernels->name << ' ' << k;
      EXPECT_TRUE(std::isnan(dy[k])) << kernels->name << ' ' << k;
    }
  }
}

TYPED_TEST(PackedProduct, LayerNormOfEveryWidth) {
  using Real = TypeParam;
  constexpr std::size_t kRows = 3;
  constexpr double kEpsilon = 1e-6;
  for (std::size_t width = 1; width <= 100; ++width) {
    const std::size_t stride = width + 1;
    const auto x = numbers<Real>(kRows * stride, 6);
    const auto scale = numbers<Real>(width, 7);
    const auto bias = numbers<Real>(width, 8);
    std::vector<Real> first;
    for (const auto* kernels : all_kernels<Real>()) {
      FencedBuffer<Real> y(kRows * stride - 1);
      for (std::size_t k = 0; k < y.size(); ++k) y[k] = x[k];
      kernels->layer_norm(
          {y.data(), stride, y.data(), stride, kRows, width, scale.data(), bias.data(), kEpsilon});
      ASSERT_TRUE(y.fences_intact()) << kernels->name << ' ' << width;
      for (std::size_t row = 0; row < kRows; ++row) {
        double mean = 0;
        double variance = 0;
        for (std::size_t c = 0; c < width; ++c) mean += x[row * stride + c];
        mean /= static_cast<double>(width);
        for (std::size_t c = 0; c < width; ++c) variance += std::pow(x[row * stride + c] - mean, 2);
        variance /= static_cast<double>(width);
        for (std::size_t c = 0; c < width; ++c) {
          const double expected =
              (x[row * stride + c] - mean) / std::sqrt(variance + kEpsilon) * scale[c] + bias[c];
          // One over the deviation, which may be small, multiplies the mean's rounding error.
          const double bound =
              20 * std::numeric_limits<Real>::epsilon() * (1 + 1 / std::sqrt(variance + kEpsilon));
          ASSERT_NEAR(y[row * stride + c], expected, bound) << kernels->name << ' ' << width;
        }
        if (row + 1 < kRows) {
          ASSERT_EQ(y[row * stride + width], x[row * stride + width]);
        }
      }
      if (first.empty()) first.assign(y.data(), y.data() + y.size());
      for (std::size_t k = 0; k < y.size(); ++k) ASSERT_EQ(y[k], first[k]) << kernels->name;
    }
  }
}

/// A feed-forward of 101 rows: two blocks and a rest.
template <class Real>
struct FeedForwardCase {
  static constexpr std::size_t kRows = 101;
  static constexpr std::size_t kD = 20;
  static constexpr std::size_t kHidden = 52;
  std::vector<Real> x = numbers<Real>(kRows * kD, 11);
  std::vector<Real> residual = numbers<Real>(kRows * kD, 12);
  std::vector<Real> up_kernel = numbers<Real>(kD * kHidden, 13);
  std::vector<Real> down_kernel = numbers<Real>(kD * kHidden, 14);
  std::vector<Real> up_bias = numbers<Real>(kHidden, 15);
  std::vector<Real> down_bias = numbers<Real>(kD, 16);
  std::vector<Real> scale = numbers<Real>(kD, 17);
  std::vector<Real> norm_bias = numbers<Real>(kD, 18);
  cpu::PackedMatrix<Real> up{kD, kHidden};
  cpu::PackedMatrix<Real> down{kHidden, kD};
  Workspace workspace{sizeof(Real) * cpu::feed_forward_scratch(kD, kHidden)};

  FeedForwardCase() {
    up.pack(TensorView<const Real, 2>(up_kernel.data(), kD, kHidden));
    down.pack(TensorView<const Real, 2>(down_kernel.data(), kHidden, kD));
  }
  cpu::FeedForwardWeights<Real> weights() const {
    return {up, up_bias.data(), down, down_bias.data()};
  }
  cpu::NormParameters<Real> norm() const { return {scale.data(), norm_bias.data()}; }
  static TensorView<Real, 2> rows(Real* data, std::size_t begin, std::size_t count) {
    return TensorView<Real, 2>(data + begin * kD, count, kD);
  }
  double hidden(std::size_t row, std::size_t c) const {
    double sum = up_bias[c];
    for (std::size_t k = 0; k < kD; ++k) {
      sum += static_cast<double>(x[row * kD + k]) * up_kernel[k * kHidden + c];
    }
    return sum;
  }
};

TYPED_TEST(PackedProduct, FeedForwardAgreesWithPlainLoops) {
  using Real = TypeParam;
  using Case = FeedForwardCase<Real>;
  Case c;
  FencedBuffer<Real> stream(c.residual.size());
  std::copy(c.residual.begin(), c.residual.end(), stream.data());
  cpu::feed_forward<Real>(Case::rows(stream.data(), 0, Case::kRows),
                          Case::rows(c.x.data(), 0, Case::kRows), c.weights(), c.workspace);
  EXPECT_TRUE(stream.fences_intact());
  for (std::size_t row = 0; row < Case::kRows; ++row) {
    std::vector<double> activated(Case::kHidden);
    for (std::size_t h = 0; h < Case::kHidden; ++h) {
      const double before = c.hidden(row, h);
      activated[h] = before * static_cast<double>(exact_gate(before));
    }
    for (std::size_t k = 0; k < Case::kD; ++k) {
      double expected = static_cast<double>(c.residual[row * Case::kD + k]) + c.down_bias[k];
      for (std::size_t h = 0; h < Case::kHidden; ++h) {
        expected += activated[h] * c.down_kernel[h * Case::kD + k];
      }
      ASSERT_NEAR(stream[row * Case::kD + k], expected, 400 * std::numeric_limits<Real>::epsilon());
    }
  }
}

TYPED_TEST(PackedProduct, FeedForwardOfARowDependsOnNoOther) {
  using Real = TypeParam;
  using Case = FeedForwardCase<Real>;
  Case c;
  const auto run = [&](std::size_t step) {
    std::vector<Real> stream = c.residual;
    for (std::size_t row = 0; row < Case::kRows; row += step) {
      const std::size_t count = std::min(step, Case::kRows - row);
      cpu::norm_feed_forward<Real>(Case::rows(stream.data(), row, count), c.norm(), c.weights(),
                                   c.workspace);
    }
    return stream;
  };
  const auto whole = run(Case::kRows);
  for (const std::size_t step : {1, 5, 48, 60}) EXPECT_EQ(run(step), whole) << step;
}

TYPED_TEST(PackedProduct, NormsInFrontAreLayerNorms) {
  using Real = TypeParam;
  using Case = FeedForwardCase<Real>;
  Case c;
  std::vector<Real> unit(c.residual.size());
  cpu::product_kernels<Real>().layer_norm({unit.data(), Case::kD, c.residual.data(), Case::kD,
                                           Case::kRows, Case::kD, c.scale.data(),
                                           c.norm_bias.data(), cpu::kNormEpsilon});
  const auto x = Case::rows(unit.data(), 0, Case::kRows);
  std::vector<Real> expected = c.residual;
  cpu::feed_forward<Real>(Case::rows(expected.data(), 0, Case::kRows), x, c.weights(), c.workspace);
  std::vector<Real> stream = c.residual;
  cpu::norm_feed_forward<Real>(Case::rows(stream.data(), 0, Case::kRows), c.norm(), c.weights(),
                               c.workspace);
  EXPECT_EQ(stream, expected);

  std::vector<Real> product(Case::kRows * Case::kHidden);
  std::vector<Real> fused(product.size());
  cpu::product<Real>(TensorView<Real, 2>(product.data(), Case::kRows, Case::kHidden), x, c.up,
                     c.up_bias.data());
  Workspace workspace(sizeof(Real) * cpu::norm_product_scratch(Case::kD));
  cpu::norm_product<Real>(TensorView<Real, 2>(fused.data(), Case::kRows, Case::kHidden),
                          Case::rows(c.residual.data(), 0, Case::kRows), c.norm(), c.up,
                          c.up_bias.data(), workspace);
  EXPECT_EQ(fused, product);
}

TYPED_TEST(PackedProduct, GeluKeepsWhatABackwardPassNeeds) {
  using Real = TypeParam;
  using Case = FeedForwardCase<Real>;
  Case c;
  FencedBuffer<Real> before(Case::kRows * Case::kHidden);
  FencedBuffer<Real> out(before.size());
  cpu::product_gelu<Real>(TensorView<Real, 2>(out.data(), Case::kRows, Case::kHidden),
                          TensorView<Real, 2>(before.data(), Case::kRows, Case::kHidden),
                          Case::rows(c.x.data(), 0, Case::kRows), c.up, c.up_bias.data());
  EXPECT_TRUE(before.fences_intact() && out.fences_intact());
  const double epsilon = std::numeric_limits<Real>::epsilon();
  for (std::size_t row = 0; row < Case::kRows; ++row) {
    for (std::size_t h = 0; h < Case::kHidden; ++h) {
      const Real kept = before[row * Case::kHidden + h];
      ASSERT_NEAR(kept, c.hidden(row, h), 40 * epsilon);
      ASSERT_NEAR(out[row * Case::kHidden + h],
                  static_cast<double>(kept) * static_cast<double>(exact_gate(kept)), 20 * epsilon);
    }
  }
}

}  // namespace
}  // namespace plaquette::test
