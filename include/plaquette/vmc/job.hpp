#pragma once

#include <cstddef>
#include <cstdint>

#include "plaquette/backend/backend.hpp"
#include "plaquette/vmc/choices.hpp"

namespace plaquette {

/// A ground-state search, fully resolved: the physics, the network, how to sample and how to
/// optimise. Plain values; the same job on the same backend gives the same numbers.
/// These defaults are what a file means that lacks a key; a new search begins with default_job().
struct Job {
  // physics and network
  LatticeKind lattice = LatticeKind::square;
  int L = 4;
  Couplings couplings;
  NetworkChoice network;
  SymmetryChoice symmetry;

  // sampling
  SamplerKind sampler = SamplerKind::exchange;
  std::size_t chains = 1024;
  std::size_t samples = 1024;  ///< a multiple of chains
  int sweeps = 1;              ///< between samples of a chain
  int thermalisation = 10;     ///< sweeps before the first step
  int exchange_range = 2;
  double sampling_power = 2;  ///< chains follow |ψ|^power; samples are weighted by |ψ|^(2 − power)

  // optimisation
  int steps = 300;
  Optimizer optimizer = Optimizer::sr;
  double learning_rate = 0.03;
  ScheduleKind schedule = ScheduleKind::constant;
  int schedule_steps = 0;  ///< 0: `steps`
  int schedule_start = 0;  ///< the step from which the schedules run
  double diag_shift = 1e-3;
  ScheduleKind diag_shift_schedule = ScheduleKind::constant;
  double diag_shift_end = 1e-4;  ///< where the shift's schedule ends
  double momentum = 0.95;        ///< μ of SPRING and MARCH
  double march_decay = 0.995;    ///< β of MARCH
  double norm_limit = 1.0;       ///< SPRING: cap on the length of the update; 0: none

  int attention_every = 0;  ///< steps between looks at the spread of the attention; 0: never

  std::uint64_t seed = 0;
  PrecisionPolicy precision;
};

/// The job's system. Throws InputError that names the option that is wrong.
System make_system(const Job& job);

/// The backend's view of the job. Throws InputError that names the option that is wrong.
Problem make_problem(const Job& job);

}  // namespace plaquette
