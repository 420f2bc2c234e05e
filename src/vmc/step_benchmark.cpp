#include "plaquette/vmc/step_benchmark.hpp"

#include <algorithm>
#include <chrono>
#include <complex>
#include <random>
#include <utility>

#include "plaquette/backend/network_profile.hpp"
#include "plaquette/base/errors.hpp"
#include "plaquette/base/repeat_timing.hpp"

namespace plaquette {
namespace {

template <class Work>
double seconds_of(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// At this rate parameters are set anew in every step and stay what they are: beyond the last digit
/// of any that is not 0, and far from subnormal numbers, which would cost time, where one is.
constexpr double kStandingStill = 1e-100;

Job standing_still(Job job) {
  job.learning_rate = kStandingStill;
  return job;
}

/// As after kHistorySteps steps: the energies of those are noise, of which diagnostics make no less
/// work.
RunState amid_a_search(const Job& job, const Problem& problem, Backend& backend,
                       std::vector<double> parameters) {
  PLAQUETTE_REQUIRE(problem.chains > 0, "full summation is not a step of chains");
  RunState state = initial_state(job, std::move(parameters));
  backend.set_parameters(state.parameters);
  backend.set_chains(state.chains);
  backend.advance(0, job.thermalisation);
  state.chains = backend.chains();
  state.sweeps = static_cast<std::uint64_t>(job.thermalisation);
  state.step = kHistorySteps;
  std::minstd_rand random(1);
  std::uniform_real_distribution<double> noise(-0.5, -0.4);
  state.energy_history.resize(kHistorySteps * problem.samples);
  for (double& energy : state.energy_history) energy = noise(random);
  return state;
}

/// FLOPs of ψ itself times the images of a projection.
double of_all_images(const System& system, double flops) {
  return flops * static_cast<double>(std::max<std::size_t>(1, system.symmetry.size()));
}

}  // namespace

double WorkTiming::median() const { return plaquette::median(seconds); }
double WorkTiming::least() const { return *std::min_element(seconds.begin(), seconds.end()); }
double WorkTiming::most() const { return *std::max_element(seconds.begin(), seconds.end()); }

std::vector<StepTimes::Row> StepTimes::rows() const {
  std::vector<Row> found = {{"forward", &forward}};
  for (std::size_t k = 0; k < kPhaseNames.size(); ++k)
    found.push_back({kPhaseNames[k], &phases[k]});
  return found;
}

StepBenchmark::StepBenchmark(const Job& job, Backend& backend, std::vector<double> parameters)
    : problem_(make_problem(job)),
      backend_(backend),
      times_(no_times()),
      optimisation_(standing_still(job), backend,
                    amid_a_search(job, problem_, backend, std::move(parameters))) {}

StepTimes StepBenchmark::no_times() const {
  const System& system = problem_.system;
  const PrecisionPolicy& precision = problem_.precision;
  const std::size_t M = problem_.samples;
  const std::size_t P = system.parameters.size;
  const auto samples = static_cast<double>(M);
  const double gradient = network_work(system, precision.log_derivatives, 1).gradient.flops;
  StepTimes times;
  times.forward = {.precision = precision.local_energy,
                   .seconds = {},
                   .evaluations = samples,
                   .flops = samples * forward_flops(precision.local_energy)};
  times.of(Phase::sampling).precision = precision.sampling;
  times.of(Phase::local_energy).precision = precision.local_energy;
  times.of(Phase::log_derivatives) = {.precision = precision.log_derivatives,
                                      .seconds = {},
                                      .evaluations = samples,
                                      .flops = samples * of_all_images(system, gradient)};
  times.of(Phase::gram).flops = gram_flops(problem_.gram_form, M, P);
  times.of(Phase::solve).flops = solve_flops(problem_.gram_form, M, P);
  return times;
}

double StepBenchmark::forward_flops(Precision precision) const {
  return of_all_images(problem_.system, network_work(problem_.system, precision, 1).forward.flops);
}

double StepBenchmark::repeat() {
  StepRecord record;
  const double step = seconds_of([&] { record = optimisation_.step(); });
  times_.step.seconds.push_back(step);
  times_.of(Phase::gram).precision = record.gram_precision;
  for (std::size_t k = 0; k < kPhaseNames.size(); ++k) {
    times_.phases[k].seconds.push_back(record.clock.seconds(static_cast<Phase>(k)));
  }
  const auto evaluated = [&](WorkTiming& timing, std::uint64_t networks) {
    timing.evaluations = static_cast<double>(networks);
    timing.flops = timing.evaluations * forward_flops(timing.precision);
  };
  evaluated(times_.of(Phase::sampling), record.sampling_evaluations);
  evaluated(times_.of(Phase::local_energy), record.local_energy_evaluations);
  std::vector<std::complex<double>> log_psi(problem_.samples);
  times_.forward.seconds.push_back(seconds_of([&] { backend_.sample_log_psi(log_psi); }));
  return step;
}

}  // namespace plaquette
