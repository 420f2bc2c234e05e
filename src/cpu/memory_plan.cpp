#include <algorithm>

#include "cpu/cpu_backend.hpp"
#include "cpu/jacobian.hpp"
#include "cpu/local_energy.hpp"
#include "cpu/phase_networks.hpp"
#include "cpu/sampler.hpp"
#include "plaquette/model/parameter_table.hpp"

namespace plaquette::cpu {
namespace {

double gibibytes(std::size_t bytes) { return static_cast<double>(bytes) / (1 << 30); }

[[noreturn]] void refuse(std::size_t needed, std::size_t limit) {
  throw CapacityError(concat("the job needs ", gibibytes(needed), " GiB of memory (", needed,
                             " bytes) and may use ", gibibytes(limit),
                             " GiB; lower --samples or the network's size, or raise "
                             "--memory-limit"));
}

}  // namespace

std::size_t workspace_bytes(const PhaseNetworks& networks, int sites) {
  const auto evaluation = [&](const WaveFunction& psi) {
    return psi.log_psi_workspace() + std::max(sampler_workspace(psi.micro_batch(), sites),
                                              local_energy_workspace(psi.micro_batch(), sites));
  };
  return std::max({evaluation(networks.sampling()), evaluation(networks.local_energy()),
                   networks.log_derivatives().gradient_workspace()});
}

MemoryPlan plan_memory(const Problem& problem, const Resources& resources) {
  if (problem.precision.tf32) {
    throw InputError("--tf32: only GPUs have such products; leave it out with --backend cpu");
  }
  const PhaseNetworks networks(problem);
  const std::size_t parameters = problem.system.parameters.size;
  const int sites = problem.system.hamiltonian.sites;
  const std::size_t words = static_cast<std::size_t>(words_for(sites)) * sizeof(std::uint64_t);
  const auto threads = static_cast<std::size_t>(thread_count(resources.threads));
  const std::size_t M = problem.samples;

  MemoryPlan plan;
  plan.limit = resources.memory_limit > 0 ? resources.memory_limit : default_memory_limit();
  plan.items = {{"network parameters", networks.parameter_bytes()},
                {"thread workspaces", threads * workspace_bytes(networks, sites)},
                {"chains", problem.chains * (words + sizeof(double))},
                {"samples", M * (words + 4 * sizeof(double))},
                // Parameters, direction, momentum, second moment and what the checkpoint copies.
                {"optimiser vectors", 8 * parameters * sizeof(double)},
                {"histories and observables", problem.caller_bytes}};
  if (M > 0) {
    const std::size_t n = problem.gram_form == GramForm::samples ? 2 * M : parameters;
    plan.items.push_back({"Gram matrix", n * (n + 1) * sizeof(double)});
    const std::size_t column = 2 * M * sizeof(double);
    const std::size_t slice = problem.gram_form == GramForm::samples
                                  ? std::min(parameters, Jacobian::kSlice)
                                  : parameters;
    const std::size_t needed = plan.total() + slice * column;
    if (needed > plan.limit) refuse(needed, plan.limit);
    const std::size_t affordable = (plan.limit - plan.total()) / column;
    plan.parameters_per_block =
        affordable >= parameters ? parameters : affordable / Jacobian::kSlice * Jacobian::kSlice;
    plan.items.push_back({"log-derivative block", plan.parameters_per_block * column});
  }
  if (plan.total() > plan.limit) refuse(plan.total(), plan.limit);
  return plan;
}

}  // namespace plaquette::cpu
