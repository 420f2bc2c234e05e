#include "plaquette/vmc/measurement.hpp"

#include "backend_choice.hpp"
#include "commands.hpp"
#include "fmt/core.h"
#include "subject.hpp"

namespace plaquette {
namespace {

void print_estimate(const char* name, const Estimate& value) {
  fmt::print("{:<22} {:>12.8f} ± {:.8f}\n", name, value.mean, value.error);
}

void print_measurement(const Measurement& found) {
  print_estimate("energy per site", found.energy);
  fmt::print("{:<22} {:>12.4e} ± {:.1e}\n", "variance", found.variance.mean, found.variance.error);
  fmt::print("{:<22} {:>12.4e} ± {:.1e}\n", "V-score", found.v_score.mean, found.v_score.error);
  if (found.staggered) print_estimate("staggered m²", *found.staggered);
  if (found.stripe) print_estimate("stripe m²", *found.stripe);
  fmt::print("{:<22} {:>12}\n", "samples", found.samples);
  fmt::print("{:<22} {:>12.3f}\n", "acceptance", found.acceptance);
  if (found.tau) fmt::print("{:<22} {:>12.3f}\n", "tau", *found.tau);
  if (found.r_hat) fmt::print("{:<22} {:>12.4f}\n", "R-hat", *found.r_hat);
}

}  // namespace

int measure_command(const Arguments& arguments) {
  ObservableSet observables = ObservableSet::all;
  SubjectOutput output{.stem = "measure"};
  const std::optional<Subject> subject = parse_subject(
      arguments, "measure", "Observables of a wave function, with error bars.",
      [&](Options& options) {
        options.word("--observables", observables, "what to measure");
        define_subject_output(options, output, "replace files of an earlier measurement");
      },
      ask_for_diagnostics);
  if (!subject) return 0;
  const Job& job = subject->configuration.job;
  const ResultFiles files = result_files(*subject, output);
  const auto backend =
      make_backend(subject->configuration, make_measurement_problem(job, observables));
  tell_magnet(*subject, output.json);
  announce_auto_backend(subject->configuration, output.quiet);
  backend->set_parameters(subject->parameters);
  const Measurement found =
      measure(job, *backend, observables, told_sampling(*subject, output.quiet));
  conclude(results_of(found, *subject), files, output, [&] { print_measurement(found); });
  return 0;
}

}  // namespace plaquette
