#include "plaquette/vmc/optimisation.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <utility>

#include "plaquette/model/parameter_table.hpp"
#include "plaquette/physics/metropolis.hpp"
#include "plaquette/vmc/attention_statistics.hpp"
#include "plaquette/vmc/chain_diagnostics.hpp"
#include "plaquette/vmc/estimate.hpp"

namespace plaquette {

namespace {

Schedule schedule(const Job& job, ScheduleKind kind, double start, double end) {
  const int duration = job.schedule_steps > 0 ? job.schedule_steps : job.steps;
  return {kind, start, end, static_cast<std::uint64_t>(std::max(1, duration)),
          static_cast<std::uint64_t>(job.schedule_start)};
}

void require_finite(const std::vector<std::complex<double>>& energies) {
  const auto bad = std::ranges::count_if(energies, [](const std::complex<double>& energy) {
    return !std::isfinite(energy.real()) || !std::isfinite(energy.imag());
  });
  if (bad > 0) {
    throw NumericalError(
        concat(bad, " of ", energies.size(),
               " local energies are not finite; start again from a model before that "
               "with a lower --learning-rate or a higher --diag-shift"));
  }
}

/// Throws NumericalError if the parameters overflow.
std::vector<double> moved(const std::vector<double>& parameters, double rate,
                          const std::vector<double>& delta) {
  std::vector<double> result(parameters.size());
  for (std::size_t p = 0; p < result.size(); ++p) {
    result[p] = parameters[p] - rate * delta[p];
    if (!std::isfinite(result[p])) {
      throw NumericalError(
          concat("parameter ", p, " would become ", result[p], "; lower --learning-rate"));
    }
  }
  return result;
}

}  // namespace

RunState initial_state(const Job& job, std::vector<double> parameters) {
  const Problem problem = make_problem(job);
  const ParameterTable table = problem.system.parameters;
  RunState state;
  state.parameters =
      parameters.empty() ? initial_parameters(table, job.seed) : std::move(parameters);
  if (state.parameters.size() != table.size) {
    throw InputError(concat("the model has ", state.parameters.size(),
                            " parameters, the network of this job has ", table.size));
  }
  if (job.optimizer != Optimizer::sr) state.previous_direction.assign(table.size, 0.0);
  if (job.optimizer == Optimizer::march) state.second_moment.assign(table.size, 0.0);
  const int sites = problem.system.hamiltonian.sites;
  state.chains = ConfigurationBatch(sites, problem.chains);
  for (std::size_t chain = 0; chain < problem.chains; ++chain) {
    random_configuration(job.seed, static_cast<std::uint32_t>(chain), sites, state.chains[chain]);
  }
  return state;
}

void require_fits(const RunState& state, const Job& job) {
  const Problem problem = make_problem(job);
  const std::size_t P = problem.system.parameters.size;
  const auto require = [](const char* what, std::size_t found, std::size_t wanted) {
    if (found == wanted) return;
    throw InputError(concat("holds ", found, ' ', what, ", this job has ", wanted));
  };
  require("parameters", state.parameters.size(), P);
  require("components of the last direction", state.previous_direction.size(),
          job.optimizer == Optimizer::sr ? 0 : P);
  require("second moments", state.second_moment.size(), job.optimizer == Optimizer::march ? P : 0);
  if (std::ranges::any_of(state.second_moment, [](double v) { return v < 0; })) {
    throw InputError("holds a second moment below 0");
  }
  require("chains", state.chains.count(), problem.chains);
  if (problem.chains > 0) {
    require("sites", static_cast<std::size_t>(state.chains.sites()),
            static_cast<std::size_t>(problem.system.hamiltonian.sites));
  }
  const std::size_t steps_kept =
      problem.chains == 0 ? 0 : std::min<std::size_t>(state.step, kHistorySteps);
  require("energies of the chains", state.energy_history.size(), steps_kept * problem.samples);
}

struct Optimisation::Measurement {
  std::vector<double> weights;                 // (M)
  std::vector<std::complex<double>> energies;  // (M)
  EnergyEstimate energy;
  std::uint64_t sweeps;  // made by every chain
};

Optimisation::Optimisation(const Job& job, Backend& backend, RunState state,
                           Interruption interruption)
    : job_(job),
      problem_(make_problem(job)),
      backend_(backend),
      interruption_(interruption),
      sampler_(job, backend, interruption),
      reconfiguration_(job, problem_.gram_form, problem_.system.parameters.size, interruption),
      learning_rate_(schedule(job, job.schedule, job.learning_rate, 0.0)),
      diag_shift_(schedule(job, job.diag_shift_schedule, job.diag_shift, job.diag_shift_end)),
      state_(std::move(state)) {
  PLAQUETTE_REQUIRE(state_.parameters.size() == problem_.system.parameters.size,
                    state_.parameters.size(), " parameters");
  PLAQUETTE_REQUIRE(state_.chains.count() == problem_.chains, state_.chains.count(), " chains");
  backend_.set_parameters(state_.parameters);
  if (problem_.chains > 0) backend_.set_chains(state_.chains);
}

/// Draws samples and fills in what they say about the energy.
Optimisation::Measurement Optimisation::measure(StepRecord& record) {
  const int thermalisation = state_.step == 0 ? job_.thermalisation : 0;
  Sampler::Draw draw = sampler_.draw(state_.sweeps, thermalisation, record.clock);
  std::vector<std::complex<double>> energies(problem_.samples);
  interruption_.poll();
  {
    const auto scope = record.clock.measure(Phase::local_energy);
    record.local_energy_evaluations = backend_.sample_local_energies(energies);
  }
  interruption_.poll();
  require_finite(energies);
  const EnergyEstimate energy = estimate(energies, draw.weights, problem_.chains);
  const int sites = problem_.system.hamiltonian.sites;
  record.energy = energy.mean.real() / sites;
  record.energy_error = energy.error / sites;
  record.variance = energy.variance / (static_cast<double>(sites) * sites);
  record.v_score = energy.v_score(sites);
  record.acceptance = draw.acceptance;
  record.sampling_evaluations = draw.evaluated;
  return {std::move(draw.weights), std::move(energies), energy, draw.sweeps};
}

/// The state after the step that `measured` belongs to.
RunState Optimisation::updated(const Measurement& measured, StepRecord& record) {
  const std::vector<double> residuals =
      energy_residuals(measured.energies, measured.weights, measured.energy.mean);
  Direction direction =
      reconfiguration_.direction(backend_, measured.weights, residuals, diag_shift_(state_.step),
                                 {state_.previous_direction, state_.second_moment}, record.clock);
  const double limit = job_.optimizer == Optimizer::spring ? job_.norm_limit : 0.0;
  const double rate = limited_rate(learning_rate_(state_.step), direction.delta, limit);

  record.step = state_.step + 1;
  record.learning_rate = rate;
  record.diag_shift = direction.diag_shift;
  record.diag_shift_raises = direction.diag_shift_raises;
  record.gram_precision = direction.gram_precision;

  RunState next;
  next.step = record.step;
  next.sweeps = state_.sweeps + measured.sweeps;
  next.parameters = moved(state_.parameters, rate, direction.delta);
  if (job_.optimizer != Optimizer::sr) next.previous_direction = std::move(direction.delta);
  next.second_moment = std::move(direction.second_moment);
  if (problem_.chains > 0) next.chains = backend_.chains();
  next.energy_history = extended_history(measured);
  return next;
}

/// The samples are in the order of slots, which are the rows of the history.
std::vector<double> Optimisation::extended_history(const Measurement& measured) const {
  if (problem_.chains == 0) return {};
  std::vector<double> history = state_.energy_history;
  for (const std::complex<double>& energy : measured.energies) {
    history.push_back(energy.real() / problem_.system.hamiltonian.sites);
  }
  const std::size_t capacity = kHistorySteps * problem_.samples;
  if (history.size() > capacity) {
    history.erase(history.begin(), history.end() - static_cast<std::ptrdiff_t>(capacity));
  }
  return history;
}

void Optimisation::diagnose(const std::vector<double>& history, StepRecord& record) const {
  if (problem_.chains == 0) return;
  const ChainDiagnostics diagnostics =
      diagnose_chains(history, problem_.chains, problem_.samples / problem_.chains);
  record.r_hat = diagnostics.r_hat;
  record.tau = diagnostics.tau;
}

/// With the parameters and samples that the energy was measured with.
void Optimisation::look_at_attention(const Measurement& measured, StepRecord& record) const {
  const auto every = static_cast<std::uint64_t>(job_.attention_every);
  if (every == 0 || record.step % every != 0) return;
  AttentionStatistics statistics(problem_.system.network, state_.parameters);
  statistics.add(backend_, backend_.samples(), measured.weights);
  const std::vector<double> spread = statistics.maps().spread;
  const auto heads = static_cast<std::ptrdiff_t>(problem_.system.network.heads);
  for (auto layer = spread.begin(); layer != spread.end(); layer += heads) {
    record.attention_spread.emplace_back(layer, layer + heads);
  }
}

void Optimisation::restore_chains() {
  if (problem_.chains > 0) backend_.set_chains(state_.chains);
}

/// What failed first is what the user must read: a device that is lost fails here again.
void Optimisation::restore_chains_after_failure() noexcept {
  try {
    restore_chains();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
  }
}

StepRecord Optimisation::step() {
  StepRecord record;
  try {
    const Measurement measured = measure(record);
    RunState next = updated(measured, record);
    const auto scope = record.clock.measure(Phase::update);
    diagnose(next.energy_history, record);
    look_at_attention(measured, record);
    backend_.set_parameters(next.parameters);
    state_ = std::move(next);
  } catch (...) {
    restore_chains_after_failure();
    throw;
  }
  return record;
}

StepRecord Optimisation::evaluate() {
  StepRecord record;
  record.step = state_.step;
  try {
    const Measurement measured = measure(record);
    diagnose(extended_history(measured), record);
  } catch (...) {
    restore_chains_after_failure();
    throw;
  }
  restore_chains();
  return record;
}

}  // namespace plaquette
