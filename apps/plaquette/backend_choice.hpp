#pragma once

#include <string>

#include "job_options.hpp"

namespace plaquette {

/// What `--backend auto` took, and why not the others: one line.
std::string auto_backend_message();

/// Says so on stderr if the job left the choice to `auto`.
void announce_auto_backend(const JobOptions& options, bool quiet);

}  // namespace plaquette
