#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "plaquette/base/errors.hpp"
#include "plaquette/vmc/stochastic_reconfiguration.hpp"
#include "support/dense_backend.hpp"
#include "support/dense_updates.hpp"

namespace plaquette {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using testing_support::DenseBackend;
using testing_support::march_update;
using testing_support::spring_update;
using testing_support::sr_update;

constexpr double kShift = 1e-2;
constexpr double kMu = 0.9;
constexpr double kBeta = 0.99;

std::vector<double> to_std(const VectorXd& v) { return {v.data(), v.data() + v.size()}; }
VectorXd to_eigen(const std::vector<double>& v) {
  return Eigen::Map<const VectorXd>(v.data(), static_cast<Eigen::Index>(v.size()));
}

struct Case {
  int samples;
  int parameters;
  GramForm form;
};

class Reconfiguration : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    std::srand(3);  // Eigen draws from it
    const auto [samples, parameters, form] = GetParam();
    backend.log_derivatives = Eigen::MatrixXcd::Random(samples, parameters);
    backend.form = form;
    VectorXd w = VectorXd::Random(samples).cwiseAbs();
    w /= w.sum();
    weights = to_std(w);
    epsilon = VectorXd::Random(2 * samples);
    before = VectorXd::Random(parameters);
    moment = VectorXd::Random(parameters).cwiseAbs2();
    zero = VectorXd::Zero(parameters);
    backend.accumulate_gram(weights, {}, 0, clock);
    O = backend.jacobian;
  }
  Direction direction(Optimizer optimizer, const VectorXd& previous, const VectorXd& v,
                      double shift = kShift) {
    Job job;
    job.optimizer = optimizer;
    job.momentum = kMu;
    job.march_decay = kBeta;
    const StochasticReconfiguration sr(job, GetParam().form, backend.log_derivatives.cols());
    return sr.direction(backend, weights, to_std(epsilon), shift, {to_std(previous), to_std(v)},
                        clock);
  }
  void expect_equal(const std::vector<double>& actual, const VectorXd& expected) {
    EXPECT_LT((to_eigen(actual) - expected).norm(), 1e-9 * (1 + expected.norm()));
  }

  DenseBackend backend;
  PhaseClock clock;
  std::vector<double> weights;
  VectorXd epsilon, before, moment, zero;
  MatrixXd O;
};

TEST_P(Reconfiguration, SrFollowsItsFormula) {
  const Direction result = direction(Optimizer::sr, before, moment);
  expect_equal(result.delta, sr_update(O, epsilon, kShift));
  EXPECT_EQ(result.diag_shift, kShift);
  EXPECT_TRUE(result.second_moment.empty());
}

TEST_P(Reconfiguration, SpringFollowsItsFormula) {
  expect_equal(direction(Optimizer::spring, before, zero).delta,
               spring_update(O, epsilon, kShift, kMu, before));
  expect_equal(direction(Optimizer::spring, zero, zero).delta,
               spring_update(O, epsilon, kShift, kMu, zero));
}

TEST_P(Reconfiguration, MarchFollowsItsFormula) {
  const Direction result = direction(Optimizer::march, before, moment);
  const VectorXd expected = march_update(O, epsilon, kShift, kMu, before, moment);
  expect_equal(result.delta, expected);
  expect_equal(result.second_moment, kBeta * moment + (expected - before).cwiseAbs2());
}

TEST_P(Reconfiguration, MarchStartsAsSr) {
  const Direction first = direction(Optimizer::march, zero, zero);
  expect_equal(first.delta, spring_update(O, epsilon, kShift, kMu, zero));
  expect_equal(first.second_moment, to_eigen(first.delta).cwiseAbs2());
}

TEST_P(Reconfiguration, RaisesTheShiftUntilTheMatrixIsPositive) {
  backend.smallest_shift = 0.5;
  const Direction result = direction(Optimizer::sr, zero, zero, 1e-3);
  EXPECT_EQ(result.diag_shift_raises, 3);
  EXPECT_NEAR(result.diag_shift, 1, 1e-12);
  expect_equal(result.delta, spring_update(O, epsilon, 1, kMu, zero));
  const Direction from_zero = direction(Optimizer::sr, zero, zero, 0);
  EXPECT_EQ(backend.shifts[5], 1e-10);
  EXPECT_EQ(from_zero.diag_shift_raises, 11);
}

TEST_P(Reconfiguration, GivesUpInTheEnd) {
  backend.smallest_shift = HUGE_VAL;
  EXPECT_THROW(direction(Optimizer::sr, zero, zero), NumericalError);
  EXPECT_EQ(backend.shifts.size(), 13u);
}

TEST_P(Reconfiguration, RefusesWhatIsNotFinite) {
  backend.solution_is_nan = true;
  EXPECT_THROW(direction(Optimizer::sr, zero, zero), NumericalError);
}

INSTANTIATE_TEST_SUITE_P(Forms, Reconfiguration,
                         testing::Values(Case{8, 24, GramForm::samples},
                                         Case{8, 24, GramForm::parameters},
                                         Case{20, 7, GramForm::parameters},
                                         Case{20, 7, GramForm::samples},
                                         Case{1, 1, GramForm::samples}));

TEST(LimitedRate, CapsTheLengthOfTheUpdate) {
  const std::vector<double> delta = {3, 4};
  EXPECT_DOUBLE_EQ(limited_rate(0.01, delta, 0.1), 0.01);
  EXPECT_DOUBLE_EQ(limited_rate(0.1, delta, 0.1), 0.02);
  EXPECT_DOUBLE_EQ(limited_rate(0.1, delta, 0), 0.1);
  EXPECT_DOUBLE_EQ(limited_rate(0.1, std::vector<double>{0, 0}, 0.1), 0.1);
}

}  // namespace
}  // namespace plaquette
