#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "plaquette/base/interruption.hpp"
#include "plaquette/io/checkpoint.hpp"
#include "plaquette/io/configuration.hpp"
#include "plaquette/io/run_directory.hpp"
#include "plaquette/io/run_summary.hpp"
#include "plaquette/vmc/search.hpp"

namespace plaquette {

/// What a session of a run sets out from: a new run, or a resumption.
struct SessionStart {
  Configuration configuration;
  Checkpoint checkpoint;
  /// Takes the place of config.toml; empty: that stays.
  std::string text = {};
  /// The stage whose config.toml is kept as earlier_configuration; 0: none.
  int earlier_stage = 0;
};

/// The job's backend, which looks for a stop between its pieces of work. Throws as make_problem and
/// make_backend do.
std::unique_ptr<Backend> make_session_backend(const Configuration& configuration,
                                              const Interruption& interruption);

struct SessionEnd {
  std::uint64_t step;                 ///< steps done
  std::optional<RunSummary> summary;  ///< without a version; empty if interrupted
};

/// Walks to the last step, keeping the directory up with it, then measures the final parameters;
/// the summary is the caller's to write. Writes config.toml once the session can begin. `follower`
/// is told every step after the log has it. The backend was made with make_session_backend, of the
/// same interruption. Throws IoError, and what Optimisation::step() throws.
SessionEnd conduct_session(const RunDirectory& directory, const SessionStart& start,
                           Backend& backend, const Interruption& interruption,
                           SearchSink& follower);

}  // namespace plaquette
