#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <string>

#include "plaquette/backend/backend.hpp"
#include "plaquette/io/checkpoint.hpp"
#include "plaquette/io/run_directory.hpp"
#include "plaquette/vmc/job.hpp"
#include "plaquette/vmc/optimisation.hpp"

namespace plaquette {

/// How a session goes on and what it tells while it does.
struct SessionSettings {
  std::uint64_t steps = 0;  ///< steps in all, those before this session included
  int checkpoint_every = 50;
  double checkpoint_minutes = 10;
  /// Set by a signal handler: the session ends after the step in hand.
  const volatile std::sig_atomic_t* stop = nullptr;
  std::function<void(const StepRecord&)> on_step;
};

/// Where a session left its run.
struct SessionEnd {
  std::uint64_t steps = 0;
  double seconds = 0;        ///< wall clock over all sessions of the run
  bool interrupted = false;  ///< by a signal; the checkpoint is written
};

/// Walks the run from `start` to `settings.steps`, writing the log, checkpoints and the model.
/// Whatever ends it, the directory holds a checkpoint that misses at most the steps since the last
/// one; what a failed step throws is passed on after the steps before it are saved. Throws
/// NumericalError and IoError.
SessionEnd run_session(const RunDirectory& directory, const Job& job, Optimisation& optimisation,
                       const Checkpoint& start, const SessionSettings& settings);

/// What a finished run found: the energy of its final parameters on fresh samples.
struct RunSummary {
  StepRecord measured;
  std::uint64_t steps = 0;
  double seconds = 0;
  std::size_t parameters = 0;
  std::string symmetry;  ///< that model.h5 does not know of
  std::string backend;
  std::string version;
};

/// The summary as a JSON document, indented.
std::string to_json(const RunSummary& summary);
void write_summary(const RunDirectory& directory, const RunSummary& summary);

}  // namespace plaquette
