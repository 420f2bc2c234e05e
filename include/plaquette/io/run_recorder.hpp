#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "plaquette/io/checkpoint.hpp"
#include "plaquette/io/run_directory.hpp"
#include "plaquette/io/run_log.hpp"
#include "plaquette/vmc/job.hpp"
#include "plaquette/vmc/search.hpp"

namespace plaquette {

/// How often a run is saved: whichever comes first.
struct CheckpointInterval {
  int steps = 50;
  double minutes = 10;
};

/// Keeps a run directory up with a search: the log, checkpoints, the model. Whatever ends the
/// search, the directory holds a checkpoint of the last state whose step is in the log; the one
/// before where the log could not be written. Throws IoError.
class RunRecorder : public SearchSink {
 public:
  /// The run goes on from `start`: the log is cut back to it. Looks first whether every file can be
  /// written, the summary too. `directory` must outlive this.
  RunRecorder(const RunDirectory& directory, const Job& job, const Checkpoint& start,
              const CheckpointInterval& interval);

  void begin(const RunState& state) override { save(state); }
  void step(const StepRecord& record, const RunState& state) override;
  /// Saves unless the last checkpoint says it all, or the log lacks the last step.
  void end(const RunState& state) override;

  /// Wall clock over all sessions of the run.
  double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;

  void save(const RunState& state);

  const RunDirectory& directory_;
  Job job_;
  CheckpointInterval interval_;
  std::string job_fingerprint_;
  double earlier_seconds_;
  RunLog log_;
  std::uint64_t logged_;  ///< the last step in the log
  int unsaved_ = 0;
  Clock::time_point began_ = Clock::now();
  Clock::time_point saved_ = began_;
};

}  // namespace plaquette
