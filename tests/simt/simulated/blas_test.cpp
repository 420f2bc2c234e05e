#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "cuda/blas.hpp"

/// What the simulated device makes of products: with TF32, factors of ten bits of mantissa.

namespace plaquette::test {
namespace {

/// The nearest number whose significand has eleven bits, ties away from zero.
double eleven_bits(double value) {
  int exponent = 0;
  const double significand = std::frexp(value, &exponent);
  return std::ldexp(std::round(std::ldexp(significand, 11)), exponent - 11);
}

/// a·b with (3, 40) and (40, 5), by the device and in double from factors that `round` changes.
template <class Real, class Round>
double largest_error(cuda::FloatProducts products, const Round& round) {
  constexpr std::size_t kRows = 3, kInner = 40, kColumns = 5;
  std::mt19937_64 random(1);
  std::normal_distribution<Real> normal;
  std::vector<Real> a(kRows * kInner), b(kInner * kColumns), c(kRows * kColumns);
  for (Real& value : a) value = normal(random);
  for (Real& value : b) value = normal(random);
  const cuda::Stream stream;
  const cuda::Blas blas(stream, products);
  blas.product<Real>(c.data(), kColumns, {a.data(), kInner}, {b.data(), kColumns},
                     {kRows, kInner, kColumns}, 0);
  double largest = 0;
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t j = 0; j < kColumns; ++j) {
      double sum = 0;
      double magnitude = 0;
      for (std::size_t k = 0; k < kInner; ++k) {
        const double term = round(double(a[i * kInner + k])) * round(double(b[k * kColumns + j]));
        sum += term;
        magnitude += std::abs(term);
      }
      largest = std::max(largest, std::abs(double(c[i * kColumns + j]) - sum) / magnitude);
    }
  }
  return largest;
}

double unchanged(double value) { return value; }

/// Sums of 40 terms in FP32: 41 roundings of 2⁻²⁴ at most.
TEST(SimulatedBlas, cuda_RoundsFactorsToTf32) {
  EXPECT_LT(largest_error<float>(cuda::FloatProducts::tf32, eleven_bits), 41 * 0x1p-24);
  EXPECT_GT(largest_error<float>(cuda::FloatProducts::tf32, unchanged), 0x1p-16);
  EXPECT_LT(largest_error<float>(cuda::FloatProducts::exact, unchanged), 41 * 0x1p-24);
  EXPECT_LT(largest_error<double>(cuda::FloatProducts::tf32, unchanged), 41 * 0x1p-53);
}

}  // namespace
}  // namespace plaquette::test
