#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "plaquette/backend/backend.hpp"
#include "plaquette/base/interruption.hpp"
#include "plaquette/base/phase_clock.hpp"
#include "plaquette/physics/configuration.hpp"
#include "plaquette/vmc/job.hpp"
#include "plaquette/vmc/sampler.hpp"
#include "plaquette/vmc/schedule.hpp"
#include "plaquette/vmc/stochastic_reconfiguration.hpp"

namespace plaquette {

/// What one step found. Energies are per site in J1; the variance is that of the total energy
/// divided by N².
struct StepRecord {
  std::uint64_t step = 0;  ///< 1 for the first
  double energy = 0;
  double energy_error = 0;  ///< one standard deviation; 0 under full summation
  double variance = 0;
  double v_score = 0;  ///< N Var(H) / ⟨H⟩², total energies
  double acceptance = 0;
  std::optional<double> r_hat;  ///< split R̂ of the chains' energies over recent steps
  std::optional<double> tau;    ///< autocorrelation time, in samples of a chain
  double learning_rate = 0;     ///< what the update used, SPRING's cap included
  double diag_shift = 0;        ///< what the solve used in the end
  int diag_shift_raises = 0;    ///< times the shift had to be raised in this step
  Precision gram_precision = Precision::fp64;  ///< of the Gram matrix's products
  /// Spread of the attention over the samples (attention_statistics.hpp), by layer and head; empty
  /// in steps that do not look at it.
  std::vector<std::vector<double>> attention_spread;
  std::uint64_t sampling_evaluations = 0;      ///< networks evaluated to draw the samples
  std::uint64_t local_energy_evaluations = 0;  ///< and for their energies
  PhaseClock clock;                            ///< seconds per phase
};

/// Steps whose energies enter r_hat and tau.
inline constexpr std::size_t kHistorySteps = 32;

/// Everything the next step needs from the past. Saving and restoring it continues a run bit for
/// bit on the same backend.
struct RunState {
  std::uint64_t step = 0;                  ///< steps done
  std::uint64_t sweeps = 0;                ///< sweeps done by every chain
  std::vector<double> parameters;          ///< (P)
  std::vector<double> previous_direction;  ///< (P) for SPRING and MARCH, else empty
  std::vector<double> second_moment;       ///< (P) for MARCH, else empty
  ConfigurationBatch chains;               ///< empty under full summation
  /// Local energies per site of every chain over the last kHistorySteps steps, one row a sample,
  /// oldest first: (rows, chains).
  std::vector<double> energy_history;
};

/// The state before the first step: the parameters given, or the job's initial ones if there are
/// none, and fresh chains. Throws InputError if the job is wrong or the network has another number
/// of parameters.
RunState initial_state(const Job& job, std::vector<double> parameters);

/// Throws InputError that says what of the state is not of the job's shape.
void require_fits(const RunState& state, const Job& job);

/// A ground-state search in progress. The backend must have been made for `make_problem(job)` and
/// outlive it; between steps its parameters and chains are those of `state()`.
class Optimisation {
 public:
  Optimisation(const Job& job, Backend& backend, RunState state, Interruption interruption = {});

  /// One step: sample, measure, update. Throws, leaving `state()` as it was before the step:
  /// NumericalError if the energies or the update are not finite, Interrupted if asked to stop.
  StepRecord step();

  /// Energy of the current parameters, without moving the run: chains and counters are as before.
  /// The samples are those that the next step would draw. Throws as step() does.
  StepRecord evaluate();

  /// The state after the last step.
  const RunState& state() const { return state_; }

 private:
  struct Measurement;
  Measurement measure(StepRecord& record);
  RunState updated(const Measurement& measured, StepRecord& record);
  std::vector<double> extended_history(const Measurement& measured) const;
  void diagnose(const std::vector<double>& history, StepRecord& record) const;
  void look_at_attention(const Measurement& measured, StepRecord& record) const;
  void restore_chains();
  void restore_chains_after_failure() noexcept;

  Job job_;
  Problem problem_;
  Backend& backend_;
  Interruption interruption_;
  Sampler sampler_;
  StochasticReconfiguration reconfiguration_;
  Schedule learning_rate_;
  Schedule diag_shift_;
  RunState state_;
};

}  // namespace plaquette
