#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <random>
#include <vector>

#include "plaquette/base/errors.hpp"
#include "plaquette/vmc/chain_diagnostics.hpp"
#include "plaquette/vmc/estimate.hpp"

namespace plaquette {
namespace {

using Complex = std::complex<double>;

TEST(Estimate, FollowsTheDefinitions) {
  const std::vector<Complex> energies = {{-1, 1}, {-3, -1}, {-2, 0}, {-6, 4}};
  const std::vector<double> weights(4, 0.25);
  const EnergyEstimate result = estimate(energies, weights, 2);
  EXPECT_EQ(result.mean, Complex(-3, 1));
  // |2|² , |−2i|², |1 − i|², |−3 + 3i|²
  EXPECT_DOUBLE_EQ(result.variance, (4.0 + 4.0 + 2.0 + 18.0) / 4);
  EXPECT_DOUBLE_EQ(result.v_score(8), 8 * 7.0 / 9.0);
}

TEST(Estimate, UsesTheWeights) {
  const std::vector<Complex> energies = {{-1, 0}, {-5, 0}};
  const std::vector<double> weights = {0.75, 0.25};
  const EnergyEstimate result = estimate(energies, weights, 0);
  EXPECT_EQ(result.mean, Complex(-2, 0));
  EXPECT_DOUBLE_EQ(result.variance, 3);
  EXPECT_EQ(result.error, 0);
}

TEST(Estimate, ResidualsStackRealAndImaginaryParts) {
  const std::vector<Complex> energies = {{1, 2}, {3, -4}};
  const std::vector<double> weights = {0.25, 0.04};
  const std::vector<double> expected = {2 * 0.5 * 1, 2 * 0.2 * 3, 2 * 0.5 * 1, 2 * 0.2 * -5};
  const std::vector<double> rows = energy_residuals(energies, weights, {0, 1});
  ASSERT_EQ(rows.size(), expected.size());
  for (std::size_t k = 0; k < rows.size(); ++k) EXPECT_NEAR(rows[k], expected[k], 1e-15);
}

TEST(Estimate, AmplitudeWeightsDoNotOverflow) {
  const std::vector<Complex> log_psi = {{5000, 1}, {5000 - std::log(2.0), 2}, {-5000, 3}};
  const std::vector<double> weights = amplitude_weights(log_psi, 2);
  EXPECT_NEAR(weights[0], 0.8, 1e-12);
  EXPECT_NEAR(weights[1], 0.2, 1e-12);
  EXPECT_EQ(weights[2], 0);
  EXPECT_NEAR(amplitude_weights(log_psi, 1)[0], 2.0 / 3.0, 1e-12);
  EXPECT_THROW(amplitude_weights(std::vector<Complex>{{std::nan(""), 0}}, 2), NumericalError);
  EXPECT_THROW(amplitude_weights(std::vector<Complex>{{0, HUGE_VAL}}, 2), NumericalError);
}

/// x(t+1) = ρ x(t) + √(1 − ρ²) noise: ρ(t) = ρᵗ, so tau = (1 + ρ)/(1 − ρ). (rows, chains)
std::vector<double> autoregressive(double rho, std::size_t rows, std::size_t chains,
                                   unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  std::vector<double> x(rows * chains);
  for (std::size_t chain = 0; chain < chains; ++chain) x[chain] = normal(engine);
  for (std::size_t k = chains; k < x.size(); ++k) {
    x[k] = rho * x[k - chains] + std::sqrt(1 - rho * rho) * normal(engine);
  }
  return x;
}

/// 32 chains are told apart by their own scatter: √(Σ(x − mean)²/(n(n − 1))) of their means.
TEST(Estimate, ErrorIsTheScatterOfManyChains) {
  constexpr std::size_t kChains = 32;
  std::vector<Complex> energies;
  double squares = 0;
  for (std::size_t slot = 0; slot < 2; ++slot) {
    for (std::size_t chain = 0; chain < kChains; ++chain) {
      const double of_chain = chain % 2 == 0 ? 1 : -1;
      energies.emplace_back(of_chain + (slot == 0 ? 5 : -5), 0);
      squares += slot * of_chain * of_chain;
    }
  }
  const std::vector<double> weights(energies.size(), 1.0 / 64);
  EXPECT_NEAR(estimate(energies, weights, kChains).error, std::sqrt(squares / (32 * 31)), 1e-14);
}

struct ChainLayout {
  double rho;
  std::size_t chains;
  std::size_t rows;
};

class ErrorOfFewChains : public testing::TestWithParam<ChainLayout> {};

/// Shares of |z| = |mean − 0|/error beyond 1, 2 and 3 over many data sets. The process is
/// stationary with mean 0.
struct Tails {
  double beyond_one;
  double beyond_two;
  double beyond_three;
};
constexpr int kSets = 600;

Tails tails_of(const ChainLayout& layout) {
  int beyond[3] = {};
  for (int set = 0; set < kSets; ++set) {
    const std::vector<double> x = autoregressive(layout.rho, layout.rows, layout.chains,
                                                 static_cast<unsigned>(1000 * layout.chains + set));
    const std::vector<Complex> energies(x.begin(), x.end());
    const std::vector<double> weights(x.size(), 1.0 / static_cast<double>(x.size()));
    const EnergyEstimate found = estimate(energies, weights, layout.chains);
    const double z = std::abs(found.mean.real()) / found.error;
    for (int k = 0; k < 3; ++k) beyond[k] += z > k + 1 ? 1 : 0;
  }
  const auto share = [](int count) { return count / static_cast<double>(kSets); };
  return {share(beyond[0]), share(beyond[1]), share(beyond[2])};
}

/// The normal law has 0.317 beyond 1, 0.046 beyond 2, 0.003 beyond 3; allowed are four standard
/// deviations of the counts, and the tails of a few dozen degrees of freedom.
TEST_P(ErrorOfFewChains, PullsFollowTheNormalLaw) {
  const Tails found = tails_of(GetParam());
  EXPECT_NEAR(found.beyond_one, 0.317, 0.08);
  EXPECT_NEAR(found.beyond_two, 0.046, 0.04);
  EXPECT_LT(found.beyond_three, 0.02);
}

INSTANTIATE_TEST_SUITE_P(Layouts, ErrorOfFewChains,
                         testing::Values(ChainLayout{0, 2, 512}, ChainLayout{0.8, 2, 512},
                                         ChainLayout{0.95, 2, 512}, ChainLayout{0.8, 1, 1024},
                                         ChainLayout{0.9, 8, 128}, ChainLayout{0.5, 16, 16},
                                         ChainLayout{0.9, 1, 4000}));

/// A handful of independent numbers: two thirds are within the error all the same.
TEST(Estimate, ErrorOfAHandfulOfSamplesCoversTwoThirds) {
  for (const ChainLayout layout :
       {ChainLayout{0, 2, 1}, ChainLayout{0, 4, 1}, ChainLayout{0, 2, 4}, ChainLayout{0.9, 2, 4},
        ChainLayout{0.9, 4, 16}, ChainLayout{0.98, 2, 128}}) {
    const Tails found = tails_of(layout);
    EXPECT_LT(found.beyond_one, 0.40) << layout.rho << ' ' << layout.chains << ' ' << layout.rows;
    EXPECT_GT(found.beyond_one, 0.10) << layout.rho << ' ' << layout.chains << ' ' << layout.rows;
  }
}

/// Chains that sit still say no more than one sample each.
TEST(Estimate, ErrorOfChainsThatSitStillIsThatOfTheirNumber) {
  constexpr std::size_t kChains = 8;
  constexpr std::size_t kRows = 128;
  std::vector<Complex> energies;
  for (std::size_t k = 0; k < kRows * kChains; ++k) {
    energies.emplace_back(k % kChains % 2 == 0 ? 1 : -1, 0);
  }
  const std::vector<double> weights(energies.size(), 1.0 / static_cast<double>(energies.size()));
  const double of_eight = 1 / std::sqrt(7.0);
  const double error = estimate(energies, weights, kChains).error;
  EXPECT_GT(error, 0.9 * of_eight);
  EXPECT_LT(error, 2.5 * of_eight);
}

TEST(Estimate, ErrorCoversCorrelatedChains) {
  // The variance of the mean of a chain of S values is tau/S for S ≫ tau.
  constexpr std::size_t kChains = 64;
  constexpr std::size_t kRows = 256;
  const std::vector<double> x = autoregressive(0.8, kRows, kChains, 7);
  const std::vector<Complex> energies(x.begin(), x.end());
  const std::vector<double> weights(x.size(), 1.0 / static_cast<double>(x.size()));
  const double expected = std::sqrt(9.0 / static_cast<double>(x.size()));
  // χ² with 63 degrees of freedom: 9 % per standard deviation.
  EXPECT_NEAR(estimate(energies, weights, kChains).error / expected, 1.0, 0.4);
  // One chain of the same length, in blocks of 128.
  const std::vector<double> y = autoregressive(0.8, kRows * kChains, 1, 8);
  const std::vector<Complex> single(y.begin(), y.end());
  EXPECT_NEAR(estimate(single, weights, 1).error / expected, 1.0, 0.3);
}

class Autocorrelation : public testing::TestWithParam<double> {};

TEST_P(Autocorrelation, IsThatOfTheProcess) {
  const double rho = GetParam();
  const double expected = (1 + rho) / (1 - rho);
  const ChainDiagnostics many = diagnose_chains(autoregressive(rho, 64, 1024, 1), 1024, 1);
  EXPECT_NEAR(many.tau.value() / expected, 1, 0.1);
  const ChainDiagnostics few = diagnose_chains(autoregressive(rho, 4096, 16, 2), 16, 128);
  EXPECT_NEAR(few.tau.value() / expected, 1, 0.15);
  EXPECT_NEAR(few.r_hat.value(), 1, 0.02);
}

INSTANTIATE_TEST_SUITE_P(Processes, Autocorrelation, testing::Values(0.0, 0.3, 0.6, 0.85));

TEST(ChainDiagnostics, IgnoreTheDriftOfTheParameters) {
  std::vector<double> x = autoregressive(0.3, 32, 256, 3);
  for (std::size_t row = 0; row < 32; ++row) {
    const double width = 1.0 / static_cast<double>(1 + row);
    for (std::size_t chain = 0; chain < 256; ++chain) {
      double& value = x[row * 256 + chain];
      value = width * value - 10.0 + 5.0 * width;
    }
  }
  const ChainDiagnostics result = diagnose_chains(x, 256, 1);
  EXPECT_NEAR(result.tau.value(), 1.3 / 0.7, 0.2);
  EXPECT_NEAR(result.r_hat.value(), 1, 0.05);
}

TEST(ChainDiagnostics, SeeChainsThatDisagree) {
  std::vector<double> x = autoregressive(0, 32, 64, 4);
  for (std::size_t k = 0; k < x.size(); ++k) x[k] += (k % 64) < 32 ? 3 : -3;
  EXPECT_GT(diagnose_chains(x, 64, 1).r_hat.value(), 2);
}

TEST(ChainDiagnostics, AreEmptyWhereNothingCanBeSaid) {
  EXPECT_FALSE(diagnose_chains(autoregressive(0, 7, 16, 5), 16, 1).tau);
  EXPECT_TRUE(diagnose_chains(autoregressive(0, 8, 16, 5), 16, 1).tau);
  EXPECT_FALSE(diagnose_chains(std::vector<double>(320, -0.7), 16, 1).tau);
  EXPECT_FALSE(diagnose_chains(std::vector<double>(320, -0.7), 16, 1).r_hat);
  // One chain, one sample a step: each step's mean is its only value.
  EXPECT_FALSE(diagnose_chains(autoregressive(0, 32, 1, 6), 1, 1).r_hat);
  EXPECT_FALSE(diagnose_chains({}, 0, 1).tau);
}

}  // namespace
}  // namespace plaquette
