#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "plaquette/backend/backend.hpp"
#include "plaquette/base/phase_clock.hpp"
#include "plaquette/physics/configuration.hpp"
#include "plaquette/vmc/job.hpp"

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
  double learning_rate = 0;
  double diag_shift = 0;            ///< what the solve used in the end
  int diag_shift_raises = 0;        ///< times the shift had to be raised in this step
  PhaseClock clock;                 ///< seconds per phase
};

/// Everything the next step needs from the past. Saving and restoring it continues a run bit for
/// bit on the same backend.
struct RunState {
  std::uint64_t step = 0;    ///< steps done
  std::uint64_t sweeps = 0;  ///< sweeps done by every chain
  std::vector<double> parameters;           ///< (P)
  std::vector<double> previous_direction;   ///< (P) for SPRING and MARCH, else empty
  std::vector<double> second_moment;        ///< (P) for MARCH, else empty
  ConfigurationBatch chains;                ///< empty under full summation
  /// Recent energies of every chain, one row a step, oldest first: (rows, chains).
  std::vector<double> energy_history;
};

/// The state before the first step: parameters (initial ones, or those given) and fresh chains.
RunState initial_state(const Job& job, std::vector<double> parameters);

/// A ground-state search in progress. The backend must have been made for `make_problem(job)` and
/// outlive it.
class Optimisation {
 public:
  Optimisation(const Job& job, Backend& backend, RunState state);

  /// One step: sample, measure, update. Throws NumericalError, leaving `state()` as it was before
  /// the step, if the energies or the update are not finite.
  StepRecord step();

  /// Energy of the current parameters, without moving the run: chains and counters are as before.
  StepRecord evaluate();

  /// The state after the last step; chains are fetched from the backend.
  const RunState& state();

 private:
  struct Samples;
  Samples draw_samples(PhaseClock& clock);

  Job job_;
  Backend& backend_;
  RunState state_;
};

}  // namespace plaquette
