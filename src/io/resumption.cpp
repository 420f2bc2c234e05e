#include "plaquette/io/resumption.hpp"

#include <algorithm>

#include "plaquette/io/hdf5_file.hpp"
#include "plaquette/io/job_identity.hpp"
#include "plaquette/io/symmetry_text.hpp"

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
Checkpoint load_checkpoint(const RunDirectory& directory, WhichCheckpoint which) {
  if (which == WhichCheckpoint::previous) return read_checkpoint(directory.previous_checkpoint());
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

void set_steps(Job& job, int steps, std::uint64_t done) {
  if (steps < 0 || static_cast<std::uint64_t>(steps) < done) {
    throw InputError(concat("--steps ", steps, ": must be at least ", done,
                            ", the steps that the run has done"));
  }
  job.steps = steps;
}

std::optional<NewSchedule> begin_schedule(Job& job, const RunChanges& changes, int done) {
  const int end = job.schedule_start + job.schedule_steps;
  const bool extended = changes.steps && job.steps > end && job.steps > done &&
                        job.schedule != ScheduleKind::constant;
  if (!extended && !changes.schedule_steps && !changes.learning_rate) return std::nullopt;
  job.schedule_start = done;
  job.schedule_steps = changes.schedule_steps.value_or(std::max(1, job.steps - done));
  if (changes.learning_rate) job.learning_rate = *changes.learning_rate;
  NewSchedule begun;
  if (extended) begun.ended = end;
  return begun;
}

bool same_numbers(const Configuration& a, const Configuration& b) {
  return job_fingerprint(a) == job_fingerprint(b) &&
         symmetry_text(a.job.symmetry) == symmetry_text(b.job.symmetry);
}

}  // namespace

Continuation continued(const Configuration& before, const RunChanges& changes, std::uint64_t done) {
  Continuation found{.configuration = before};
  Configuration& after = found.configuration;
  if (changes.steps) set_steps(after.job, *changes.steps, done);
  found.schedule = begin_schedule(after.job, changes, static_cast<int>(done));
  if (changes.symmetry) after.job.symmetry = *changes.symmetry;
  if (done > 0 && !same_numbers(before, after)) ++after.stage;
  return found;
}

Resumption resume_run(const RunDirectory& directory, const RunChanges& changes,
                      WhichCheckpoint which) {
  require_run(directory);
  RunLock lock(directory);
  Configuration before = read_configuration(directory.configuration());
  before.resources.threads = changes.threads.value_or(before.resources.threads);
  Checkpoint checkpoint = load_checkpoint(directory, which);
  // The next checkpoint is of `before`, or of what is changed of it.
  (void)configuration_of_checkpoint(directory, before, checkpoint);
  Continuation next = continued(before, changes, checkpoint.state.step);
  const Configuration& after = next.configuration;
  checkpoint.job_fingerprint = job_fingerprint(after);
  SessionStart start{.configuration = after,
                     .checkpoint = std::move(checkpoint),
                     .text = changes.recorded() ? configuration_text(after) : "",
                     .earlier_stage = after.stage > before.stage ? before.stage : 0};
  return {.lock = std::move(lock), .start = std::move(start), .schedule = next.schedule};
}

}  // namespace plaquette
