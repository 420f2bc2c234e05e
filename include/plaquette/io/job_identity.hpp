#pragma once

#include <map>
#include <string>

#include "plaquette/io/checkpoint.hpp"
#include "plaquette/io/configuration.hpp"
#include "plaquette/io/run_directory.hpp"

namespace plaquette {

/// The options that decide the numbers, with their values; the bonds are under "bonds' lines".
using JobIdentity = std::map<std::string, std::string>;

JobIdentity job_identity(const Configuration& configuration);

/// The same as a checkpoint keeps it: a line `key = value` an option, then the bonds.
std::string job_fingerprint(const Configuration& configuration);

/// Whether a checkpoint's fingerprint is this job's. One of an older program lacks the options that
/// came later; they then had their defaults.
bool same_job(const Configuration& configuration, const std::string& fingerprint);

/// The configuration that the checkpoint is of: `last`, or that of an earlier stage. A session may
/// have ended between its configuration and its first checkpoint, or the one before the last is
/// asked for. Throws InputError if there is none.
Configuration configuration_of_checkpoint(const RunDirectory& directory, const Configuration& last,
                                          const Checkpoint& checkpoint);

}  // namespace plaquette
