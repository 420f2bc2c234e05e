#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "plaquette/backend/backend.hpp"
#include "plaquette/physics/configuration.hpp"
#include "plaquette/vmc/job.hpp"

namespace plaquette {

/// Sweeps before the first sample where the chains are not those of the wave function.
inline constexpr int kSweepsFromAfar = 100;

/// How many samples of a fixed wave function are taken, and from where the chains set out.
struct SamplingPlan {
  std::size_t samples = 1024;  ///< a multiple of the chains; not used under full summation
  int thermalisation = kSweepsFromAfar;  ///< sweeps before the first sample
  ConfigurationBatch chains = {};        ///< empty: random ones from the job's seed
  std::uint64_t first_sweep = 0;
  /// Told after each round the samples taken so far; empty for none.
  std::function<void(std::size_t)> on_round = {};
};

/// One sample of every chain, or the whole sector.
struct SampleRound {
  std::size_t index;
  const ConfigurationBatch& states;               // (count) state k is that of chain k
  std::span<const std::complex<double>> log_psi;  // (count)
  std::span<const double> weights;                // (count) not normalised, alike in all rounds
};

/// The job without what only the optimisation needs: the backend then holds chains and evaluates
/// given configurations. Throws InputError as make_problem does.
Problem make_measurement_problem(const Job& job);

/// Rounds that the plan asks of the job's sampler; 1 under full summation. Throws InputError that
/// names the option if the plan is impossible.
std::size_t sample_rounds(const Job& job, const SamplingPlan& plan);

/// Samples |ψ|² with the backend's current parameters, or sums over the sector, and shows every
/// round to `visit`. The backend must have been made for make_measurement_problem(job). A state
/// of zero amplitude has weight 0. Throws NumericalError if an amplitude is not finite.
SweepCounts visit_samples(const Job& job, Backend& backend, const SamplingPlan& plan,
                          const std::function<void(const SampleRound&)>& visit);

}  // namespace plaquette
