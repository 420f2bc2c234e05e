#include "kernels/bias.h"
#include "kernels/gelu.h"
#include "kernels/layer_norm.h"
#include "kernels/patch_embedding.h"
#include "plaquette/physics/configuration.hpp"
#include "simt/simt_test.hpp"

/// Kernels that work on rows: embedding, LayerNorm, GELU, bias and residual.

namespace plaquette::test {
namespace {

template <class Real>
class Rows : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(Rows, Reals);

TYPED_TEST(Rows, PatchEmbedding) {
  using Real = TypeParam;
  struct Case {
    int batch, rows, columns, patch_rows, patch_columns, d;
  };
  for (const Case& c : {Case{1, 1, 1, 2, 2, 8}, Case{3, 2, 2, 2, 2, 20}, Case{7, 5, 5, 2, 2, 60},
                        Case{2, 1, 3, 1, 1, 33}, Case{2, 2, 1, 6, 6, 8}}) {
    SCOPED_TRACE(testing::Message() << "d " << c.d << ", patch " << c.patch_rows);
    const NetworkShape shape{.patch_rows = c.patch_rows,
                             .patch_columns = c.patch_columns,
                             .token_rows = c.rows,
                             .token_columns = c.columns};
    const auto n = static_cast<std::size_t>(shape.tokens());
    const auto sites = static_cast<std::size_t>(shape.patch_sites());
    const auto batch = static_cast<std::size_t>(c.batch);
    const auto d = static_cast<std::size_t>(c.d);
    const std::size_t words = static_cast<std::size_t>(words_for(static_cast<int>(n * sites)));
    std::vector<std::int32_t> patch_sites;
    for (std::size_t k = 0; k < n * sites; ++k) {
      patch_sites.push_back(
          patch_site(shape, static_cast<int>(k / sites), static_cast<int>(k % sites)));
    }
    std::vector<std::uint64_t> states(batch * words);
    std::mt19937_64 random(3);
    for (auto& word : states) word = random();
    const auto kernel = random_numbers<Real>(sites * d, 4);
    const auto bias = random_numbers<Real>(d, 5);
    over_thread_orders([&] {
      FencedBuffer<Real> out(batch * n * d);
      FencedBuffer<Real> patches(batch * n * sites);
      cuda::patch_embedding<Real>(TensorView<Real, 3>(out.data(), batch, n, d), patches.data(),
                                  const_view(states, batch, words),
                                  const_view(patch_sites, n, sites), const_view(kernel, sites, d),
                                  bias.data(), nullptr);
      for (std::size_t row = 0; row < batch * n; ++row) {
        std::vector<int> spins;
        for (std::size_t k = 0; k < sites; ++k) {
          const auto site = static_cast<std::size_t>(patch_sites[row % n * sites + k]);
          const std::uint64_t word = states[row / n * words + site / 64];
          spins.push_back((word >> (site % 64) & 1) != 0 ? 1 : -1);
          ASSERT_EQ(patches[row * sites + k], static_cast<Real>(spins.back()));
        }
        for (std::size_t channel = 0; channel < d; ++channel) {
          ReferenceSum sum;
          sum.add(bias[channel]);
          for (std::size_t k = 0; k < sites; ++k) {
            sum.add(spins[k] * static_cast<double>(kernel[k * d + channel]));
          }
          expect_sum<Real>(out[row * d + channel], sum, row * d + channel);
        }
      }
      EXPECT_TRUE(out.fences_intact() && patches.fences_intact());
    });
  }
}

/// LayerNorm of one row, in double.
struct NormReference {
  std::vector<double> unit;
  double inverse_std;

  template <class Real>
  NormReference(const Real* x, std::size_t d) {
    double mean = 0;
    for (std::size_t c = 0; c < d; ++c) mean += static_cast<double>(x[c]);
    mean /= static_cast<double>(d);
    double variance = 0;
    for (std::size_t c = 0; c < d; ++c) variance += std::pow(static_cast<double>(x[c]) - mean, 2);
    inverse_std = 1 / std::sqrt(variance / static_cast<double>(d) + 1e-6);
    for (std::size_t c = 0; c < d; ++c) {
      unit.push_back((static_cast<double>(x[c]) - mean) * inverse_std);
    }
  }
};

TYPED_TEST(Rows, LayerNorm) {
  using Real = TypeParam;
  for (const std::size_t d : {1, 8, 20, 60, 72}) {
    for (const std::size_t rows : {1, 7, 25}) {
      SCOPED_TRACE(testing::Message() << rows << " rows of " << d);
      const auto x = random_numbers<Real>(rows * d, 1);
      const auto scale = random_numbers<Real>(d, 2);
      const auto bias = random_numbers<Real>(d, 3);
      // Mean and variance are sums of d terms; x is below 1 and its deviation is not small.
      const double relative = 2 * static_cast<double>(d + 8) * kEpsilon<Real>;
      over_thread_orders([&] {
        FencedBuffer<Real> out(rows * d), in_place(rows * d), unit(rows * d), inverse(rows);
        std::copy(x.begin(), x.end(), in_place.data());
        const TensorView<Real, 2> in_place_view(in_place.data(), rows, d);
        cuda::layer_norm<Real>(TensorView<Real, 2>(out.data(), rows, d), const_view(x, rows, d),
                               scale.data(), bias.data(), unit.data(), inverse.data(), nullptr);
        cuda::layer_norm<Real>(in_place_view, in_place_view, scale.data(), bias.data(), nullptr,
                               nullptr, nullptr);
        for (std::size_t row = 0; row < rows; ++row) {
          const NormReference norm(x.data() + row * d, d);
          ASSERT_NEAR(inverse[row], norm.inverse_std, relative * norm.inverse_std);
          for (std::size_t c = 0; c < d; ++c) {
            const double bound = relative * (1 + norm.inverse_std);
            const double expected =
                norm.unit[c] * static_cast<double>(scale[c]) + static_cast<double>(bias[c]);
            ASSERT_NEAR(unit[row * d + c], norm.unit[c], bound);
            ASSERT_NEAR(out[row * d + c], expected, bound);
            ASSERT_EQ(out[row * d + c], in_place[row * d + c]);
          }
        }
        EXPECT_TRUE(out.fences_intact() && in_place.fences_intact() && unit.fences_intact() &&
                    inverse.fences_intact());
      });
    }
  }
}

TYPED_TEST(Rows, LayerNormBackward) {
  using Real = TypeParam;
  for (const std::size_t d : {8, 20, 60}) {
    const std::size_t rows = 7;
    const auto dy = random_numbers<Real>(2 * rows * d, 1);
    const auto unit = random_numbers<Real>(rows * d, 2);
    const auto inverse = random_numbers<Real>(rows, 3);
    const auto scale = random_numbers<Real>(d, 4);
    const auto before = random_numbers<Real>(2 * rows * d, 5);
    over_thread_orders([&] {
      FencedBuffer<Real> plain(2 * rows * d), added(2 * rows * d);
      std::copy(before.begin(), before.end(), added.data());
      const auto run = [&](FencedBuffer<Real>& dx, Accumulate accumulate) {
        cuda::layer_norm_backward<Real>(TensorView<Real, 2>(dx.data(), 2 * rows, d),
                                        const_view(dy, 2 * rows, d), const_view(unit, rows, d),
                                        inverse.data(), scale.data(), accumulate, nullptr);
      };
      run(plain, Accumulate::no);
      run(added, Accumulate::yes);
      for (std::size_t row = 0; row < 2 * rows; ++row) {
        double mean = 0, slope = 0;
        for (std::size_t c = 0; c < d; ++c) {
          const double g = static_cast<double>(dy[row * d + c]) * static_cast<double>(scale[c]);
          mean += g / static_cast<double>(d);
          slope += g * static_cast<double>(unit[row % rows * d + c]) / static_cast<double>(d);
        }
        for (std::size_t c = 0; c < d; ++c) {
          const std::size_t k = row * d + c;
          const double expected = (static_cast<double>(dy[k]) * static_cast<double>(scale[c]) -
                                   mean - static_cast<double>(unit[row % rows * d + c]) * slope) *
                                  static_cast<double>(inverse[row % rows]);
          // Sums of d terms below 1, scaled by less than 1.
          const double bound = 2 * static_cast<double>(d + 8) * kEpsilon<Real>;
          ASSERT_NEAR(plain[k], expected, bound);
          ASSERT_NEAR(added[k], expected + static_cast<double>(before[k]), bound);
        }
      }
      EXPECT_TRUE(plain.fences_intact() && added.fences_intact());
    });
  }
}

template <class Real>
void check_norm_gradient() {
  for (const Size& size : kSizes) {
    const auto dy = random_numbers<Real>(2 * size.batch * size.n() * size.d, 1);
    const auto unit = random_numbers<Real>(size.batch * size.n() * size.d, 2);
    const std::size_t scale_offset = 11;
    const std::size_t bias_offset = scale_offset + size.d;
    const auto at = [&](std::size_t index, std::size_t t, std::size_t c) {
      return (index * size.n() + t) * size.d + c;
    };
    for (const auto& [begin, end] : cuts(scale_offset, 2 * size.d)) {
      over_thread_orders([&, begin = begin, end = end] {
        GradientRows<Real> rows(size.batch, begin, end);
        cuda::norm_gradient<Real, Real>(rows.block, scale_offset, bias_offset,
                                        const_view(unit, size.batch, size.n(), size.d),
                                        const_view(dy, 2 * size.batch, size.n(), size.d), nullptr);
        rows.expect(scale_offset, 2 * size.d, [&](std::size_t part, std::size_t s, std::size_t k) {
          ReferenceSum sum;
          for (std::size_t t = 0; t < size.n(); ++t) {
            const double g = dy[at(part * size.batch + s, t, k % size.d)];
            sum.add(k < size.d ? g * static_cast<double>(unit[at(s, t, k)]) : g);
          }
          return sum;
        });
        rows.template verify<Real>();
      });
    }
  }
}

TEST(NormGradient, SumsOverTheTokensOfEverySample) {
  check_norm_gradient<float>();
  check_norm_gradient<double>();
}

/// GELU in its tanh form, and its derivative.
double gelu_reference(double x) {
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}
double gelu_slope_reference(double x) {
  const double t = std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x));
  const double dy = std::sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x);
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * dy;
}

TYPED_TEST(Rows, Gelu) {
  using Real = TypeParam;
  for (const std::size_t width : {8, 60, 240}) {
    const std::size_t rows = 7;
    auto x = random_numbers<Real>(rows * width, 1);
    for (Real& value : x) value *= 5;
    const auto bias = random_numbers<Real>(width, 2);
    const auto dy = random_numbers<Real>(2 * rows * width, 3);
    // A few roundings of numbers below 6, amplified by the slope of the exponential's argument.
    const double bound = 64 * kEpsilon<Real>;
    over_thread_orders([&] {
      FencedBuffer<Real> out(rows * width), biased(rows * width), in_place(rows * width);
      FencedBuffer<Real> gradient(2 * rows * width);
      std::copy(x.begin(), x.end(), in_place.data());
      std::copy(dy.begin(), dy.end(), gradient.data());
      const TensorView<Real, 2> in_place_view(in_place.data(), rows, width);
      cuda::bias_gelu<Real>(TensorView<Real, 2>(out.data(), rows, width),
                            const_view(x, rows, width), bias.data(), biased.data(), nullptr);
      cuda::bias_gelu<Real>(in_place_view, in_place_view, bias.data(), nullptr, nullptr);
      cuda::gelu_backward<Real>(TensorView<Real, 2>(gradient.data(), 2 * rows, width),
                                const_view(x, rows, width), nullptr);
      for (std::size_t k = 0; k < rows * width; ++k) {
        const double sum = static_cast<double>(x[k]) + static_cast<double>(bias[k % width]);
        ASSERT_NEAR(biased[k], sum, 8 * kEpsilon<Real>);
        ASSERT_NEAR(out[k], gelu_reference(sum), bound);
        ASSERT_EQ(out[k], in_place[k]);
        for (const std::size_t part : {0, 1}) {
          const std::size_t q = part * rows * width + k;
          ASSERT_NEAR(gradient[q],
                      static_cast<double>(dy[q]) * gelu_slope_reference(static_cast<double>(x[k])),
                      bound);
        }
      }
      EXPECT_TRUE(out.fences_intact() && biased.fences_intact() && in_place.fences_intact() &&
                  gradient.fences_intact());
    });
  }
}

TYPED_TEST(Rows, BiasAndResidual) {
  using Real = TypeParam;
  const std::size_t rows = 9, width = 60;
  const auto x = random_numbers<Real>(rows * width, 1);
  const auto y = random_numbers<Real>(rows * width, 2);
  const auto bias = random_numbers<Real>(width, 3);
  over_thread_orders([&] {
    FencedBuffer<Real> broadcast(rows * width), biased(rows * width), residual(rows * width);
    std::copy(x.begin(), x.end(), biased.data());
    std::copy(x.begin(), x.end(), residual.data());
    cuda::broadcast_bias<Real>(TensorView<Real, 2>(broadcast.data(), rows, width), bias.data(),
                               nullptr);
    cuda::add_bias<Real>(TensorView<Real, 2>(biased.data(), rows, width), bias.data(), nullptr);
    cuda::add_residual<Real>(TensorView<Real, 2>(residual.data(), rows, width),
                             const_view(y, rows, width), nullptr);
    for (std::size_t k = 0; k < rows * width; ++k) {
      ASSERT_EQ(broadcast[k], bias[k % width]);
      ASSERT_EQ(biased[k], x[k] + bias[k % width]);
      ASSERT_EQ(residual[k], x[k] + y[k]);
    }
    EXPECT_TRUE(broadcast.fences_intact() && biased.fences_intact() && residual.fences_intact());
  });
}

}  // namespace
}  // namespace plaquette::test
