#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "plaquette/backend/backend.hpp"
#include "plaquette/base/interruption.hpp"
#include "plaquette/base/phase_clock.hpp"
#include "plaquette/vmc/job.hpp"

namespace plaquette {

/// Decides which configurations become the backend's samples, and their weights: those of
/// persistent Metropolis chains, or all of the Sz = 0 sector.
class Sampler {
 public:
  /// The backend must have been made for make_problem(job) and outlive this.
  Sampler(const Job& job, Backend& backend, Interruption interruption = {});

  struct Draw {
    std::vector<double> weights;  ///< (M), Σ w = 1
    double acceptance = 1;        ///< of the sweeps between samples
    std::uint64_t sweeps = 0;     ///< made by every chain, thermalisation included
    std::uint64_t evaluated = 0;  ///< networks, those of thermalisation and weights included
  };

  /// Fills the backend's samples: s ~ |ψ|^power with weights |ψ(s)|^(2 − power), which are equal
  /// for power 2, or every s with weight |ψ(s)|².
  /// `first_sweep` numbers the chains' sweeps since the run began; `thermalisation` sweeps precede
  /// the first sample. Under full summation the samples are the same in every draw: nobody else may
  /// set the backend's. Time goes to Phase::sampling. Throws NumericalError if a log ψ that
  /// weights need is not finite; Interrupted between two pieces of sweeps.
  Draw draw(std::uint64_t first_sweep, int thermalisation, PhaseClock& clock);

 private:
  Draw sum_everything();
  Draw run_chains(std::uint64_t first_sweep, int thermalisation);
  /// Backend::advance in pieces, with a look at the interruption before each.
  SweepCounts advance(std::uint64_t first_sweep, int sweeps);
  /// |ψ|^power of the backend's samples, normalised.
  std::vector<double> weights(double power);

  Backend& backend_;
  Interruption interruption_;
  int sweeps_per_piece_ = 1;
  std::size_t slots_ = 0;      // samples per chain; 0 under full summation
  std::size_t samples_ = 0;    // M
  int sweeps_ = 1;             // between samples
  double power_ = 2;           // chains follow |ψ|^power
  ConfigurationBatch sector_;  // (M) under full summation until the backend has it, else empty
};

}  // namespace plaquette
