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
  // Chains 0, 1 have the means −1.5 and −4.5.
  EXPECT_DOUBLE_EQ(result.error, 1.5);
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
