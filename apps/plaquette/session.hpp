#pragma once

#include <memory>
#include <string>

#include "job_options.hpp"
#include "plaquette/io/run_directory.hpp"
#include "signals.hpp"

namespace plaquette {

struct SessionOutput {
  bool quiet = false;
  bool json = false;
};

/// What `run` and `resume` share: walk to the last step, print the summary and write it. Once
/// the session can begin, `configuration` takes the place of config.toml, unless it is empty.
/// `signals` stop it; the backend was made with make_session_backend. Returns the exit status.
int conduct_session(const RunDirectory& directory, const JobOptions& options, Backend& backend,
                    const SignalWatch& signals, const Checkpoint& start,
                    const std::string& configuration, const SessionOutput& output);

/// The job's backend, which looks for signals between its pieces of work.
std::unique_ptr<Backend> make_session_backend(const JobOptions& options,
                                              const SignalWatch& signals);

/// The plan as a table on stdout.
void print_memory_plan(const MemoryPlan& plan);

}  // namespace plaquette
