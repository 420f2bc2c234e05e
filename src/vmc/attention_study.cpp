#include "plaquette/vmc/attention_study.hpp"

#include <algorithm>
#include <cmath>

#include "plaquette/backend/registry.hpp"
#include "plaquette/vmc/measurement.hpp"

namespace plaquette {
namespace {

NetworkShape shape_of(const Job& job) {
  return make_network_shape(make_lattice(job.lattice, job.L), job.network);
}

Estimate energy_of(const Job& job, std::span<const double> parameters, BackendKind kind,
                   const Resources& resources, const SamplingPlan& plan) {
  const auto backend = make_backend(kind, make_measurement_problem(job), resources);
  backend->set_parameters(parameters);
  return measure(job, *backend, ObservableSet::energy, plan).energy;
}

}  // namespace

std::vector<double> AttentionStudy::mean_over_heads() const {
  const auto heads = static_cast<std::size_t>(shape.heads);
  const auto n = static_cast<std::size_t>(shape.tokens());
  const std::size_t map = n * n;
  std::vector<double> averaged(maps.mean.size() / heads, 0.0);
  for (std::size_t e = 0; e < maps.mean.size(); ++e) {
    const std::size_t layer = e / (heads * map);
    averaged[layer * map + e % map] += maps.mean[e] / static_cast<double>(heads);
  }
  return averaged;
}

AttentionStudy study_attention(const Job& job, std::span<const double> parameters, Backend& backend,
                               const SamplingPlan& plan) {
  const NetworkShape shape = shape_of(job);
  AttentionStatistics statistics(shape, parameters);
  std::size_t count = 0;
  visit_samples(job, backend, plan, [&](const SampleRound& round) {
    statistics.add(backend, round.states, round.weights);
    count += round.states.count();
  });
  return {.shape = shape,
          .maps = statistics.maps(),
          .position = statistics.position(),
          .inputs = {},
          .count = count};
}

AttentionStudy study_attention(const Job& job, std::span<const double> parameters, Backend& backend,
                               const ConfigurationBatch& inputs) {
  const NetworkShape shape = shape_of(job);
  AttentionStatistics statistics(shape, parameters);
  std::vector<double> each;
  statistics.add(backend, inputs, std::vector<double>(inputs.count(), 1.0), &each);
  return {.shape = shape,
          .maps = statistics.maps(),
          .position = statistics.position(),
          .inputs = std::move(each),
          .count = inputs.count()};
}

FreezingCost freezing_cost(const Job& job, std::span<const double> parameters,
                           const AttentionMaps& maps, BackendKind kind, const Resources& resources,
                           SamplingPlan plan) {
  const FrozenNetwork frozen =
      freeze_attention(make_lattice(job.lattice, job.L), job.network, parameters, maps);
  FreezingCost cost;
  cost.energy = energy_of(job, parameters, kind, resources, plan);
  plan.thermalisation = std::max(plan.thermalisation, kSweepsFromAfar);
  Job with_frozen = job;
  with_frozen.network = frozen.network;
  cost.frozen = energy_of(with_frozen, frozen.parameters, kind, resources, plan);
  cost.change = {cost.frozen.mean - cost.energy.mean,
                 std::hypot(cost.frozen.error, cost.energy.error)};
  return cost;
}

}  // namespace plaquette
