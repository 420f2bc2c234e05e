#include <cmath>

#include "backend_choice.hpp"
#include "commands.hpp"
#include "fmt/core.h"
#include "messages.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/io/configurations_file.hpp"
#include "plaquette/vmc/attention_statistics.hpp"
#include "plaquette/vmc/measurement.hpp"
#include "subject.hpp"

namespace plaquette {
namespace {

struct AttentionOptions {
  std::string configurations;
  bool freeze = true;
  std::string out;
  bool force = false;
  bool quiet = false;
  bool json = false;
};

/// What freezing the softmax part to its mean does to the energy per site.
struct FreezingCost {
  Estimate energy;
  Estimate frozen;
  Estimate change;  ///< frozen − energy
};

struct Findings {
  NetworkShape shape;
  AttentionMaps maps;
  std::vector<double> position;  // (layers, h, n, n)
  std::vector<double> inputs;    // (count, layers, h, n, n) α of given configurations
  std::size_t count = 0;         // inputs looked at
  std::optional<FreezingCost> freezing;
};

Measurement energy_of(const Subject& subject, const NetworkChoice& network,
                      const std::vector<double>& parameters, const SamplingPlan& plan) {
  Job job = subject.options.job;
  job.network = network;
  const auto backend = make_backend(subject.options.chosen_backend(), make_measurement_problem(job),
                                    subject.options.resources);
  backend->set_parameters(parameters);
  return measure(job, *backend, ObservableSet::energy, plan);
}

FreezingCost freezing_cost(const Subject& subject, const AttentionMaps& maps, bool quiet) {
  const Job& job = subject.options.job;
  const FrozenNetwork frozen =
      freeze_attention(make_lattice(job.lattice, job.L), job.network, subject.parameters, maps);
  FreezingCost cost;
  SamplingPlan plan = subject.sampling(quiet);
  cost.energy = energy_of(subject, job.network, subject.parameters, plan).energy;
  // The chains are those of the network that was not frozen.
  plan.thermalisation = std::max(plan.thermalisation, kSweepsFromAfar);
  cost.frozen = energy_of(subject, frozen.network, frozen.parameters, plan).energy;
  cost.change = {cost.frozen.mean - cost.energy.mean,
                 std::hypot(cost.frozen.error, cost.energy.error)};
  return cost;
}

Findings look(const Subject& subject, const AttentionOptions& given) {
  const Job& job = subject.options.job;
  const Lattice lattice = make_lattice(job.lattice, job.L);
  const NetworkShape shape = make_network_shape(lattice, job.network);
  std::optional<ConfigurationBatch> inputs;
  if (!given.configurations.empty()) {
    inputs = read_configurations(given.configurations, lattice.sites());
  }
  const auto backend = make_backend(subject.options.chosen_backend(), make_measurement_problem(job),
                                    subject.options.resources);
  tell_magnet(subject, given.json);
  announce_auto_backend(subject.options, given.quiet);
  backend->set_parameters(subject.parameters);
  AttentionStatistics statistics(shape, subject.parameters);
  Findings found{.shape = shape,
                 .maps = {},
                 .position = statistics.position(),
                 .inputs = {},
                 .count = 0,
                 .freezing = {}};
  if (!inputs) {
    visit_samples(job, *backend, subject.sampling(given.quiet), [&](const SampleRound& round) {
      statistics.add(*backend, round.states, round.weights);
      found.count += round.states.count();
    });
  } else {
    statistics.add(*backend, *inputs, std::vector<double>(inputs->count(), 1.0), &found.inputs);
    found.count = inputs->count();
  }
  found.maps = statistics.maps();
  if (given.freeze && shape.has_query_key()) {
    found.freezing = freezing_cost(subject, found.maps, given.quiet);
  }
  return found;
}

Results results_of(const Findings& found, const Subject& subject) {
  const Job& job = subject.options.job;
  const NetworkShape& shape = found.shape;
  const auto layers = static_cast<std::size_t>(shape.layers);
  const auto heads = static_cast<std::size_t>(shape.heads);
  const auto n = static_cast<std::size_t>(shape.tokens());
  const Results::Shape maps{layers, heads, n, n};
  Results results;
  record_magnet(results, subject);
  results.text("attention", std::string(word(job.network.attention)));
  results.integer("layers", shape.layers);
  results.integer("heads", shape.heads);
  results.integer("token_rows", shape.token_rows);
  results.integer("token_columns", shape.token_columns);
  results.integer("inputs", static_cast<std::int64_t>(found.count));
  results.array("mean", maps, found.maps.mean);
  std::vector<double> averaged(layers * n * n, 0.0);
  for (std::size_t e = 0; e < found.maps.mean.size(); ++e) {
    const std::size_t layer = e / (heads * n * n);
    averaged[layer * n * n + e % (n * n)] += found.maps.mean[e] / static_cast<double>(heads);
  }
  results.array("mean_over_heads", {layers, n, n}, std::move(averaged));
  results.array("position", maps, found.position);
  results.array("spread", {layers, heads}, found.maps.spread);
  results.array("spread_by_displacement",
                {layers, heads, static_cast<std::size_t>(shape.token_rows),
                 static_cast<std::size_t>(shape.token_columns)},
                found.maps.spread_by_displacement);
  if (shape.has_query_key()) {
    results.array("softmax", maps, found.maps.softmax);
    results.array("softmax_spread", {layers, heads}, found.maps.softmax_spread);
  }
  if (!found.inputs.empty()) {
    results.array("input_maps", {found.count, layers, heads, n, n}, found.inputs);
  }
  if (found.freezing) {
    results.number("energy_per_site", found.freezing->energy);
    results.number("frozen_energy_per_site", found.freezing->frozen);
    results.number("freezing_change", found.freezing->change);
  }
  return results;
}

void print_findings(const Findings& found, const Job& job) {
  fmt::print("attention {}, {} inputs\n", word(job.network.attention), found.count);
  fmt::print("spread of the weights over inputs, per head\n");
  const auto heads = static_cast<std::size_t>(found.shape.heads);
  for (std::size_t layer = 0; layer < static_cast<std::size_t>(found.shape.layers); ++layer) {
    fmt::print("  layer {}:", layer);
    for (std::size_t head = 0; head < heads; ++head) {
      fmt::print(" {:.4f}", found.maps.spread[layer * heads + head]);
    }
    fmt::print("\n");
  }
  if (!found.freezing) return;
  const auto line = [](const char* name, const Estimate& value) {
    fmt::print("{:<38} {:>12.8f} ± {:.8f}\n", name, value.mean, value.error);
  };
  line("energy per site", found.freezing->energy);
  line("with the weights frozen to their means", found.freezing->frozen);
  line("change", found.freezing->change);
}

}  // namespace

int attention_command(const Arguments& arguments) {
  AttentionOptions given;
  const std::optional<Subject> subject = parse_subject(
      arguments, "attention", "Attention maps, and how much they depend on the input.",
      [&](Options& options) {
        options.text("--configurations", given.configurations,
                     "look at these, one +/- line each, - for stdin; default: samples");
        options.flag("--freeze", given.freeze,
                     "measure the energy with the weights frozen to their means (default)",
                     "--no-freeze");
        options.text("--out", given.out,
                     "directory for attention.json and attention.h5; default: the run's");
        options.flag("--force", given.force, "replace the files of an earlier look");
        options.flag("--quiet", given.quiet, "no progress on stderr");
        options.flag("--json", given.json, "print the results as JSON");
      },
      [](Job&) {});
  if (!subject) return 0;
  const ResultFiles files(*subject, given.out, "attention",
                          given.force ? Overwrite::yes : Overwrite::no);
  const Findings found = look(*subject, given);
  const Results results = results_of(found, *subject);
  files.write(results);
  if (given.json) {
    fmt::print("{}\n", results.json());
  } else {
    print_findings(found, subject->options.job);
    if (!given.quiet && !files.message().empty()) tell_line("{}", files.message());
  }
  return 0;
}

}  // namespace plaquette
