#include "plaquette/vmc/sample_rounds.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "plaquette/physics/metropolis.hpp"
#include "plaquette/physics/sector.hpp"
#include "plaquette/vmc/estimate.hpp"

namespace plaquette {

namespace {

using Complex = std::complex<double>;

ConfigurationBatch random_chains(const Job& job, int sites) {
  ConfigurationBatch chains(sites, job.chains);
  for (std::size_t chain = 0; chain < job.chains; ++chain) {
    random_configuration(job.seed, static_cast<std::uint32_t>(chain), sites, chains[chain]);
  }
  return chains;
}

/// |ψ|^power relative to the largest amplitude of the first round, so that nothing overflows.
class RelativeWeights {
 public:
  explicit RelativeWeights(double power) : power_(power) {}

  std::vector<double> operator()(const std::vector<Complex>& log_psi) {
    if (!reference_) reference_ = largest_log_amplitude(log_psi);
    return relative_weights(log_psi, power_, *reference_);
  }

 private:
  double power_;
  std::optional<double> reference_;
};

}  // namespace

Problem make_measurement_problem(const Job& job) {
  Problem problem = make_problem(job);
  problem.samples = 0;
  problem.caller_bytes = 0;
  return problem;
}

std::size_t sample_rounds(const Job& job, const SamplingPlan& plan) {
  if (job.sampler == SamplerKind::full_sum) return 1;
  if (plan.samples == 0 || plan.samples % job.chains != 0) {
    throw InputError(
        concat("--samples ", plan.samples, ": must be a multiple of --chains ", job.chains));
  }
  if (plan.samples < 2) {
    throw InputError(concat("--samples ", plan.samples, ": must be at least 2"));
  }
  if (plan.thermalisation < 0) {
    throw InputError(concat("--thermalisation ", plan.thermalisation, ": must be at least 0"));
  }
  PLAQUETTE_REQUIRE(plan.chains.count() == 0 || plan.chains.count() == job.chains,
                    plan.chains.count(), " chains");
  return plan.samples / job.chains;
}

SweepCounts visit_samples(const Job& job, Backend& backend, const SamplingPlan& plan,
                          const std::function<void(const SampleRound&)>& visit) {
  const std::size_t rounds = sample_rounds(job, plan);
  const int sites = make_lattice(job.lattice, job.L).sites();
  const bool full_sum = job.sampler == SamplerKind::full_sum;
  RelativeWeights weights(full_sum ? 2.0 : 2.0 - job.sampling_power);
  const auto show = [&](std::size_t round, const ConfigurationBatch& states) {
    std::vector<Complex> log_psi(states.count());
    backend.log_psi(states, log_psi);
    const std::vector<double> weight = weights(log_psi);
    visit({round, states, log_psi, weight});
  };
  SweepCounts counts;
  if (full_sum) {
    show(0, ConfigurationBatch(sites, zero_magnetisation_states(sites)));
    return counts;
  }
  backend.set_chains(plan.chains.count() > 0 ? plan.chains : random_chains(job, sites));
  std::uint64_t sweep = plan.first_sweep;
  backend.advance(sweep, plan.thermalisation);
  sweep += static_cast<std::uint64_t>(plan.thermalisation);
  for (std::size_t round = 0; round < rounds; ++round) {
    const SweepCounts made = backend.advance(sweep, job.sweeps);
    sweep += static_cast<std::uint64_t>(job.sweeps);
    counts.proposed += made.proposed;
    counts.accepted += made.accepted;
    counts.evaluated += made.evaluated;
    show(round, backend.chains());
    if (plan.on_round) plan.on_round((round + 1) * job.chains);
  }
  return counts;
}

}  // namespace plaquette
