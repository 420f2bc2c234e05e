#include "plaquette/vmc/job.hpp"

#include <cstdint>

#include "plaquette/model/parameter_table.hpp"
#include "plaquette/physics/projected_space.hpp"
#include "plaquette/physics/sector.hpp"
#include "plaquette/vmc/optimisation.hpp"

namespace plaquette {

namespace {

/// Throws InputError unless low ≤ value ≤ high; NaN is outside.
template <class Number>
void require_within(const char* option, Number value, Number low, Number high) {
  if (!(value >= low && value <= high)) {
    throw InputError(concat(option, ' ', value, ": must be from ", low, " to ", high));
  }
}

/// Throws InputError unless 0 < value ≤ high.
void require_positive(const char* option, double value, double high) {
  if (!(value > 0 && value <= high)) {
    throw InputError(concat(option, ' ', value, ": must be above 0 and at most ", high));
  }
}

void check_sampling(const Job& job, const Lattice& lattice) {
  if (job.sampler == SamplerKind::full_sum) {
    if (lattice.sites() > kMaxEnumeratedSites) {
      throw InputError(concat("--sampler full-sum: the lattice has ", lattice.sites(),
                              " sites, at most ", kMaxEnumeratedSites,
                              " can be summed over; use --sampler exchange"));
    }
    return;
  }
  constexpr std::size_t kMost = std::size_t{1} << 24;
  constexpr int kMostSweeps = 1'000'000;
  require_within<std::size_t>("--chains", job.chains, 1, kMost);
  require_within<std::size_t>("--samples", job.samples, 2, kMost);
  if (job.samples % job.chains != 0) {
    throw InputError(
        concat("--samples ", job.samples, ": must be a multiple of --chains ", job.chains));
  }
  require_within("--sweeps", job.sweeps, 1, kMostSweeps);
  require_within("--thermalisation", job.thermalisation, 0, kMostSweeps);
  require_positive("--sampling-power", job.sampling_power, 2.0);
}

void check_precision(const PrecisionPolicy& precision) {
  const bool fp32 = precision.sampling == Precision::fp32 &&
                    precision.local_energy == Precision::fp32 &&
                    precision.log_derivatives == Precision::fp32;
  if (precision.tf32 && !fp32) throw InputError("--tf32: needs --precision fp32");
}

void check_optimisation(const Job& job) {
  constexpr int kMostSteps = 1'000'000'000;
  require_within("--steps", job.steps, 0, kMostSteps);
  require_within("--attention-every", job.attention_every, 0, kMostSteps);
  require_within("--schedule-steps", job.schedule_steps, 0, kMostSteps);
  require_within("--schedule-start", job.schedule_start, 0, kMostSteps);
  require_positive("--learning-rate", job.learning_rate, 10.0);
  require_within("--diag-shift", job.diag_shift, 0.0, 1e6);
  require_within("--diag-shift-end", job.diag_shift_end, 0.0, 1e6);
  if (!(job.momentum >= 0 && job.momentum < 1)) {
    throw InputError(concat("--momentum ", job.momentum, ": must be at least 0 and below 1"));
  }
  require_positive("--march-decay", job.march_decay, 1.0);
  require_within("--norm-limit", job.norm_limit, 0.0, 1e6);
}

}  // namespace

System make_system(const Job& job) {
  const Lattice lattice = make_lattice(job.lattice, job.L);
  const NetworkShape network = make_network_shape(lattice, job.network);
  System system{.lattice = lattice,
                .hamiltonian = make_hamiltonian(lattice, job.couplings),
                .network = network,
                .parameters = make_parameter_table(network)};
  system.symmetry = symmetry_operations(lattice, system.hamiltonian, job.network.patch,
                                        !job.network.translation_invariant, job.symmetry);
  require_projected_space(lattice, job.network.patch, job.network.translation_invariant,
                          system.symmetry);
  if (job.sampler == SamplerKind::exchange) {
    system.exchange_pairs = exchange_pairs(lattice, job.exchange_range);
  }
  return system;
}

Problem make_problem(const Job& job) {
  Problem problem{.system = make_system(job), .seed = job.seed, .precision = job.precision};
  const Lattice& lattice = problem.system.lattice;
  check_sampling(job, lattice);
  check_optimisation(job);
  check_precision(job.precision);
  if (job.sampler == SamplerKind::full_sum) {
    problem.samples = zero_magnetisation_states(lattice.sites()).size();
  } else {
    problem.chains = job.chains;
    problem.samples = job.samples;
    problem.sampling_power = job.sampling_power;
  }
  // The energies of the chains: this step's, the next one's, and two copies for a checkpoint.
  problem.caller_bytes =
      problem.chains == 0 ? 0 : 4 * kHistorySteps * problem.samples * sizeof(double);
  problem.gram_form = problem.system.parameters.size < 2 * problem.samples ? GramForm::parameters
                                                                           : GramForm::samples;
  return problem;
}

}  // namespace plaquette
