#include "cpu/memory_plan.hpp"

#include <algorithm>

#include "cpu/cpu_backend.hpp"
#include "cpu/jacobian_operations.hpp"
#include "cpu/local_energy.hpp"
#include "cpu/sampler.hpp"

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

std::size_t workspace_bytes(const PhaseLayouts<Operations>& layouts, const Problem& problem) {
  const int sites = problem.system.hamiltonian.sites;
  const auto evaluation = [&](const auto& layout) {
    const std::size_t window = layout.window();
    return layout.log_psi_bytes(window) +
           std::max(sampler_workspace(window, sites), local_energy_workspace(window, sites));
  };
  const PrecisionPolicy& policy = layouts.policy();
  const std::size_t gram = problem.samples > 0 ? row_gram_workspace() : 0;
  return std::max({gram, layouts.with(policy.sampling, evaluation),
                   layouts.with(policy.local_energy, evaluation),
                   layouts.with(policy.log_derivatives, [](const auto& layout) {
                     return layout.gradient_bytes(layout.gradient_window());
                   })});
}

MemoryPlan plan_memory(const Problem& problem, const Resources& resources) {
  if (problem.precision.tf32) {
    throw InputError("--tf32: only GPUs have such products; leave it out with --backend cpu");
  }
  const PhaseLayouts<Operations> layouts(problem, 0);
  const std::size_t parameters = problem.system.parameters.size;
  const int sites = problem.system.hamiltonian.sites;
  const std::size_t words = static_cast<std::size_t>(words_for(sites)) * sizeof(std::uint64_t);
  const auto threads = static_cast<std::size_t>(thread_count(resources.threads));
  const std::size_t M = problem.samples;

  MemoryPlan plan;
  plan.limit = resources.memory_limit > 0 ? resources.memory_limit : default_memory_limit();
  plan.items = {{"network parameters", layouts.parameter_bytes()},
                {"thread workspaces", threads * workspace_bytes(layouts, problem)},
                {"chains", problem.chains * (words + sizeof(double))},
                {"samples", M * (words + 4 * sizeof(double))},
                // Parameters, direction, momentum, second moment and what the checkpoint copies.
                {"optimiser vectors", 8 * parameters * sizeof(double)},
                {"histories and observables", problem.caller_bytes}};
  if (M > 0) {
    const std::size_t n = jacobian_shape(problem, plan).gram_size();
    plan.items.push_back({"Gram matrix", n * (n + 1) * sizeof(double)});
    plan_jacobian(plan, problem, refuse);
  }
  if (plan.total() > plan.limit) refuse(plan.total(), plan.limit);
  return plan;
}

}  // namespace plaquette::cpu
