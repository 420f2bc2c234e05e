#include "plaquette/vmc/jackknife.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace plaquette::test {
namespace {

TEST(BinnedSums, MeansAreWeighted) {
  BinnedSums sums(2, 2);
  sums.add(0, 1.0, std::vector<double>{1, 10});
  sums.add(1, 3.0, std::vector<double>{5, 20});
  EXPECT_EQ(sums.means(), (std::vector<double>{4, 17.5}));
}

TEST(BinnedSums, ErrorOfAPlainMeanIsTheTextbooks) {
  BinnedSums sums(4, 1);
  const std::vector<double> values{1, 2, 4, 9};
  for (std::size_t k = 0; k < 4; ++k) sums.add(k, 1, std::span(values).subspan(k, 1));
  const auto found = sums.estimate([](std::span<const double> means) {
    return std::vector<double>{means[0], means[0] * means[0]};
  });
  EXPECT_NEAR(found[0].mean, 4, 1e-14);
  // √(Σ(x − mean)² / (n (n − 1))) = √(38/12)
  EXPECT_NEAR(found[0].error, std::sqrt(38.0 / 12), 1e-12);
  EXPECT_NEAR(found[1].mean, 16, 1e-12);
}

TEST(BinnedSums, OneBinHasNoError) {
  BinnedSums sums(1, 1);
  sums.add(0, 2, std::vector<double>{3});
  const auto found =
      sums.estimate([](std::span<const double> means) { return std::vector<double>{means[0]}; });
  EXPECT_EQ(found[0].mean, 3);
  EXPECT_EQ(found[0].error, 0);
}

/// A ratio of sums with scattering weights: pulls over many data sets have variance 1.
TEST(BinnedSums, ErrorsOfRatiosAreOneStandardDeviation) {
  constexpr int kSets = 2000;
  std::mt19937_64 random(4);
  std::normal_distribution<double> normal;
  double squares = 0;
  for (int set = 0; set < kSets; ++set) {
    BinnedSums sums(50, 2);
    for (std::size_t bin = 0; bin < 50; ++bin) {
      const double x = 2 + 0.3 * normal(random);
      // E[w y]/E[w x] with w = e^{0.2 g}: the weights depend on neither x nor y.
      sums.add(bin, std::exp(0.2 * normal(random)),
               std::vector<double>{x, 3 * x + 0.5 * normal(random)});
    }
    const Estimate ratio = sums.estimate(
        [](std::span<const double> means) { return std::vector<double>{means[1] / means[0]}; })[0];
    squares += std::pow((ratio.mean - 3) / ratio.error, 2);
  }
  EXPECT_NEAR(squares / kSets, 1, 4 * std::sqrt(2.0 / kSets) + 0.05);
}

}  // namespace
}  // namespace plaquette::test
