#include "plaquette/io/resumption.hpp"

#include "commands.hpp"
#include "fmt/core.h"
#include "messages.hpp"
#include "options.hpp"
#include "plaquette/io/words.hpp"
#include "session.hpp"

namespace plaquette {
namespace {

RunChanges changes_of(const Options& options) {
  Configuration asked;
  options.values().apply(asked);
  RunChanges changes;
  if (options.given("--steps")) changes.steps = asked.job.steps;
  if (options.given("--schedule-steps")) changes.schedule_steps = asked.job.schedule_steps;
  if (options.given("--learning-rate")) changes.learning_rate = asked.job.learning_rate;
  if (options.given("--symmetry")) changes.symmetry = asked.job.symmetry;
  if (options.given("--threads")) changes.threads = asked.resources.threads;
  return changes;
}

void tell_schedule(const Job& job, const NewSchedule& schedule) {
  const std::optional<int>& ended = schedule.ended;
  tell_line(
      "{}a {} schedule runs from step {} to {}, from learning rate {}{}",
      ended ? fmt::format("the {} schedule ends at step {}; ", word(job.schedule), *ended) : "",
      word(job.schedule), job.schedule_start, job.schedule_start + job.schedule_steps,
      job.learning_rate, ended ? " (--learning-rate and --schedule-steps change it)" : "");
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
  const Resumption resumed = resume_run(
      directory, changes_of(options), previous ? WhichCheckpoint::previous : WhichCheckpoint::last);
  const Configuration& configuration = resumed.start.configuration;
  const SignalWatch signals;
  const auto backend = make_session_backend(configuration, signals.interruption());
  if (resumed.schedule) tell_schedule(configuration.job, *resumed.schedule);
  return show_session(directory, resumed.start, *backend, signals, output);
}

}  // namespace plaquette
