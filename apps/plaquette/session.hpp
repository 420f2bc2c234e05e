#pragma once

#include "plaquette/backend/memory_plan.hpp"
#include "plaquette/io/session.hpp"
#include "signals.hpp"

namespace plaquette {

struct SessionOutput {
  bool quiet = false;
  bool json = false;
};

/// What `run` and `resume` share: walk to the last step, print the summary and write it. `signals`
/// stop it. Returns the exit status.
int show_session(const RunDirectory& directory, const SessionStart& start, Backend& backend,
                 const SignalWatch& signals, const SessionOutput& output);

/// The plan as a table on stdout.
void print_memory_plan(const MemoryPlan& plan);

}  // namespace plaquette
