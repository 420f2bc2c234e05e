#include "cuda/memory_plan.hpp"

#include <algorithm>

#include "cuda/cholesky.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/local_energy.hpp"
#include "cuda/sampler.hpp"

namespace plaquette::cuda {
namespace {

/// Connected states listed at a time: more fill no device better.
constexpr std::size_t kListedStates = std::size_t{1} << 25;
/// Samples at a time where the problem names none.
constexpr std::size_t kSamplesOfNoProblem = 1024;

double gibibytes(std::size_t bytes) { return static_cast<double>(bytes) / (1 << 30); }

[[noreturn]] void refuse(std::size_t needed, std::size_t limit) {
  throw CapacityError(
      concat("the job needs ", gibibytes(needed), " GiB of device memory (", needed,
             " bytes) and may use ", gibibytes(limit),
             " GiB; lower --samples or the network's size, or give it more: a higher "
             "--memory-limit, a freer device"));
}

}  // namespace

std::size_t local_energy_capacity(const Problem& problem) {
  const std::size_t samples = problem.samples > 0 ? problem.samples : kSamplesOfNoProblem;
  const std::size_t bonds = std::max<std::size_t>(1, problem.system.hamiltonian.bonds.size());
  return std::clamp<std::size_t>(kListedStates / bonds, 1, samples);
}

std::size_t workspace_bytes(const PhaseLayouts<Operations>& layouts, const Problem& problem) {
  const auto evaluation = [](std::size_t configurations) {
    return [=](const auto& layout) {
      return layout.log_psi_bytes(std::min(layout.window(), configurations));
    };
  };
  const PrecisionPolicy& policy = layouts.policy();
  const std::size_t bonds = std::max<std::size_t>(1, problem.system.hamiltonian.bonds.size());
  const std::size_t differentiated = std::max(problem.samples, kGivenConfigurations);
  return std::max(
      {layouts.with(policy.sampling, evaluation(problem.chains)),
       layouts.with(policy.local_energy, evaluation(local_energy_capacity(problem) * bonds)),
       layouts.with(policy.log_derivatives, [&](const auto& layout) {
         return layout.gradient_bytes(std::min(layout.gradient_window(), differentiated));
       })});
}

MemoryPlan plan_memory(const Problem& problem, const Resources& resources,
                       std::size_t activation_bytes) {
  const std::size_t free = free_device_memory();
  const PhaseLayouts<Operations> layouts(problem, activation_bytes);
  if (layouts.fp32()) Operations<float>::require_runnable(layouts.fp32()->network.sizes());
  if (layouts.fp64()) Operations<double>::require_runnable(layouts.fp64()->network.sizes());
  const std::size_t M = problem.samples;

  MemoryPlan plan;
  // What is left out of the plan: the libraries' own buffers, and other users of the device.
  plan.limit = resources.memory_limit > 0 ? resources.memory_limit : free / 20 * 19;
  plan.items = {
      {"network parameters", layouts.parameter_bytes()},
      {"activations", workspace_bytes(layouts, problem)},
      {"chains", Sampler::device_bytes(problem)},
      {"samples", Configurations::bytes(problem.system.hamiltonian.sites, M)},
      {"connected states", LocalEnergy::device_bytes(
                               problem.system.hamiltonian, local_energy_capacity(problem),
                               layouts.with(problem.precision.local_energy,
                                            [](const auto& layout) { return layout.window(); }))}};
  if (M > 0) {
    const std::size_t n = jacobian_shape(problem, plan).gram_size();
    plan.items.push_back({"Gram matrix", n * (n + 2) * sizeof(double)});
    plan.items.push_back({"Cholesky scratch", Cholesky::device_bytes(n)});
    plan_jacobian(plan, problem, refuse);
  }
  if (plan.total() > std::min(plan.limit, free)) refuse(plan.total(), std::min(plan.limit, free));
  return plan;
}

}  // namespace plaquette::cuda
