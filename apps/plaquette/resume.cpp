#include <filesystem>
#include <optional>

#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/io/atomic_file.hpp"
#include "session.hpp"

namespace plaquette {
namespace {

std::optional<Checkpoint> read_if_good(const std::filesystem::path& path) {
  try {
    return read_checkpoint(path);
  } catch (const InputError&) {
    return std::nullopt;
  }
}

/// The checkpoint asked for; a damaged one is an error that says what else there is.
Checkpoint load_checkpoint(const RunDirectory& directory, bool previous) {
  if (previous) return read_checkpoint(directory.previous_checkpoint());
  try {
    return read_checkpoint(directory.checkpoint());
  } catch (const InputError& error) {
    const std::optional<Checkpoint> other = read_if_good(directory.previous_checkpoint());
    if (!other) throw;
    throw InputError(concat(error.what(), "; the one before it, after step ", other->state.step,
                            ", is good: plaquette resume ", directory.root.string(),
                            " --previous"));
  }
}

}  // namespace

int resume_command(const Arguments& arguments) {
  std::string root;
  int steps = -1;
  int threads = -1;
  SymmetryChoice symmetry;
  bool previous = false;
  SessionOutput output;
  Options options("resume", "Continues a run, bit for bit as if it had never stopped.");
  options.no_longer_in_files();
  options.positional("DIR", root, "run directory");
  options.integer("--steps", steps, "steps in all; default: the run's own");
  options.integer("--threads", threads, "CPU threads; default: the run's own");
  define_symmetry(options, symmetry);
  options.flag("--previous", previous, "start from the checkpoint before the last");
  options.flag("--quiet", output.quiet, "no progress on stderr");
  options.flag("--json", output.json, "print the summary as JSON");
  if (!options.parse(arguments)) return 0;

  const RunDirectory directory{root};
  require_run(directory);
  const RunLock lock(directory);
  JobOptions job = read_configuration(directory.configuration());
  if (options.given("--threads")) job.resources.threads = threads;
  const Checkpoint checkpoint = load_checkpoint(directory, previous);
  require_belongs(directory, job, checkpoint);
  if (options.given("--steps")) {
    if (steps < 0 || static_cast<std::uint64_t>(steps) < checkpoint.state.step) {
      throw InputError(concat("--steps ", steps, ": must be at least ", checkpoint.state.step,
                              ", the steps that the run has done"));
    }
    job.job.steps = steps;
  }
  if (options.given("--symmetry")) job.job.symmetry = symmetry;
  const Problem problem = make_problem(job.job);
  const std::unique_ptr<Backend> backend =
      make_backend(job.chosen_backend(), problem, job.resources);
  if (options.given("--steps") || options.given("--symmetry")) {
    write_text_atomically(directory.configuration(), configuration_text(job));
  }
  return conduct_session(directory, job, *backend, checkpoint, output);
}

}  // namespace plaquette
