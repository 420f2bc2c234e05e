#include <algorithm>

#include "cuda/cholesky.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/jacobian.hpp"
#include "cuda/local_energy.hpp"
#include "cuda/phase_networks.hpp"
#include "cuda/sampler.hpp"
#include "plaquette/model/parameter_table.hpp"

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

std::size_t workspace_bytes(const PhaseNetworks& networks, const Problem& problem) {
  const auto evaluation = [](const WaveFunction& psi, std::size_t configurations) {
    return psi.workspace_bytes(std::min(psi.window(), configurations));
  };
  const std::size_t capacity = local_energy_capacity(problem);
  const std::size_t gradients = networks.with_log_derivatives([&](const auto& network) {
    return network.gradient_workspace_bytes(
        std::min(network.gradient_window(), std::max(problem.samples, kGivenConfigurations)));
  });
  return std::max(
      {evaluation(networks.sampling(), problem.chains),
       evaluation(networks.local_energy(),
                  capacity * std::max<std::size_t>(1, problem.system.hamiltonian.bonds.size())),
       gradients});
}

MemoryPlan plan_memory(const Problem& problem, const Resources& resources,
                       std::size_t activation_bytes) {
  const std::size_t free = free_device_memory();
  // Windows are counted on a network of the job's shape, whose parameters must fit to begin with.
  const std::size_t least = 2 * problem.system.parameters.size * sizeof(double);
  if (least > free) refuse(least, free);
  const Stream stream;
  const Blas blas(stream, FloatProducts::exact);
  const PhaseNetworks networks(problem, blas, activation_bytes);
  const std::size_t parameters = problem.system.parameters.size;
  const std::size_t M = problem.samples;

  MemoryPlan plan;
  // What is left out of the plan: the libraries' own buffers, and other users of the device.
  plan.limit = resources.memory_limit > 0 ? resources.memory_limit : free / 20 * 19;
  plan.items = {{"network parameters", networks.parameter_bytes()},
                {"activations", workspace_bytes(networks, problem)},
                {"chains", Sampler::device_bytes(problem)},
                {"samples", Configurations::bytes(problem.system.hamiltonian.sites, M)},
                {"connected states", LocalEnergy::device_bytes(problem.system.hamiltonian,
                                                               local_energy_capacity(problem),
                                                               networks.local_energy().window())}};
  if (M > 0) {
    const std::size_t n = problem.gram_form == GramForm::samples ? 2 * M : parameters;
    const JacobianBytes jacobian = jacobian_bytes(problem, parameters);
    plan.items.push_back({"Gram matrix", n * (n + 2) * sizeof(double)});
    plan.items.push_back({"Cholesky scratch", Cholesky::device_bytes(n)});
    plan.items.push_back({"log-derivative slice", jacobian.fixed});
    const std::size_t needed = plan.total() + jacobian.slice * jacobian.per_column;
    if (needed > plan.limit) refuse(needed, plan.limit);
    const std::size_t affordable = (plan.limit - plan.total()) / jacobian.per_column;
    plan.parameters_per_block =
        affordable >= parameters ? parameters : affordable / jacobian.slice * jacobian.slice;
    plan.items.push_back({"log-derivative block", plan.parameters_per_block * jacobian.per_column});
  }
  if (plan.total() > std::min(plan.limit, free)) refuse(plan.total(), std::min(plan.limit, free));
  return plan;
}

}  // namespace plaquette::cuda
