#pragma once

#include "cpu/operations.hpp"
#include "network/jacobian_plan.hpp"
#include "network/phase_networks.hpp"

namespace plaquette::cpu {

/// Bytes of scratch that one thread needs for any phase.
std::size_t workspace_bytes(const PhaseLayouts<Operations>& layouts, const Problem& problem);

}  // namespace plaquette::cpu
