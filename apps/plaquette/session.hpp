#pragma once

#include <string>

#include "job_options.hpp"
#include "plaquette/io/run_directory.hpp"

namespace plaquette {

struct SessionOutput {
  bool quiet = false;
  bool json = false;
};

/// What `run` and `resume` share: walk to the last step, print the summary and write it. Once
/// the session can begin, `configuration` takes the place of config.toml, unless it is empty.
/// Returns the exit status.
int conduct_session(const RunDirectory& directory, const JobOptions& options, Backend& backend,
                    const Checkpoint& start, const std::string& configuration,
                    const SessionOutput& output);

/// The plan as a table on stdout.
void print_memory_plan(const MemoryPlan& plan);

}  // namespace plaquette
