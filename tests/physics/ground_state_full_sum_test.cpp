#include <gtest/gtest.h>

#include <complex>
#include <string>
#include <vector>

#include "plaquette/backend/registry.hpp"
#include "plaquette/exact/diagonalisation.hpp"
#include "plaquette/vmc/estimate.hpp"
#include "plaquette/vmc/optimisation.hpp"

// Without sampling noise the whole pipeline must find what diagonalisation finds.

namespace plaquette {
namespace {

Job small_chain(double J2) {
  Job job;
  job.lattice = LatticeKind::chain;
  job.L = 12;
  job.couplings = {.J1 = 1, .J2 = J2, .marshall = true};
  job.network = {.patch = 2, .d_model = 8, .heads = 2, .layers = 1, .ffn_ratio = 2};
  job.sampler = SamplerKind::full_sum;
  job.learning_rate = 0.06;
  job.diag_shift = 1e-4;
  job.steps = 125;
  return job;
}

double relative_error(const Job& job, double energy_per_site) {
  const Hamiltonian h = make_problem(job).system.hamiltonian;
  const double exact = ground_state(h).energy / h.sites;
  return (energy_per_site - exact) / -exact;
}

struct Search {
  const char* name;
  Job job;
  double tolerance;  // relative error of the energy
};

/// Momentum acts like a smaller shift where samples outnumber parameters, so it gets a larger one.
Search with_momentum(const char* name, Optimizer optimizer) {
  Job job = small_chain(0.2);
  job.optimizer = optimizer;
  job.learning_rate = 0.04;
  job.diag_shift = 1e-2;
  job.momentum = 0.8;
  job.norm_limit = 1;
  job.steps = 100;
  return {name, job, 5e-3};
}

class FullSum : public testing::TestWithParam<Search> {};

TEST_P(FullSum, FindsTheGroundState) {
  const Search& search = GetParam();
  const auto backend = make_backend(BackendKind::cpu, make_problem(search.job), {});
  Optimisation run(search.job, *backend, initial_state(search.job, {}));
  for (int k = 0; k < search.job.steps; ++k) run.step();
  const StepRecord record = run.evaluate();
  const double error = relative_error(search.job, record.energy);
  EXPECT_LT(error, search.tolerance);
  EXPECT_GT(error, -1e-12) << "below the ground state";
  // An eigenstate has no variance.
  EXPECT_LT(record.v_score, 100 * search.tolerance);
}

INSTANTIATE_TEST_SUITE_P(Searches, FullSum,
                         testing::Values(Search{"sr", small_chain(0.2), 1e-5},
                                         Search{"sr_majumdar_ghosh", small_chain(0.5), 1e-5},
                                         with_momentum("spring", Optimizer::spring),
                                         with_momentum("march", Optimizer::march)),
                         [](const auto& instance) { return std::string(instance.param.name); });

/// Between the soluble points, with two layers: sampling in single precision brings the network
/// near, summing in double precision takes it from there to the ground state.
TEST(SampledThenSummed, FindsTheFrustratedGroundState) {
  Job job = small_chain(0.4);
  job.network = {.patch = 1, .d_model = 8, .heads = 4, .layers = 2, .ffn_ratio = 1};
  job.sampler = SamplerKind::exchange;
  job.chains = job.samples = 256;
  job.sampling_power = 1;
  job.optimizer = Optimizer::spring;
  job.momentum = 0.9;
  job.learning_rate = 0.05;
  job.schedule = ScheduleKind::cosine;
  job.diag_shift = 1e-2;
  job.diag_shift_schedule = ScheduleKind::cosine;
  job.diag_shift_end = 1e-3;
  job.steps = 100;
  job.precision = {Precision::fp32, Precision::fp32, Precision::fp32};
  const auto sampled = make_backend(BackendKind::cpu, make_problem(job), {});
  Optimisation search(job, *sampled, initial_state(job, {}));
  for (int k = 0; k < job.steps; ++k) search.step();

  job.sampler = SamplerKind::full_sum;
  job.optimizer = Optimizer::sr;
  job.schedule = ScheduleKind::constant;
  job.diag_shift = 1e-4;
  job.diag_shift_end = 1e-5;
  job.steps = 40;
  job.precision = {};
  const auto summed = make_backend(BackendKind::cpu, make_problem(job), {});
  Optimisation run(job, *summed, initial_state(job, search.state().parameters));
  EXPECT_LT(relative_error(job, run.evaluate().energy), 1e-2) << "after sampling";
  for (int k = 0; k < job.steps; ++k) run.step();
  const StepRecord record = run.evaluate();
  EXPECT_LT(relative_error(job, record.energy), 1e-5);
  EXPECT_GT(relative_error(job, record.energy), -1e-12) << "below the ground state";
  EXPECT_LT(record.v_score, 1e-3);
}

/// Energy of the given parameters, total.
double total_energy(const Job& job, const RunState& state) {
  const auto backend = make_backend(BackendKind::cpu, make_problem(job), {});
  return make_problem(job).system.hamiltonian.sites *
         Optimisation(job, *backend, state).evaluate().energy;
}

class Slope : public testing::TestWithParam<Attention> {};

/// E(θ − η δθ) = E(θ) − η ε·Oδθ + O(η²): the energies, log-derivatives and ε belong together.
TEST_P(Slope, OfTheEnergyIsThatOfTheResiduals) {
  Job job = small_chain(0.3);
  job.L = 8;
  job.couplings.marshall = false;
  job.network.attention = GetParam();
  const Problem problem = make_problem(job);
  const auto backend = make_backend(BackendKind::cpu, problem, {});
  Optimisation run(job, *backend, initial_state(job, {}));
  for (int k = 0; k < 5; ++k) run.step();
  RunState state = run.state();

  std::vector<std::complex<double>> log_psi(problem.samples);
  std::vector<std::complex<double>> energies(problem.samples);
  backend->sample_log_psi(log_psi);
  backend->sample_local_energies(energies);
  const std::vector<double> weights = amplitude_weights(log_psi, 2);
  const std::vector<double> residuals =
      energy_residuals(energies, weights, estimate(energies, weights, 0).mean);
  PhaseClock clock;
  StochasticReconfiguration sr(job, problem.gram_form, state.parameters.size());
  const Direction direction = sr.direction(*backend, weights, residuals, 1e-3, {}, clock);
  std::vector<double> rows(residuals.size());
  backend->apply(direction.delta, rows);
  double slope = 0;
  for (std::size_t k = 0; k < rows.size(); ++k) slope -= rows[k] * residuals[k];

  constexpr double kStep = 1e-5;
  const std::vector<double> centre = state.parameters;
  const auto energy_at = [&](double eta) {
    for (std::size_t p = 0; p < centre.size(); ++p) {
      state.parameters[p] = centre[p] - eta * direction.delta[p];
    }
    return total_energy(job, state);
  };
  const double measured = (energy_at(kStep) - energy_at(-kStep)) / (2 * kStep);
  EXPECT_LT(slope, 0);
  EXPECT_NEAR(measured / slope, 1, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Networks, Slope,
                         testing::Values(Attention::factored, Attention::t5, Attention::decoupled));

}  // namespace
}  // namespace plaquette
