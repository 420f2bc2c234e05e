#include "plaquette/vmc/extrapolation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "plaquette/base/errors.hpp"
#include "support/messages.hpp"

namespace plaquette::test {
namespace {

TEST(ZeroVarianceFit, AStraightLineIsFoundExactly) {
  std::vector<EnergyPoint> points;
  for (const double v : {0.1, 0.3, 0.7}) points.push_back({{v, 0.0}, {-2.0 + 0.5 * v, 0.0}});
  const ZeroVarianceFit fit = fit_zero_variance(points);
  EXPECT_NEAR(fit.intercept.mean, -2.0, 1e-14);
  EXPECT_NEAR(fit.slope.mean, 0.5, 1e-14);
  EXPECT_NEAR(fit.intercept.error, 0.0, 1e-12);
  EXPECT_EQ(fit.degrees_of_freedom, 1);
}

TEST(ZeroVarianceFit, TwoPointsCarryTheirErrorsThrough) {
  // E(0) = 2 E1 − E2 for variances 1 and 2.
  const std::vector<EnergyPoint> points{{{1, 0}, {-1.0, 0.01}}, {{2, 0}, {-0.9, 0.02}}};
  const ZeroVarianceFit fit = fit_zero_variance(points);
  EXPECT_NEAR(fit.intercept.mean, -1.1, 1e-12);
  EXPECT_NEAR(fit.intercept.error, std::hypot(2 * 0.01, 0.02), 1e-12);
  EXPECT_EQ(fit.chi_square, 0);
}

TEST(ZeroVarianceFit, ErrorsOfTheVarianceCountThroughTheSlope) {
  const std::vector<EnergyPoint> energies_only{{{1, 0}, {-1.0, 0.01}}, {{2, 0}, {-0.5, 0.01}}};
  const std::vector<EnergyPoint> both{{{1, 0.02}, {-1.0, 0.01}}, {{2, 0.02}, {-0.5, 0.01}}};
  // Slope 0.5: 0.5 · 0.02 = 0.01 beside 0.01 makes √2 times the error.
  EXPECT_NEAR(fit_zero_variance(both).intercept.error,
              std::sqrt(2.0) * fit_zero_variance(energies_only).intercept.error, 1e-12);
}

/// Pulls of many synthetic sets: mean 0 and variance 1, each within 4 of its standard errors.
TEST(ZeroVarianceFit, ErrorsAreOneStandardDeviation) {
  constexpr int kSets = 4000;
  std::mt19937_64 random(8);
  std::normal_distribution<double> normal;
  double sum = 0;
  double squares = 0;
  for (int set = 0; set < kSets; ++set) {
    std::vector<EnergyPoint> points;
    for (const double v : {0.2, 0.4, 0.5, 0.9, 1.3, 1.4, 1.9, 2.0}) {
      const double error = 0.01 * (1 + v);
      points.push_back(
          {{v + 0.01 * normal(random), 0.01}, {-1.0 + 0.3 * v + error * normal(random), error}});
    }
    const Estimate found = fit_zero_variance(points).intercept;
    const double pull = (found.mean + 1.0) / found.error;
    sum += pull;
    squares += pull * pull;
  }
  EXPECT_NEAR(sum / kSets, 0, 4 / std::sqrt(double(kSets)));
  // The error grows where χ² exceeds its mean, so pulls spread a little less than 1.
  EXPECT_GT(squares / kSets, 0.7);
  EXPECT_LT(squares / kSets, 1 + 4 * std::sqrt(2.0 / kSets));
}

TEST(ZeroVarianceFit, RefusesWhatDefinesNoLine) {
  const EnergyPoint point{{1, 0}, {-1, 0.1}};
  EXPECT_TRUE(
      mentions(message_of<InputError>([&] { fit_zero_variance(std::vector<EnergyPoint>{point}); }),
               {"at least 2 runs"}));
  EXPECT_TRUE(mentions(message_of<InputError>([&] {
                         fit_zero_variance(std::vector<EnergyPoint>{point, point});
                       }),
                       {"different variance"}));
}

}  // namespace
}  // namespace plaquette::test
