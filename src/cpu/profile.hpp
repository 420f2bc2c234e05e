#pragma once

#include "plaquette/backend/network_profile.hpp"

namespace plaquette::cpu {

/// As the functions of the same name in the public header.
NetworkProfile profile_network(const NetworkCase& given, int repeats, const Resources& resources);
double measure_copy_bandwidth(const Resources& resources);

}  // namespace plaquette::cpu
