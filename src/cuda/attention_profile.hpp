#pragma once

#include <vector>

#include "plaquette/backend/attention_profile.hpp"

namespace plaquette::cuda {

/// As the functions of the same name in the public header.
std::vector<double> time_attention(const AttentionCase& given, AttentionPass pass, int repeats);
double measure_copy_bandwidth();

}  // namespace plaquette::cuda
