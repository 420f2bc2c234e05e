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
  constexpr std::size_t kBins = 40;
  BinnedSums sums(kBins, 1);
  double squares = 0;
  for (std::size_t k = 0; k < kBins; ++k) {
    const std::vector<double> value{static_cast<double>(k * k % 17)};
    sums.add(k, 1, value);
  }
  const double mean = sums.means()[0];
  for (std::size_t k = 0; k < kBins; ++k) {
    squares += std::pow(static_cast<double>(k * k % 17) - mean, 2);
  }
  const auto found = sums.estimate(kBins, [](std::span<const double> means) {
    return std::vector<double>{means[0], means[0] * means[0]};
  });
  EXPECT_NEAR(found[0].mean, mean, 1e-14);
  EXPECT_NEAR(found[0].error, std::sqrt(squares / (kBins * (kBins - 1))), 1e-12);
  EXPECT_NEAR(found[1].mean, mean * mean, 1e-12);
}

/// Blocks of a chain that differ by a common part of each chain: they are no independent bins.
TEST(BinnedSums, BlocksOfOneChainMayBeCorrelated) {
  constexpr std::size_t kChains = 4;
  constexpr std::size_t kBlocks = 32;
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  BinnedSums sums(kChains * kBlocks, 1);
  std::vector<double> mean(kChains);
  for (double& value : mean) value = normal(random);
  for (std::size_t bin = 0; bin < kChains * kBlocks; ++bin) {
    sums.add(bin, 1, std::vector<double>{mean[bin % kChains] + 0.1 * normal(random)});
  }
  double squares = 0;
  for (const double value : mean) squares += std::pow(value - sums.means()[0], 2);
  const double of_four = std::sqrt(squares / (kChains * (kChains - 1)));
  const double error =
      sums.estimate(kChains,
                    [](std::span<const double> means) { return std::vector<double>{means[0]}; })[0]
          .error;
  EXPECT_GT(error, 0.7 * of_four);
  EXPECT_LT(error, 2.5 * of_four);
}

TEST(BinnedSums, OneBinHasNoError) {
  BinnedSums sums(1, 1);
  sums.add(0, 2, std::vector<double>{3});
  const auto found =
      sums.estimate(1, [](std::span<const double> means) { return std::vector<double>{means[0]}; });
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
    const Estimate ratio = sums.estimate(50, [](std::span<const double> means) {
      return std::vector<double>{means[1] / means[0]};
    })[0];
    squares += std::pow((ratio.mean - 3) / ratio.error, 2);
  }
  EXPECT_NEAR(squares / kSets, 1, 4 * std::sqrt(2.0 / kSets) + 0.05);
}

}  // namespace
}  // namespace plaquette::test
