#pragma once

#include <string>

#include "plaquette/physics/configuration.hpp"

namespace plaquette {

/// What --configurations names: a file, or - for standard input, with one configuration a line.
/// Throws InputError that names the source and the line.
ConfigurationBatch read_configurations(const std::string& source, int sites);

}  // namespace plaquette
