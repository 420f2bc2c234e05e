#include "plaquette/vmc/attention_study.hpp"

#include "backend_choice.hpp"
#include "commands.hpp"
#include "fmt/core.h"
#include "plaquette/io/configurations_file.hpp"
#include "subject.hpp"

namespace plaquette {
namespace {

struct AttentionOptions {
  std::string configurations;
  bool freeze = true;
  SubjectOutput output{.stem = "attention"};
};

AttentionStudy look(const Subject& subject, const AttentionOptions& given) {
  const Configuration& configuration = subject.configuration;
  const Job& job = configuration.job;
  std::optional<ConfigurationBatch> inputs;
  if (!given.configurations.empty()) {
    inputs = read_configurations(given.configurations, make_lattice(job.lattice, job.L).sites());
  } else {
    (void)sample_rounds(job, subject.sampling());  // refuses a plan that is impossible
  }
  const auto backend = make_backend(configuration, make_measurement_problem(job));
  tell_magnet(subject, given.output.json);
  announce_auto_backend(configuration, given.output.quiet);
  backend->set_parameters(subject.parameters);
  const SamplingPlan plan = told_sampling(subject, given.output.quiet);
  AttentionStudy found = inputs ? study_attention(job, subject.parameters, *backend, *inputs)
                                : study_attention(job, subject.parameters, *backend, plan);
  if (given.freeze && found.shape.has_query_key()) {
    found.freezing = freezing_cost(job, subject.parameters, found.maps, backend->kind(),
                                   configuration.resources, plan);
  }
  return found;
}

void print_study(const AttentionStudy& found) {
  fmt::print("attention {}, {} inputs\n", word(found.shape.attention), found.count);
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
        define_subject_output(options, given.output, "replace the files of an earlier look");
      },
      [](Job&) {});
  if (!subject) return 0;
  const ResultFiles files = result_files(*subject, given.output);
  const AttentionStudy found = look(*subject, given);
  conclude(results_of(found, *subject), files, given.output, [&] { print_study(found); });
  return 0;
}

}  // namespace plaquette
