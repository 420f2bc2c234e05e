#pragma once

#include "options.hpp"
#include "plaquette/io/configuration.hpp"
#include "plaquette/io/job_identity.hpp"

namespace plaquette {

using JobOptions = Configuration;

/// All options of a job.
void define_job_options(Options& options, const Configuration& defaults = {});
/// What was given, over `target`, and what follows from it; to be called after parsing. Throws
/// InputError.
void resolve_job_options(const Options& options, Configuration& target);

}  // namespace plaquette
