#include "plaquette/io/run_session.hpp"

#include <chrono>
#include <nlohmann/json.hpp>

#include "plaquette/io/atomic_file.hpp"
#include "plaquette/io/model_file.hpp"
#include "plaquette/io/run_log.hpp"

namespace plaquette {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Keeps the run directory up with the optimisation.
class Recorder {
 public:
  Recorder(const RunDirectory& directory, const Job& job, const Optimisation& optimisation,
           const Checkpoint& start)
      : directory_(directory),
        job_(job),
        optimisation_(optimisation),
        start_(start),
        log_(directory.log(), start.log_bytes) {}

  double seconds() const { return start_.seconds + seconds_since(began_); }

  void append(const StepRecord& record) {
    log_.append(record);
    ++unsaved_;
  }

  /// The log first: a checkpoint must never point behind its end.
  void save() {
    log_.sync();
    write_checkpoint(directory_.checkpoint(), {.state = optimisation_.state(),
                                               .log_bytes = log_.bytes(),
                                               .seconds = seconds(),
                                               .job_fingerprint = start_.job_fingerprint});
    write_model(directory_.model(), model_of(job_, optimisation_.state().parameters));
    unsaved_ = 0;
    saved_ = Clock::now();
  }

  /// Saves unless the last checkpoint says it all.
  void save_rest() {
    if (unsaved_ > 0) save();
  }

  void save_if_due(const SessionSettings& settings) {
    if (unsaved_ >= settings.checkpoint_every ||
        seconds_since(saved_) >= 60 * settings.checkpoint_minutes) {
      save();
    }
  }

 private:
  const RunDirectory& directory_;
  const Job& job_;
  const Optimisation& optimisation_;
  const Checkpoint& start_;
  RunLog log_;
  int unsaved_ = 0;
  Clock::time_point began_ = Clock::now();
  Clock::time_point saved_ = began_;
};

/// A step that fails leaves the state before it, which is worth a checkpoint.
StepRecord step_or_save(Optimisation& optimisation, Recorder& recorder) {
  try {
    return optimisation.step();
  } catch (const std::exception&) {
    try {
      recorder.save_rest();
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the first failure is told
    }
    throw;
  }
}

}  // namespace

SessionEnd run_session(const RunDirectory& directory, const Job& job, Optimisation& optimisation,
                       const Checkpoint& start, const SessionSettings& settings) {
  Recorder recorder(directory, job, optimisation, start);
  recorder.save();
  const auto stopped = [&] { return settings.stop != nullptr && *settings.stop != 0; };
  while (optimisation.state().step < settings.steps && !stopped()) {
    const StepRecord record = step_or_save(optimisation, recorder);
    recorder.append(record);
    if (settings.on_step) settings.on_step(record);
    recorder.save_if_due(settings);
  }
  recorder.save_rest();
  return {.steps = optimisation.state().step,
          .seconds = recorder.seconds(),
          .interrupted = optimisation.state().step < settings.steps};
}

std::string to_json(const RunSummary& summary) {
  const StepRecord& found = summary.measured;
  nlohmann::ordered_json json;
  json["energy_per_site"] = found.energy;
  json["energy_error"] = found.energy_error;
  json["variance"] = found.variance;
  json["v_score"] = found.v_score;
  json["acceptance"] = found.acceptance;
  json["steps"] = summary.steps;
  json["seconds"] = summary.seconds;
  json["parameter_count"] = summary.parameters;
  json["symmetry"] = summary.symmetry;
  json["backend"] = summary.backend;
  json["version"] = summary.version;
  return json.dump(2);
}

void write_summary(const RunDirectory& directory, const RunSummary& summary) {
  write_text_atomically(directory.summary(), to_json(summary) + "\n");
}

}  // namespace plaquette
