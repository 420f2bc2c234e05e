#include <filesystem>
#include <optional>

#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "messages.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/io/atomic_file.hpp"
#include "plaquette/io/hdf5_file.hpp"
#include "plaquette/io/symmetry_text.hpp"
#include "session.hpp"

namespace plaquette {
namespace {

/// What the command line asks to change of the run.
struct Changes {
  std::optional<int> steps;
  std::optional<int> schedule_steps;
  std::optional<double> learning_rate;
  std::optional<SymmetryChoice> symmetry;

  bool any() const { return steps || schedule_steps || learning_rate || symmetry; }
};

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
  } catch (const LockedError&) {
    throw;  // it may well be good
  } catch (const InputError& error) {
    const std::optional<Checkpoint> other = read_if_good(directory.previous_checkpoint());
    if (!other) throw;
    throw InputError(concat(error.what(), "; the one before it, after step ", other->state.step,
                            ", is good: plaquette resume ", directory.root.string(),
                            " --previous"));
  }
}

/// The checkpoint may be of the stage before: --previous asks for one, and a session may end
/// between its configuration and its first checkpoint.
void require_belongs_to_a_stage(const RunDirectory& directory, const JobOptions& job,
                                const Checkpoint& checkpoint) {
  try {
    require_belongs(directory, job, checkpoint);
  } catch (const InputError&) {
    if (job.stage == 1) throw;
    const std::filesystem::path earlier = directory.earlier_configuration(job.stage - 1);
    if (!std::filesystem::exists(earlier)) throw;
    require_belongs(directory, read_configuration(earlier), checkpoint);
  }
}

void set_steps(Job& job, int steps, std::uint64_t done) {
  if (steps < 0 || static_cast<std::uint64_t>(steps) < done) {
    throw InputError(concat("--steps ", steps, ": must be at least ", done,
                            ", the steps that the run has done"));
  }
  job.steps = steps;
}

/// A schedule that would end before the steps do leaves nothing to learn with: the new steps get
/// one of their own, from the step resumed from.
void begin_schedule(Job& job, const Changes& changes, int done) {
  const int end = job.schedule_start + job.schedule_steps;
  const bool extended = changes.steps && job.steps > end && job.steps > done &&
                        job.schedule != ScheduleKind::constant;
  if (!extended && !changes.schedule_steps && !changes.learning_rate) return;
  job.schedule_start = done;
  job.schedule_steps = changes.schedule_steps.value_or(std::max(1, job.steps - done));
  if (changes.learning_rate) job.learning_rate = *changes.learning_rate;
  tell_line(
      "{}a {} schedule runs from step {} to {}, from learning rate {}{}",
      extended ? fmt::format("the {} schedule ends at step {}; ", word(job.schedule), end) : "",
      word(job.schedule), done, done + job.schedule_steps, job.learning_rate,
      extended ? " (--learning-rate and --schedule-steps change it)" : "");
}

/// The job as it goes on. Another schedule or projection from a step after the first is a new
/// stage.
JobOptions changed(const JobOptions& before, const Changes& changes, int done) {
  JobOptions after = before;
  if (changes.steps) set_steps(after.job, *changes.steps, static_cast<std::uint64_t>(done));
  begin_schedule(after.job, changes, done);
  if (changes.symmetry) after.job.symmetry = *changes.symmetry;
  const bool other_numbers =
      job_fingerprint(after) != job_fingerprint(before) ||
      symmetry_text(after.job.symmetry) != symmetry_text(before.job.symmetry);
  if (done > 0 && other_numbers) ++after.stage;
  return after;
}

}  // namespace

int resume_command(const Arguments& arguments) {
  std::string root;
  bool previous = false;
  SessionOutput output;
  Options options("resume", "Continues a run, bit for bit as if it had never stopped.");
  options.positional("DIR", root, "run directory");
  options.configuration("steps", "steps in all; default: the run's own");
  options.configuration("learning-rate", "from here on; the schedule begins again from it");
  options.configuration("schedule-steps", "length of a schedule that begins here");
  options.configuration("threads", "CPU threads; default: the run's own");
  options.configuration("symmetry", "project on this from here on; default: as before");
  options.flag("--previous", previous, "start from the checkpoint before the last");
  options.flag("--quiet", output.quiet, "no progress on stderr");
  options.flag("--json", output.json, "print the summary as JSON");
  if (!options.parse(arguments)) return 0;

  const RunDirectory directory{root};
  require_run(directory);
  const RunLock lock(directory);
  JobOptions before = read_configuration(directory.configuration());
  Configuration asked = before;
  options.values().apply(asked);
  before.resources.threads = asked.resources.threads;
  Checkpoint checkpoint = load_checkpoint(directory, previous);
  require_belongs_to_a_stage(directory, before, checkpoint);
  Changes changes;
  if (options.given("--steps")) changes.steps = asked.job.steps;
  if (options.given("--schedule-steps")) changes.schedule_steps = asked.job.schedule_steps;
  if (options.given("--learning-rate")) changes.learning_rate = asked.job.learning_rate;
  if (options.given("--symmetry")) changes.symmetry = asked.job.symmetry;
  const JobOptions job = changed(before, changes, static_cast<int>(checkpoint.state.step));
  checkpoint.job_fingerprint = job_fingerprint(job);
  const SignalWatch signals;
  const std::unique_ptr<Backend> backend = make_session_backend(job, signals);
  if (job.stage > before.stage) {
    write_text_atomically(directory.earlier_configuration(before.stage),
                          read_text(directory.configuration()));
  }
  return conduct_session(directory, job, *backend, signals, checkpoint,
                         changes.any() ? configuration_text(job) : "", output);
}

}  // namespace plaquette
