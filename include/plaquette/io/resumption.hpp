#pragma once

#include <cstdint>
#include <optional>

#include "plaquette/io/session.hpp"

namespace plaquette {

/// What a resumption changes of a run: all that may.
struct RunChanges {
  std::optional<int> steps = {};
  std::optional<int> schedule_steps = {};
  std::optional<double> learning_rate = {};
  std::optional<SymmetryChoice> symmetry = {};
  std::optional<int> threads = {};  ///< of this session alone

  /// Whether the run's configuration has to say so.
  bool recorded() const { return steps || schedule_steps || learning_rate || symmetry; }
};

/// A schedule that begins where a run is resumed.
struct NewSchedule {
  /// Where the old one ends, if that is why: before the steps do.
  std::optional<int> ended = {};
};

/// How a run goes on.
struct Continuation {
  Configuration configuration;
  std::optional<NewSchedule> schedule = {};
};

/// The configuration after `done` steps. A schedule that would end before new steps do leaves
/// nothing to learn with: they get one of their own. Another schedule or projection from a step
/// after the first on is a new stage. Throws InputError if there are fewer steps than were done.
Continuation continued(const Configuration& before, const RunChanges& changes, std::uint64_t done);

enum class WhichCheckpoint { last, previous };

struct Resumption {
  RunLock lock;
  SessionStart start;
  std::optional<NewSchedule> schedule;
};

/// Makes the directory this process's own and decides how its run goes on; changes nothing there.
/// Throws InputError: there is no run, another process has it, the checkpoint is damaged (says if
/// the one before is good) or of another job, the changes are impossible.
Resumption resume_run(const RunDirectory& directory, const RunChanges& changes,
                      WhichCheckpoint which);

}  // namespace plaquette
