#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "plaquette/backend/registry.hpp"
#include "plaquette/vmc/optimisation.hpp"

// A run is a function of its job alone: not of the threads, nor of where it was interrupted.

namespace plaquette {
namespace {

struct Trace {
  std::vector<StepRecord> records;
  RunState state;
};

/// `steps` further steps, on a backend made for the purpose.
Trace continue_run(const Job& job, const RunState& from, int steps, int threads) {
  const auto backend = make_backend(BackendKind::cpu, make_problem(job), {.threads = threads});
  Optimisation search(job, *backend, from);
  Trace trace;
  for (int k = 0; k < steps; ++k) trace.records.push_back(search.step());
  trace.state = search.state();
  return trace;
}

void expect_identical(const StepRecord& a, const StepRecord& b) {
  EXPECT_EQ(a.step, b.step);
  EXPECT_EQ(a.energy, b.energy);
  EXPECT_EQ(a.energy_error, b.energy_error);
  EXPECT_EQ(a.variance, b.variance);
  EXPECT_EQ(a.acceptance, b.acceptance);
  EXPECT_EQ(a.r_hat, b.r_hat);
  EXPECT_EQ(a.tau, b.tau);
  EXPECT_EQ(a.learning_rate, b.learning_rate);
  EXPECT_EQ(a.diag_shift, b.diag_shift);
}

void expect_identical(const RunState& a, const RunState& b) {
  EXPECT_EQ(a.step, b.step);
  EXPECT_EQ(a.sweeps, b.sweeps);
  EXPECT_EQ(a.parameters, b.parameters);
  EXPECT_EQ(a.previous_direction, b.previous_direction);
  EXPECT_EQ(a.second_moment, b.second_moment);
  EXPECT_EQ(a.chains.words(), b.chains.words());
  EXPECT_EQ(a.energy_history, b.energy_history);
}

struct Variant {
  const char* name;
  Optimizer optimizer;
  SamplerKind sampler;
  std::size_t samples;  // 48: the Gram matrix of samples, 480: that of parameters
  Attention attention;
};

class Restart : public testing::TestWithParam<Variant> {
 protected:
  static constexpr int kSteps = 10;

  Restart() {
    const Variant variant = GetParam();
    job.network = {.patch = 2, .d_model = 8, .heads = 2, .layers = 1, .ffn_ratio = 2};
    job.network.attention = variant.attention;
    job.optimizer = variant.optimizer;
    job.sampler = variant.sampler;
    job.chains = 24;
    job.samples = variant.samples;
    job.steps = kSteps;
    job.schedule = ScheduleKind::cosine;
    if (job.sampler == SamplerKind::full_sum) {
      job.lattice = LatticeKind::chain;
      job.L = 8;
    }
  }

  Job job;
};

TEST_P(Restart, ContinuesBitForBit) {
  const Trace whole = continue_run(job, initial_state(job, {}), kSteps, 2);
  const Trace first = continue_run(job, initial_state(job, {}), 4, 2);
  const Trace second = continue_run(job, first.state, kSteps - 4, 2);
  expect_identical(whole.state, second.state);
  for (std::size_t k = 0; k < second.records.size(); ++k) {
    expect_identical(whole.records[4 + k], second.records[k]);
  }
}

TEST_P(Restart, DoesNotDependOnTheThreads) {
  const Trace one = continue_run(job, initial_state(job, {}), 4, 1);
  const Trace two = continue_run(job, initial_state(job, {}), 4, 2);
  expect_identical(one.state, two.state);
  for (std::size_t k = 0; k < 4; ++k) expect_identical(one.records[k], two.records[k]);
}

TEST_P(Restart, EvaluationInBetweenChangesNothing) {
  const Trace plain = continue_run(job, initial_state(job, {}), 4, 2);
  const auto backend = make_backend(BackendKind::cpu, make_problem(job), {.threads = 2});
  Optimisation search(job, *backend, initial_state(job, {}));
  for (std::size_t k = 0; k < 4; ++k) {
    const StepRecord foreseen = search.evaluate();
    const StepRecord record = search.step();
    EXPECT_EQ(foreseen.energy, record.energy);
    expect_identical(record, plain.records[k]);
  }
  expect_identical(plain.state, search.state());
}

INSTANTIATE_TEST_SUITE_P(
    Runs, Restart,
    testing::Values(
        Variant{"sr", Optimizer::sr, SamplerKind::exchange, 48, Attention::factored},
        Variant{"sr_parameters", Optimizer::sr, SamplerKind::exchange, 480, Attention::decoupled},
        Variant{"spring", Optimizer::spring, SamplerKind::exchange, 48, Attention::t5},
        Variant{"spring_parameters", Optimizer::spring, SamplerKind::exchange, 480,
                Attention::factored},
        Variant{"march", Optimizer::march, SamplerKind::exchange, 48, Attention::factored},
        Variant{"march_parameters", Optimizer::march, SamplerKind::exchange, 480, Attention::t5},
        Variant{"full_sum", Optimizer::march, SamplerKind::full_sum, 0, Attention::factored}),
    [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace plaquette
