#include "plaquette/io/run_recorder.hpp"

#include "plaquette/io/atomic_file.hpp"
#include "plaquette/io/model_file.hpp"

namespace plaquette {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The log's path, once every file of the run is known to be writable.
std::filesystem::path writable_log(const RunDirectory& directory) {
  for (const std::filesystem::path& file :
       {directory.log(), directory.checkpoint(), directory.model(), directory.summary()}) {
    require_writable(file);
  }
  return directory.log();
}

}  // namespace

RunRecorder::RunRecorder(const RunDirectory& directory, const Job& job, const Checkpoint& start,
                         const CheckpointInterval& interval)
    : directory_(directory),
      job_(job),
      interval_(interval),
      job_fingerprint_(start.job_fingerprint),
      earlier_seconds_(start.seconds),
      log_(writable_log(directory), start.log_bytes),
      logged_(start.state.step) {}

double RunRecorder::seconds() const { return earlier_seconds_ + seconds_since(began_); }

void RunRecorder::step(const StepRecord& record, const RunState& state) {
  log_.append(record);
  logged_ = record.step;
  ++unsaved_;
  if (unsaved_ >= interval_.steps || seconds_since(saved_) >= 60 * interval_.minutes) save(state);
}

void RunRecorder::end(const RunState& state) {
  // A checkpoint ahead of its log would leave a step out of it for ever.
  if (unsaved_ > 0 && logged_ == state.step) save(state);
}

/// The log first: a checkpoint must never point behind its end.
void RunRecorder::save(const RunState& state) {
  log_.sync();
  write_checkpoint(directory_.checkpoint(), {.state = state,
                                             .log_bytes = log_.bytes(),
                                             .seconds = seconds(),
                                             .job_fingerprint = job_fingerprint_});
  write_model(directory_.model(), model_of(job_, state.parameters));
  unsaved_ = 0;
  saved_ = Clock::now();
}

}  // namespace plaquette
