#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "json.hpp"
#include "messages.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/io/atomic_file.hpp"
#include "plaquette/io/bonds_file.hpp"
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

/// Parameters to start from: those of --initial-model, or none for the job's own.
std::vector<double> starting_parameters(const JobOptions& options) {
  if (options.initial_model.empty()) return {};
  Model model = read_model(options.initial_model);
  const NetworkShape wanted =
      make_network_shape(make_lattice(options.job.lattice, options.job.L), options.job.network);
  const NetworkShape found =
      make_network_shape(make_lattice(model.lattice, model.L), model.network);
  if (!(wanted == found)) {
    throw InputError(concat("--initial-model ", options.initial_model,
                            ": its lattice or network is not the one of this job"));
  }
  return std::move(model.parameters);
}

/// A later stage cannot be run from the first step: it goes on from what an earlier one left.
void require_first_stage(const JobOptions& options) {
  if (options.stage == 1) return;
  throw InputError(concat(
      "--stage ", options.stage, ": the configuration is the last of ", options.stage,
      " stages of a run that was resumed with other options; to repeat that run, give --config "
      "config.stage-1.toml of its directory, then resume with what each next stage's file changes; "
      "to start anew with these options, add --stage 1 --schedule-start 0 --schedule-steps 0"));
}

void print_dry_run(const JobOptions& options, const MemoryPlan& plan, bool json) {
  if (json) {
    print_json(nlohmann::ordered_json{{"config", configuration_text(options)},
                                      {"memory_plan", memory_plan_json(plan)}});
    return;
  }
  fmt::print("{}\n", configuration_text(options));
  print_memory_plan(plan);
}

}  // namespace

int run_command(const Arguments& arguments) {
  RunOptions run{.job = default_configuration()};
  Options options("run", "Searches for the ground state of a magnet.");
  define_job_options(options, run.job);
  options.configuration_file();
  options.text("--out", run.out, "run directory to write");
  options.flag("--force", run.force, "replace the run in --out");
  options.flag("--dry-run", run.dry_run, "print the resolved options and the memory plan only");
  options.flag("--quiet", run.output.quiet, "no progress on stderr");
  options.flag("--json", run.output.json, "print the summary as JSON");
  if (!options.parse(arguments)) return 0;
  resolve_job_options(options, run.job);
  const std::string chosen = choose_left_open(options.values(), run.job);
  require_first_stage(run.job);

  const Problem problem = make_problem(run.job.job);
  const BackendKind kind = run.job.chosen_backend();
  const MemoryPlan plan = plan_memory(kind, problem, run.job.resources);
  std::vector<double> parameters = starting_parameters(run.job);
  if (run.dry_run) {
    print_dry_run(run.job, plan, run.output.json);
    return 0;
  }
  if (run.out.empty()) throw InputError("--out: must be given, a directory for the run");
  const RunDirectory directory{run.out};
  require_free(directory, run.force ? Overwrite::yes : Overwrite::no);
  const SignalWatch signals;
  const std::unique_ptr<Backend> backend = make_session_backend(run.job, signals);
  if (!chosen.empty() && !run.output.quiet) tell_line("chosen for this magnet: {}", chosen);
  const RunLock lock = claim(directory, run.force ? Overwrite::yes : Overwrite::no);
  JobOptions resolved = run.job;
  resolved.backend = kind;
  if (!resolved.job.couplings.bonds.empty()) {
    write_text_atomically(directory.bonds(), bonds_text(resolved.job.couplings.bonds));
    resolved.bonds_file = directory.bonds().filename();
  }
  if (!parameters.empty()) {
    write_model(directory.initial_model(), model_of(run.job.job, parameters));
    resolved.initial_model = directory.initial_model().filename();
  }
  const Checkpoint start{.state = initial_state(run.job.job, std::move(parameters)),
                         .log_bytes = 0,
                         .seconds = 0,
                         .job_fingerprint = job_fingerprint(run.job)};
  return conduct_session(directory, run.job, *backend, signals, start, configuration_text(resolved),
                         run.output);
}

}  // namespace plaquette
