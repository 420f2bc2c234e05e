#pragma once

#include <vector>

#include "plaquette/io/session.hpp"

namespace plaquette {

/// Throws InputError if the configuration is of a later stage: that cannot be run from the first
/// step, it goes on from what an earlier one left.
void require_first_stage(const Configuration& configuration);

/// Parameters to start from: those of the initial model, or none for the job's own. `network` is
/// the job's. Throws InputError if the model is of another.
std::vector<double> starting_parameters(const Configuration& configuration,
                                        const NetworkShape& network);

struct NewRun {
  RunLock lock;
  SessionStart start;
};

/// Makes the directory this process's own, as claim does, and puts there what the run can be
/// repeated from: the bonds and the initial model. Throws as claim does.
NewRun begin_run(const RunDirectory& directory, const Configuration& configuration,
                 std::vector<double> parameters, Overwrite overwrite);

}  // namespace plaquette
