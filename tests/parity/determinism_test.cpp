#include <gtest/gtest.h>

#include <complex>
#include <random>
#include <string>
#include <vector>

#include "plaquette/physics/metropolis.hpp"
#include "support/backend_test.hpp"
#include "support/case_table.hpp"
#include "support/network_case.hpp"

// Results are the same bits whatever the number of threads and whatever share of the memory the
// Jacobian gets.

namespace plaquette::test {
namespace {

constexpr std::size_t kChains = 37;
constexpr std::size_t kSamples = 2 * kChains;
constexpr double kShift = 1e-2;

/// All that one step computes.
struct StepResults {
  std::vector<std::uint64_t> chains;
  std::uint64_t accepted;
  std::uint64_t evaluated;
  std::vector<std::complex<double>> log_psi;
  std::vector<std::complex<double>> energies;
  std::vector<double> solution;
  std::vector<double> rows;
  std::vector<double> direction;
};

void expect_same_bits(const StepResults& a, const StepResults& b) {
  EXPECT_EQ(a.chains, b.chains);
  EXPECT_EQ(a.accepted, b.accepted);
  EXPECT_EQ(a.evaluated, b.evaluated);
  EXPECT_EQ(a.log_psi, b.log_psi);
  EXPECT_EQ(a.energies, b.energies);
  EXPECT_EQ(a.solution, b.solution);
  EXPECT_EQ(a.rows, b.rows);
  EXPECT_EQ(a.direction, b.direction);
}

class Determinism : public BackendTest<BackendCase> {
 protected:
  Problem problem(GramForm form) const {
    Problem made_problem = make_problem(made, {}, 2);
    made_problem.seed = 99;
    made_problem.chains = kChains;
    made_problem.samples = kSamples;
    made_problem.gram_form = form;
    made_problem.precision = {precision, precision, precision};
    return made_problem;
  }

  StepResults step(GramForm form, const Resources& resources) const {
    const auto backend = make_backend(GetParam().backend, problem(form), resources);
    backend->set_parameters(random_parameters(made.table(), 7));
    backend->set_chains(pack(random_spins(made.sites(), kChains, 1)));
    StepResults results;
    const SweepCounts first = backend->advance(0, 3);
    backend->record_samples(0);
    const SweepCounts second = backend->advance(3, 2);
    backend->record_samples(1);
    results.accepted = first.accepted + second.accepted;
    results.evaluated = first.evaluated + second.evaluated;
    results.chains = backend->chains().words();
    results.log_psi.resize(kSamples);
    results.energies.resize(kSamples);
    backend->sample_log_psi(results.log_psi);
    backend->sample_local_energies(results.energies);
    solve(*backend, form, results);
    return results;
  }

  void solve(Backend& backend, GramForm form, StepResults& results) const {
    std::mt19937_64 random(5);
    std::uniform_real_distribution<double> uniform(-1, 1);
    const std::size_t size = form == GramForm::samples ? 2 * kSamples : parameters;
    std::vector<double> rhs(size);
    for (double& number : rhs) number = uniform(random);
    const std::vector<double> weights(kSamples, 1.0 / kSamples);
    PhaseClock clock;
    backend.accumulate_gram(weights, {}, kShift, clock);
    results.solution.resize(size);
    EXPECT_TRUE(backend.solve(kShift, rhs, results.solution).positive_definite);
    std::vector<double> direction(parameters);
    for (double& number : direction) number = uniform(random);
    results.rows.resize(2 * kSamples);
    backend.apply(direction, results.rows);
    results.direction.resize(parameters);
    backend.apply_transpose(results.rows, results.direction);
  }

  /// A limit under which `columns` of the Jacobian fit and no more.
  std::size_t limit_for(std::size_t columns, int threads) const {
    const MemoryPlan plan =
        plan_memory(GetParam().backend, problem(GramForm::samples), {.threads = threads});
    EXPECT_EQ(plan.parameters_per_block, parameters);
    for (const MemoryPlan::Item& item : plan.items) {
      if (item.name != "log-derivative block") continue;
      return plan.total() - (parameters - columns) * (item.bytes / parameters);
    }
    ADD_FAILURE() << "the plan has no log-derivative block";
    return 0;
  }

  Precision precision = Precision::fp64;
  NetworkCase made = GetParam().made;
  std::size_t parameters = made.table().size;
};

TEST_P(Determinism, ThreadsDoNotMatter) {
  const StepResults one = step(GramForm::samples, {.threads = 1});
  expect_same_bits(one, step(GramForm::samples, {.threads = 2}));
  expect_same_bits(one, step(GramForm::samples, {.threads = 3}));
  EXPECT_GT(one.accepted, 0u);
}

TEST_P(Determinism, ThreadsDoNotMatterToTheParameterForm) {
  made.network.ffn_ratio = 1;  // the matrix is (P, P)
  parameters = made.table().size;
  const StepResults one = step(GramForm::parameters, {.threads = 1});
  expect_same_bits(one, step(GramForm::parameters, {.threads = 2}));
}

TEST_P(Determinism, MemoryDoesNotMatter) {
  ASSERT_GT(parameters, 3u * 1024u);
  const StepResults whole = step(GramForm::samples, {.threads = 2});
  for (std::size_t columns : {1024u, 2048u, 3072u}) {
    for (int threads : {1, 2}) {
      if (threads > 1 && GetParam().backend != BackendKind::cpu)
        continue;  // it has no use for them
      const Resources resources{.threads = threads, .memory_limit = limit_for(columns, threads)};
      EXPECT_EQ(plan_memory(GetParam().backend, problem(GramForm::samples), resources)
                    .parameters_per_block,
                columns);
      expect_same_bits(whole, step(GramForm::samples, resources));
    }
  }
}

/// The Gram matrix of FP32 rows has sums and tiles of its own.
TEST_P(Determinism, NeitherMattersInSinglePrecision) {
  precision = Precision::fp32;
  const StepResults one = step(GramForm::samples, {.threads = 1});
  expect_same_bits(one, step(GramForm::samples, {.threads = 2}));
  expect_same_bits(one,
                   step(GramForm::samples, {.threads = 1, .memory_limit = limit_for(2048, 1)}));
}

TEST_P(Determinism, TooLittleMemoryIsRefused) {
  const Resources resources{.threads = 1, .memory_limit = limit_for(1023, 1)};
  EXPECT_THROW(plan_memory(GetParam().backend, problem(GramForm::samples), resources),
               CapacityError);
  EXPECT_THROW(make_backend(GetParam().backend, problem(GramForm::samples), resources),
               CapacityError);
}

/// Sweeps are numbered from the start of the run: two calls walk as one does.
TEST_P(Determinism, SweepsMayBeSplit) {
  const auto walk = [&](const std::vector<std::pair<std::uint64_t, int>>& calls) {
    const auto backend = make_backend(GetParam().backend, problem(GramForm::samples), {});
    backend->set_parameters(random_parameters(made.table(), 7));
    backend->set_chains(pack(random_spins(made.sites(), kChains, 1)));
    std::uint64_t accepted = 0;
    for (const auto& [first, sweeps] : calls) accepted += backend->advance(first, sweeps).accepted;
    return std::pair{backend->chains().words(), accepted};
  };
  EXPECT_EQ(walk({{10, 5}}), walk({{10, 1}, {11, 3}, {14, 1}}));
  EXPECT_NE(walk({{10, 5}}), walk({{11, 5}}));
}

std::vector<BackendCase> cases() {
  return every_attention({{LatticeKind::square,
                           4,
                           {.patch = 2, .d_model = 16, .heads = 4, .layers = 1, .ffn_ratio = 5}}});
}

INSTANTIATE_TEST_SUITE_P(Small, Determinism, testing::ValuesIn(cases()),
                         [](const auto& instance) { return instance.param.name(); });

}  // namespace
}  // namespace plaquette::test
