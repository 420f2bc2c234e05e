#pragma once

#include "plaquette/backend/network_profile.hpp"

namespace plaquette::cuda {

/// As the functions of the same name in the public header.
NetworkProfile profile_network(const NetworkCase& given, int repeats);
double measure_copy_bandwidth();

}  // namespace plaquette::cuda
