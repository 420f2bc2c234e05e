#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "json.hpp"
#include "messages.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/io/description.hpp"
#include "plaquette/io/new_run.hpp"
#include "session.hpp"

namespace plaquette {
namespace {

struct RunOptions {
  JobOptions job;
  std::string out;
  bool force = false;
  bool dry_run = false;
  SessionOutput output;
};

void print_dry_run(const JobOptions& options, const MemoryPlan& plan, bool json) {
  if (json) {
    print_json(nlohmann::ordered_json{{"config", configuration_text(options)},
                                      {"memory_plan", description_of(plan)}});
    return;
  }
  fmt::print("{}\n", configuration_text(options));
  print_memory_plan(plan);
}

}  // namespace

int run_command(const Arguments& arguments) {
  RunOptions run;
  run.job = default_configuration();
  Options options("run", "Searches for the ground state of a magnet.");
  define_job_options(options, run.job);
  options.configuration_file();
  options.text("--out", run.out, "run directory to write");
  options.flag("--force", run.force, "replace the run in --out");
  options.flag("--dry-run", run.dry_run, "print the resolved options and the memory plan only");
  options.flag("--quiet", run.output.quiet, "no progress on stderr");
  options.flag("--json", run.output.json, "print the summary as JSON");
  if (!options.parse(arguments)) return 0;
  options.values().apply(run.job);
  const std::string chosen = resolve_search(options.values(), run.job);
  require_first_stage(run.job);

  const Problem problem = make_problem(run.job.job);
  const MemoryPlan plan = plan_memory(run.job.chosen_backend(), problem, run.job.resources);
  std::vector<double> parameters = starting_parameters(run.job, problem.system.network);
  if (run.dry_run) {
    print_dry_run(run.job, plan, run.output.json);
    return 0;
  }
  if (run.out.empty()) throw InputError("--out: must be given, a directory for the run");
  const RunDirectory directory{run.out};
  const Overwrite overwrite = run.force ? Overwrite::yes : Overwrite::no;
  require_free(directory, overwrite);
  const SignalWatch signals;
  const std::unique_ptr<Backend> backend = make_session_backend(run.job, signals.interruption());
  if (!chosen.empty() && !run.output.quiet) tell_line("chosen for this magnet: {}", chosen);
  const NewRun begun = begin_run(directory, run.job, std::move(parameters), overwrite);
  return show_session(directory, begun.start, *backend, signals, run.output);
}

}  // namespace plaquette
