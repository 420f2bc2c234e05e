#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "plaquette/base/errors.hpp"
#include "plaquette/vmc/estimate.hpp"
#include "plaquette/vmc/optimisation.hpp"
#include "support/dense_backend.hpp"
#include "support/dense_updates.hpp"

namespace plaquette {
namespace {

using testing_support::DenseBackend;

class OptimisationOfMatrices : public testing::Test {
 protected:
  void SetUp() override {
    std::srand(5);
    job.network = {.patch = 2, .d_model = 2, .heads = 1, .layers = 1, .ffn_ratio = 1};
    job.chains = 4;
    job.samples = 12;
    job.sweeps = 2;
    job.thermalisation = 5;
    state = initial_state(job, {});
    backend.form = make_problem(job).gram_form;
    const auto parameters = static_cast<Eigen::Index>(state.parameters.size());
    backend.log_derivatives = Eigen::MatrixXcd::Random(12, parameters);
    backend.energies = Eigen::VectorXcd::Random(12).array() - 8.0;
  }
  static void expect_same(const RunState& a, const RunState& b) {
    EXPECT_EQ(a.step, b.step);
    EXPECT_EQ(a.sweeps, b.sweeps);
    EXPECT_EQ(a.parameters, b.parameters);
    EXPECT_EQ(a.previous_direction, b.previous_direction);
    EXPECT_EQ(a.second_moment, b.second_moment);
    EXPECT_EQ(a.chains.words(), b.chains.words());
    EXPECT_EQ(a.energy_history, b.energy_history);
  }

  Job job;
  RunState state;
  DenseBackend backend;
};

TEST_F(OptimisationOfMatrices, StepMovesAgainstTheDirection) {
  Optimisation search(job, backend, state);
  const StepRecord record = search.step();
  EXPECT_EQ(record.step, 1u);
  EXPECT_NEAR(record.energy, backend.energies.real().mean() / 16, 1e-14);
  EXPECT_EQ(record.acceptance, 0.25);
  EXPECT_EQ(record.learning_rate, job.learning_rate);
  EXPECT_FALSE(record.r_hat);
  Eigen::VectorXcd centred = backend.energies.array() - backend.energies.mean();
  Eigen::VectorXd epsilon(24);
  epsilon << centred.real(), centred.imag();
  epsilon *= 2 / std::sqrt(12.0);
  const Eigen::VectorXd delta =
      testing_support::sr_update(backend.jacobian, epsilon, job.diag_shift);
  for (std::size_t p = 0; p < state.parameters.size(); ++p) {
    EXPECT_NEAR(search.state().parameters[p],
                state.parameters[p] - job.learning_rate * delta[static_cast<Eigen::Index>(p)],
                1e-10);
  }
  EXPECT_EQ(backend.parameters, search.state().parameters);
}

TEST_F(OptimisationOfMatrices, NumbersEverySweepOnce) {
  Optimisation search(job, backend, state);
  search.step();
  search.step();
  EXPECT_EQ(backend.first_sweeps, (std::vector<std::uint64_t>{0, 5, 7, 9, 11, 13, 15}));
  EXPECT_EQ(backend.sweeps_made, (std::vector<int>{5, 2, 2, 2, 2, 2, 2}));
  EXPECT_EQ(backend.slots, (std::vector<std::size_t>{0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(search.state().sweeps, 17u);
}

TEST_F(OptimisationOfMatrices, KeepsTheHistoryOfRecentSteps) {
  Optimisation search(job, backend, state);
  StepRecord record;
  for (int k = 0; k < 3; ++k) record = search.step();
  EXPECT_EQ(search.state().energy_history.size(), 36u);
  EXPECT_TRUE(record.r_hat);  // 9 rows
  EXPECT_TRUE(record.tau);
  for (int k = 0; k < 40; ++k) search.step();
  EXPECT_EQ(search.state().energy_history.size(), kHistorySteps * 12);
  EXPECT_DOUBLE_EQ(search.state().energy_history.back(), backend.energies[11].real() / 16);
}

TEST_F(OptimisationOfMatrices, EvaluateLeavesTheRunAlone) {
  Optimisation search(job, backend, state);
  search.step();
  const RunState before = search.state();
  const StepRecord first = search.evaluate();
  expect_same(search.state(), before);
  EXPECT_EQ(backend.chain_states.words(), before.chains.words());
  EXPECT_EQ(first.energy, search.evaluate().energy);
  EXPECT_EQ(first.step, 1u);
}

TEST_F(OptimisationOfMatrices, FailureLeavesTheStateAsItWas) {
  for (Optimizer optimizer : {Optimizer::sr, Optimizer::spring, Optimizer::march}) {
    job.optimizer = optimizer;
    Optimisation search(job, backend, initial_state(job, {}));
    search.step();
    const RunState before = search.state();

    backend.energies[3] = {std::nan(""), 0};
    EXPECT_THROW(search.step(), NumericalError);
    EXPECT_THROW(search.evaluate(), NumericalError);
    backend.energies[3] = -8;
    backend.solution_is_nan = true;
    EXPECT_THROW(search.step(), NumericalError);
    backend.solution_is_nan = false;
    backend.smallest_shift = HUGE_VAL;
    EXPECT_THROW(search.step(), NumericalError);
    backend.smallest_shift = 0;

    expect_same(search.state(), before);
    EXPECT_EQ(backend.chain_states.words(), before.chains.words());
    EXPECT_EQ(backend.parameters, before.parameters);
    const StepRecord next = search.step();
    EXPECT_EQ(next.step, 2u);
  }
}

TEST_F(OptimisationOfMatrices, SchedulesEndWhereTheyShould) {
  job.steps = 4;
  job.schedule = ScheduleKind::linear;
  job.diag_shift = 1e-2;
  job.diag_shift_schedule = ScheduleKind::linear;
  job.diag_shift_end = 0;
  Optimisation search(job, backend, state);
  search.step();
  const StepRecord second = search.step();
  EXPECT_DOUBLE_EQ(second.learning_rate, 0.75 * job.learning_rate);
  EXPECT_DOUBLE_EQ(second.diag_shift, 0.75e-2);
}

TEST_F(OptimisationOfMatrices, SpringKeepsItsUpdateShort) {
  job.optimizer = Optimizer::spring;
  job.norm_limit = 1e-3;
  Optimisation search(job, backend, initial_state(job, {}));
  const StepRecord record = search.step();
  EXPECT_LT(record.learning_rate, job.learning_rate);
  double squares = 0;
  for (std::size_t p = 0; p < state.parameters.size(); ++p) {
    const double change = search.state().parameters[p] - state.parameters[p];
    squares += change * change;
  }
  EXPECT_NEAR(std::sqrt(squares), 1e-3, 1e-12);
}

TEST_F(OptimisationOfMatrices, FullSumWeighsByTheSquaredAmplitude) {
  job.L = 2;
  job.sampler = SamplerKind::full_sum;
  job.optimizer = Optimizer::sr;
  RunState start = initial_state(job, {});
  const auto parameters = static_cast<Eigen::Index>(start.parameters.size());
  backend.form = make_problem(job).gram_form;
  backend.log_derivatives = Eigen::MatrixXcd::Random(6, parameters);
  backend.energies = Eigen::VectorXcd::Random(6).array() - 2.0;
  backend.log_psi_values = 3 * Eigen::VectorXcd::Random(6);
  Optimisation search(job, backend, start);
  const StepRecord record = search.step();
  const Eigen::ArrayXd w = (2 * backend.log_psi_values.real().array()).exp();
  EXPECT_NEAR(record.energy, (w * backend.energies.real().array()).sum() / w.sum() / 4, 1e-14);
  EXPECT_EQ(record.energy_error, 0);
  EXPECT_EQ(record.acceptance, 1);
  EXPECT_FALSE(record.r_hat);
  EXPECT_FALSE(record.tau);
  EXPECT_EQ(search.state().sweeps, 0u);
  EXPECT_TRUE(search.state().energy_history.empty());
}

}  // namespace
}  // namespace plaquette
