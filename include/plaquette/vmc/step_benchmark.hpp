#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "plaquette/backend/backend.hpp"
#include "plaquette/base/phase_clock.hpp"
#include "plaquette/vmc/job.hpp"
#include "plaquette/vmc/optimisation.hpp"

namespace plaquette {

/// What repeats of one piece of work took. FLOPs are the least that the mathematics needs, a
/// multiply-add counted as two.
struct WorkTiming {
  Precision precision = Precision::fp64;
  std::vector<double> seconds;  ///< by repeat
  double evaluations = 0;       ///< networks evaluated or differentiated in a repeat; 0: none
  double flops = 0;             ///< of a repeat; 0: not counted

  double median() const;  ///< seconds
  double least() const;
  double most() const;
  double gflops() const { return 1e-9 * flops / median(); }
};

/// Times of whole optimisation steps and of their phases. The phases of a repeat, the forward pass
/// aside, add up to its step.
struct StepTimes {
  WorkTiming forward;  ///< log ψ of all samples; no part of a step
  std::array<WorkTiming, kPhaseNames.size()> phases;
  WorkTiming step;  ///< wall time

  const WorkTiming& of(Phase phase) const { return phases[static_cast<std::size_t>(phase)]; }
  WorkTiming& of(Phase phase) { return phases[static_cast<std::size_t>(phase)]; }

  struct Row {
    const char* name;
    const WorkTiming* timing;
  };
  /// The forward pass, and the phases in the order in which they run; the step is left out.
  std::vector<Row> rows() const;
};

/// Times Optimisation::step() itself, with everything that a step does, at a learning rate that
/// moves nothing: every step refreshes all that depends on the parameters, yet the next one has the
/// same network. It starts amid a search: chains thermalised, the history of their energies full.
class StepBenchmark {
 public:
  /// The backend must have been made for make_problem(job), with chains, and outlive this.
  /// parameters (P) are those of the network; empty for the ones that the job's search starts with.
  StepBenchmark(const Job& job, Backend& backend, std::vector<double> parameters = {});

  /// One step, and a forward pass over its samples. Returns the seconds of the step. Throws as
  /// Optimisation::step() does.
  double repeat();
  /// Leaves out what was timed so far: the caller's repeats to warm up.
  void forget() { times_ = no_times(); }

  const StepTimes& times() const { return times_; }

 private:
  StepTimes no_times() const;
  double forward_flops(Precision precision) const;  // of one configuration

  Problem problem_;
  Backend& backend_;
  StepTimes times_;
  Optimisation optimisation_;
};

}  // namespace plaquette
