#include "plaquette/vmc/measurement.hpp"

#include "backend_choice.hpp"
#include "commands.hpp"
#include "fmt/core.h"
#include "messages.hpp"
#include "plaquette/backend/registry.hpp"
#include "subject.hpp"

namespace plaquette {
namespace {

Results results_of(const Measurement& found, const Subject& subject) {
  const Job& job = subject.options.job;
  const Lattice lattice = make_lattice(job.lattice, job.L);
  const Results::Shape grid{static_cast<std::size_t>(lattice.rows),
                            static_cast<std::size_t>(lattice.columns)};
  Results results;
  record_magnet(results, subject);
  if (job.sampler == SamplerKind::exchange) {
    results.integer("chains", static_cast<std::int64_t>(job.chains));
  }
  results.integer("samples", static_cast<std::int64_t>(found.samples));
  results.number("energy_per_site", found.energy.mean);
  results.number("energy_error", found.energy.error);
  results.number("variance", found.variance.mean);
  results.number("variance_error", found.variance.error);
  results.number("v_score", found.v_score.mean);
  results.number("v_score_error", found.v_score.error);
  results.number("acceptance", found.acceptance);
  results.number("r_hat", found.r_hat);
  results.number("tau", found.tau);
  if (found.spin_correlations.empty()) return results;
  results.number("staggered_magnetisation_squared", *found.staggered);
  if (found.stripe) results.number("stripe_magnetisation_squared", *found.stripe);
  results.array("spin_correlations", grid, found.spin_correlations);
  results.array("structure_factor", grid, found.structure_factor);
  results.array("bond_energies", {found.bond_energies.size()}, found.bond_energies);
  for (const DimerCorrelations& dimer : found.dimers) {
    results.array("dimer_correlations/" + dimer.kind, grid, dimer.values);
  }
  return results;
}

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

/// So many samples of a chain tell its autocorrelation time and R̂.
constexpr std::size_t kSamplesOfAChain = 8;

}  // namespace

int measure_command(const Arguments& arguments) {
  ObservableSet observables = ObservableSet::all;
  std::string out;
  bool force = false;
  bool quiet = false;
  bool json = false;
  const std::optional<Subject> subject = parse_subject(
      arguments, "measure", "Observables of a wave function, with error bars.",
      [&](Options& options) {
        options.word("--observables", observables, "what to measure");
        options.text("--out", out, "directory for measure.json and measure.h5; default: the run's");
        options.flag("--force", force, "replace files of an earlier measurement");
        options.flag("--quiet", quiet, "no progress on stderr");
        options.flag("--json", json, "print the results as JSON");
      },
      [](Job& defaults) {
        defaults.samples = std::max(defaults.samples, kSamplesOfAChain * defaults.chains);
      });
  if (!subject) return 0;
  const Job& job = subject->options.job;
  const ResultFiles files(*subject, out, "measure", force ? Overwrite::yes : Overwrite::no);
  const auto backend =
      make_backend(subject->options.chosen_backend(), make_measurement_problem(job, observables),
                   subject->options.resources);
  tell_magnet(*subject, json);
  announce_auto_backend(subject->options, quiet);
  backend->set_parameters(subject->parameters);
  const Measurement found = measure(job, *backend, observables, subject->sampling(quiet));
  Results results = results_of(found, *subject);
  if (subject->directory) {
    results.integer("step", static_cast<std::int64_t>(subject->state.step));
  }
  files.write(results);
  if (json) {
    fmt::print("{}\n", results.json());
  } else {
    print_measurement(found);
    if (!quiet && !files.message().empty()) tell_line("{}", files.message());
  }
  return 0;
}

}  // namespace plaquette
