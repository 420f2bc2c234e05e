#include "kernels/head.h"

#include <complex>

#include "simt/simt_test.hpp"

/// Pooling, log ψ and the cotangents that start the backward pass.

namespace plaquette::test {
namespace {

template <class Real>
class Head : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(Head, Reals);

TYPED_TEST(Head, PoolsAndBroadcasts) {
  using Real = TypeParam;
  for (const Size& size : kSizes) {
    const std::size_t n = size.n(), d = size.d;
    const auto x = random_numbers<Real>(size.batch * n * d, 1);
    const auto pooled = random_numbers<Real>(size.batch * d, 2);
    over_thread_orders([&] {
      FencedBuffer<Real> sum(size.batch * d), spread(size.batch * n * d);
      cuda::pool_tokens<Real>(TensorView<Real, 2>(sum.data(), size.batch, d),
                              const_view(x, size.batch, n, d), nullptr);
      cuda::broadcast_to_tokens<Real>(TensorView<Real, 3>(spread.data(), size.batch, n, d),
                                      const_view(pooled, size.batch, d), nullptr);
      for (std::size_t k = 0; k < sum.size(); ++k) {
        ReferenceSum expected;
        for (std::size_t i = 0; i < n; ++i) {
          expected.add(static_cast<double>(x[(k / d * n + i) * d + k % d]));
        }
        expect_sum<Real>(sum[k], expected, k);
      }
      for (std::size_t k = 0; k < spread.size(); ++k) {
        ASSERT_EQ(spread[k], pooled[k / (n * d) * d + k % d]);
      }
      EXPECT_TRUE(sum.fences_intact() && spread.fences_intact());
    });
  }
}

TYPED_TEST(Head, LogCoshSumAndItsCotangents) {
  using Real = TypeParam;
  for (const std::size_t d : {8, 20, 60}) {
    const std::size_t batch = 7, size = batch * d;
    auto u = random_numbers<Real>(size, 1);
    auto v = random_numbers<Real>(size, 2);
    for (Real& value : u) value *= 3;
    for (Real& value : v) value *= 3;
    u[0] = 500;  // beyond the range of cosh in float
    over_thread_orders([&] {
      FencedBuffer<ComplexPair<double>> log_psi(batch);
      FencedBuffer<Real> du(2 * size), dv(2 * size);
      const auto in_u = const_view(u, batch, d), in_v = const_view(v, batch, d);
      cuda::log_cosh_sum<Real>(log_psi.data(), in_u, in_v, nullptr);
      cuda::head_cotangents<Real>(TensorView<Real, 2>(du.data(), 2 * batch, d),
                                  TensorView<Real, 2>(dv.data(), 2 * batch, d), in_u, in_v,
                                  nullptr);
      for (std::size_t s = 0; s < batch; ++s) {
        std::complex<long double> sum = 0;
        double magnitude = 0, most = 1;
        for (std::size_t k = s * d; k < (s + 1) * d; ++k) {
          const std::complex<long double> z(static_cast<long double>(u[k]),
                                            static_cast<long double>(v[k]));
          sum += std::log(std::cosh(z));
          magnitude += static_cast<double>(std::abs(z)) + 1;
          const std::complex<long double> t = std::tanh(z);
          // Where cosh is small, tanh is large and magnifies the roundings of its argument.
          const double bound = 32 * kEpsilon<Real> * (1 + static_cast<double>(std::norm(t)));
          most = std::max(most, static_cast<double>(std::abs(t)));
          ASSERT_NEAR(du[k], static_cast<double>(t.real()), bound);
          ASSERT_NEAR(dv[k], -static_cast<double>(t.imag()), bound);
          ASSERT_NEAR(du[size + k], static_cast<double>(t.imag()), bound);
          ASSERT_NEAR(dv[size + k], static_cast<double>(t.real()), bound);
        }
        const double bound = 8 * kEpsilon<Real> * magnitude * most;
        ASSERT_NEAR(log_psi[s].re, static_cast<double>(sum.real()), bound);
        const double turns = (log_psi[s].im - static_cast<double>(sum.imag())) / (2 * M_PI);
        ASSERT_NEAR(turns, std::round(turns), bound);
      }
      EXPECT_TRUE(log_psi.fences_intact() && du.fences_intact() && dv.fences_intact());
    });
  }
}

}  // namespace
}  // namespace plaquette::test
