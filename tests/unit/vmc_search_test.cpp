#include <gtest/gtest.h>

#include <vector>

#include "plaquette/vmc/search.hpp"
#include "support/dense_backend.hpp"

// The loop of a search, whatever ends it.

namespace plaquette {
namespace {

using testing_support::DenseBackend;

volatile std::sig_atomic_t request = 0;

/// Asks to stop while it is at its `last`th call of advance.
class InterruptedBackend : public DenseBackend {
 public:
  std::size_t last = 1000;
  SweepCounts advance(std::uint64_t first_sweep, int sweeps) override {
    const SweepCounts counts = DenseBackend::advance(first_sweep, sweeps);
    if (sweeps_made.size() == last) request = 1;
    return counts;
  }
};

struct Recorded : SearchSink {
  std::vector<std::uint64_t> steps;
  std::vector<std::uint64_t> ends;
  void step(const StepRecord& record, const RunState&) override { steps.push_back(record.step); }
  void end(const RunState& state) override { ends.push_back(state.step); }
};

class Search : public testing::Test {
 protected:
  void SetUp() override {
    std::srand(5);
    request = 0;
    job.network = {.patch = 2, .d_model = 2, .heads = 1, .layers = 1, .ffn_ratio = 1};
    job.chains = 4;
    job.samples = 12;
    job.thermalisation = 40;
    state = initial_state(job, {});
    backend.form = make_problem(job).gram_form;
    backend.log_derivatives =
        Eigen::MatrixXcd::Random(12, static_cast<Eigen::Index>(state.parameters.size()));
    backend.energies = Eigen::VectorXcd::Random(12).array() - 8.0;
  }
  SearchEnd run(std::uint64_t steps) {
    Optimisation optimisation(job, backend, state, Interruption(request));
    SearchSink* const sinks[] = {&recorded};
    const SearchEnd end = search(optimisation, steps, sinks);
    reached = optimisation.state().step;
    return end;
  }

  Job job;
  RunState state;
  InterruptedBackend backend;
  Recorded recorded;
  std::uint64_t reached = 0;
};

TEST_F(Search, TellsEveryStepAndTheEnd) {
  EXPECT_EQ(run(3), SearchEnd::finished);
  EXPECT_EQ(recorded.steps, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(recorded.ends, (std::vector<std::uint64_t>{3}));
}

TEST_F(Search, StopsWithinThermalisation) {
  backend.last = 1;
  EXPECT_EQ(run(3), SearchEnd::interrupted);
  EXPECT_EQ(backend.sweeps_made, (std::vector<int>{16}));  // of 40
  EXPECT_EQ(recorded.ends, (std::vector<std::uint64_t>{0}));
  EXPECT_EQ(backend.chain_states.words(), state.chains.words());
}

TEST_F(Search, StopsWithinAStep) {
  backend.last = 3 + 3 + 1;  // thermalisation in three pieces, a step, the first slot of the next
  EXPECT_EQ(run(3), SearchEnd::interrupted);
  EXPECT_EQ(reached, 1u);
  EXPECT_EQ(recorded.steps, (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(backend.sweeps_made, (std::vector<int>{16, 16, 8, 1, 1, 1, 1}));
}

TEST_F(Search, TellsTheEndOfAStepThatFails) {
  backend.solution_is_nan = true;
  EXPECT_THROW(run(3), NumericalError);
  EXPECT_EQ(recorded.ends, (std::vector<std::uint64_t>{0}));
}

}  // namespace
}  // namespace plaquette
