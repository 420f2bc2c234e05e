#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "plaquette/vmc/job.hpp"
#include "plaquette/vmc/optimisation.hpp"
#include "plaquette/vmc/schedule.hpp"

namespace plaquette {
namespace {

TEST(Schedule, StartsAndEndsWhereItSays) {
  for (ScheduleKind kind : {ScheduleKind::linear, ScheduleKind::cosine}) {
    const Schedule schedule{kind, 0.03, 0.01, 10};
    EXPECT_DOUBLE_EQ(schedule(0), 0.03);
    EXPECT_DOUBLE_EQ(schedule(5), 0.02);
    EXPECT_DOUBLE_EQ(schedule(10), 0.01);
    EXPECT_DOUBLE_EQ(schedule(1000), 0.01);
  }
  EXPECT_DOUBLE_EQ((Schedule{ScheduleKind::linear, 1, 0, 4}(1)), 0.75);
  EXPECT_DOUBLE_EQ((Schedule{ScheduleKind::cosine, 1, 0, 3}(1)), 0.75);
  EXPECT_DOUBLE_EQ((Schedule{ScheduleKind::constant, 0.5, 0, 3}(7)), 0.5);
}

TEST(Job, DefaultsMakeAProblem) {
  const Problem problem = make_problem(Job{});
  EXPECT_EQ(problem.system.hamiltonian.sites, 16);
  EXPECT_EQ(problem.system.hamiltonian.bonds.size(), 64u);
  EXPECT_EQ(problem.chains, 1024u);
  EXPECT_EQ(problem.samples, 1024u);
  EXPECT_FALSE(problem.system.exchange_pairs.empty());
}

TEST(Job, PicksTheSmallerGramMatrix) {
  Job job;
  job.chains = job.samples = 64;
  EXPECT_EQ(make_problem(job).gram_form, GramForm::samples);
  job.samples = 64 * 100;
  EXPECT_EQ(make_problem(job).gram_form, GramForm::parameters);
}

TEST(Job, FullSumTakesTheWholeSector) {
  Job job;
  job.sampler = SamplerKind::full_sum;
  job.samples = 7;  // of no concern here
  const Problem problem = make_problem(job);
  EXPECT_EQ(problem.chains, 0u);
  EXPECT_EQ(problem.samples, 12870u);
  EXPECT_EQ(initial_state(job, {}).chains.count(), 0u);
}

struct WrongJob {
  const char* option;
  std::function<void(Job&)> spoil;
};

TEST(Job, ErrorsNameTheOption) {
  const double nan = std::nan("");
  const std::vector<WrongJob> table = {
      {"--L 5", [](Job& j) { j.L = 5; }},
      {"--J2 nan", [=](Job& j) { j.couplings.J2 = nan; }},
      {"--J1 0 and --J2 0", [](Job& j) { j.couplings = {.J1 = 0, .J2 = 0}; }},
      {"--heads 3", [](Job& j) { j.network.heads = 3; }},
      {"--chains 0", [](Job& j) { j.chains = 0; }},
      {"--samples 1000: must be a multiple of --chains", [](Job& j) { j.samples = 1000; }},
      {"--samples 1", [](Job& j) { j.chains = j.samples = 1; }},
      {"--sweeps 0", [](Job& j) { j.sweeps = 0; }},
      {"--thermalisation -1", [](Job& j) { j.thermalisation = -1; }},
      {"--exchange-range 9", [](Job& j) { j.exchange_range = 9; }},
      {"--steps -1", [](Job& j) { j.steps = -1; }},
      {"--schedule-steps -1", [](Job& j) { j.schedule_steps = -1; }},
      {"--learning-rate 0", [](Job& j) { j.learning_rate = 0; }},
      {"--learning-rate nan", [=](Job& j) { j.learning_rate = nan; }},
      {"--diag-shift -1", [](Job& j) { j.diag_shift = -1; }},
      {"--diag-shift-end inf", [](Job& j) { j.diag_shift_end = HUGE_VAL; }},
      {"--momentum 1", [](Job& j) { j.momentum = 1; }},
      {"--march-decay 0", [](Job& j) { j.march_decay = 0; }},
      {"--norm-limit -0.5", [](Job& j) { j.norm_limit = -0.5; }},
      {"--sampler full-sum",
       [](Job& j) {
         j.sampler = SamplerKind::full_sum;
         j.L = 6;
       }},
  };
  for (const WrongJob& wrong : table) {
    Job job;
    wrong.spoil(job);
    try {
      make_problem(job);
      ADD_FAILURE() << wrong.option << " was accepted";
    } catch (const InputError& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with(wrong.option)) << error.what();
    }
  }
}

TEST(InitialState, IsReproducibleAndBalanced) {
  Job job;
  job.chains = job.samples = 32;
  job.optimizer = Optimizer::march;
  const RunState state = initial_state(job, {});
  const RunState again = initial_state(job, {});
  EXPECT_EQ(state.parameters, again.parameters);
  EXPECT_EQ(state.chains.words(), again.chains.words());
  EXPECT_EQ(state.previous_direction, std::vector<double>(state.parameters.size(), 0.0));
  EXPECT_EQ(state.second_moment.size(), state.parameters.size());
  for (std::size_t k = 0; k < 32; ++k) EXPECT_EQ(spin_sum(state.chains[k], 16), 0);
  job.seed = 1;
  EXPECT_NE(initial_state(job, {}).chains.words(), state.chains.words());
  EXPECT_NE(initial_state(job, {}).parameters, state.parameters);
  EXPECT_EQ(initial_state(job, state.parameters).parameters, state.parameters);
  EXPECT_THROW(initial_state(job, {1.0, 2.0}), InputError);
}

}  // namespace
}  // namespace plaquette
