#include "kernels/gram_matrix.h"
#include "kernels/jacobian_columns.h"
#include "kernels/weight_gradient.h"
#include "simt/simt_test.hpp"

/// Per-sample weight gradients, and what turns them into the Jacobian and the Gram matrix.

namespace plaquette::test {
namespace {

struct DenseCase {
  std::size_t batch, tokens, in, out;
};

template <class Real>
void check_dense_gradient(const DenseCase& c) {
  const auto x = random_numbers<Real>(c.batch * c.tokens * c.in, 1);
  const auto dy = random_numbers<Real>(2 * c.batch * c.tokens * c.out, 2);
  const std::size_t offset = 7, size = c.in * c.out;
  for (const auto& [begin, end] : cuts(offset, size + c.out)) {
    over_thread_orders([&, begin = begin, end = end] {
      GradientRows<Real> rows(c.batch, begin, end);
      cuda::dense_gradient<Real, Real>(rows.block, {offset, offset + size},
                                       const_view(x, c.batch, c.tokens, c.in),
                                       const_view(dy, 2 * c.batch, c.tokens, c.out), nullptr);
      rows.expect(offset, size + c.out, [&](std::size_t part, std::size_t s, std::size_t k) {
        ReferenceSum sum;
        for (std::size_t t = 0; t < c.tokens; ++t) {
          const std::size_t row = (part * c.batch + s) * c.tokens + t;
          const double g = dy[row * c.out + k % c.out];
          const std::size_t input = (s * c.tokens + t) * c.in + k / c.out;
          sum.add(k < size ? static_cast<double>(x[input]) * g : g);
        }
        return sum;
      });
      rows.template verify<Real>();
    });
  }
}

TEST(DenseGradient, SumsOverTheTokensOfEverySample) {
  for (const DenseCase& c :
       {DenseCase{1, 1, 8, 8}, DenseCase{3, 4, 20, 80}, DenseCase{1, 9, 60, 60},
        DenseCase{2, 25, 4, 20}, DenseCase{1, 25, 80, 33}}) {
    SCOPED_TRACE(testing::Message() << c.tokens << " tokens, " << c.in << " to " << c.out);
    check_dense_gradient<float>(c);
    check_dense_gradient<double>(c);
  }
}

template <class Real>
void check_jacobian(std::size_t samples, std::size_t columns, bool scaled) {
  const std::size_t stride = columns + 3;
  const std::size_t first = columns / 3;
  const std::size_t slice = (columns + 2) / 3;
  const auto entries = random_numbers<Real>(2 * samples * stride, 1);
  auto weights = random_numbers<double>(samples, 2);
  double total = 0;
  for (double& w : weights) total += w = std::abs(w) + 0.1;
  for (double& w : weights) w /= total;
  const auto scale = random_numbers<double>(columns, 3);
  over_thread_orders([&] {
    FencedBuffer<double> mean(2 * columns), out(2 * samples * slice), rows(2 * samples);
    const JacobianEntries<Real> all{entries.data(), stride, samples, columns};
    // Slices of samples, the later ones added to the first, come to the same sums.
    const std::size_t cut = (samples + 1) / 2;
    JacobianEntries<Real> piece{entries.data(), stride, cut, columns, samples};
    cuda::column_sums<Real>(mean.data(), columns, piece, weights.data(), 0, Accumulate::no,
                            nullptr);
    piece.data += cut * stride;
    piece.samples = samples - cut;
    cuda::column_sums<Real>(mean.data(), columns, piece, weights.data() + cut, 0, Accumulate::yes,
                            nullptr);
    cuda::centre_columns<Real>(TensorView<double, 2>(out.data(), 2 * samples, slice),
                               {entries.data() + first, stride, samples, slice},
                               mean.data() + first, columns, weights.data(),
                               scaled ? scale.data() + first : nullptr, nullptr);
    cuda::row_products<Real>(rows.data(), samples, all, scale.data(), 16, Accumulate::no, nullptr);
    for (std::size_t row = 0; row < 2 * samples; ++row) {
      ReferenceSum sum;
      for (std::size_t c = 0; c < columns; ++c) {
        sum.add(static_cast<double>(entries[row * stride + c]) * scale[c]);
      }
      expect_sum<double>(rows[row], sum, row);
    }
    for (std::size_t part = 0; part < 2; ++part) {
      for (std::size_t c = 0; c < columns; ++c) {
        const auto entry = [&](std::size_t k) {
          return static_cast<double>(entries[(part * samples + k) * stride + c]);
        };
        ReferenceSum sum;
        for (std::size_t k = 0; k < samples; ++k) sum.add(weights[k] * entry(k));
        expect_sum<double>(mean[part * columns + c], sum, c);
        if (c < first || c >= first + slice) continue;
        for (std::size_t k = 0; k < samples; ++k) {
          const double expected =
              std::sqrt(weights[k]) * (entry(k) - sum.value) * (scaled ? scale[c] : 1.0);
          ASSERT_NEAR(out[(part * samples + k) * slice + c - first], expected,
                      4 * (static_cast<double>(samples) + 4) * kEpsilon<double>);
        }
      }
    }
    EXPECT_TRUE(mean.fences_intact() && out.fences_intact() && rows.fences_intact());
  });
}

TEST(JacobianColumns, AreCentredAndScaled) {
  for (const std::size_t samples : {1, 7, 40}) {
    for (const std::size_t columns : {1, 31, 70}) {
      for (const bool scaled : {true, false}) {
        check_jacobian<float>(samples, columns, scaled);
        check_jacobian<double>(samples, columns, scaled);
      }
    }
  }
}

TEST(GramMatrix, IsMirroredAndShifted) {
  for (const std::size_t n : {1, 7, 32, 70}) {
    const auto matrix = random_numbers<double>(n * n, 1);
    over_thread_orders([&] {
      FencedBuffer<double> factor(n * n), diagonal(n);
      std::copy(matrix.begin(), matrix.end(), factor.data());
      const TensorView<double, 2> view(factor.data(), n, n);
      cuda::copy_diagonal(diagonal.data(), const_view(matrix, n, n), nullptr);
      cuda::mirror_lower_triangle(view, nullptr);
      cuda::set_shifted_diagonal(view, diagonal.data(), 0.25, nullptr);
      for (std::size_t i = 0; i < n; ++i) {
        ASSERT_EQ(diagonal[i], matrix[i * n + i]);
        ASSERT_EQ(factor[i * n + i], matrix[i * n + i] + 0.25);
        for (std::size_t j = 0; j < i; ++j) {
          ASSERT_EQ(factor[i * n + j], matrix[i * n + j]);
          ASSERT_EQ(factor[j * n + i], matrix[i * n + j]);
        }
      }
      EXPECT_TRUE(factor.fences_intact() && diagonal.fences_intact());
    });
  }
}

}  // namespace
}  // namespace plaquette::test
