#pragma once

#include "cpu/operations.hpp"
#include "network/jacobian.hpp"
#include "network/phase_networks.hpp"

namespace plaquette::cpu {

/// Bytes of scratch that one thread needs for any phase.
std::size_t workspace_bytes(const PhaseLayouts<Operations>& layouts, const Problem& problem);

/// How the plan cuts the Jacobian.
JacobianShape jacobian_shape(const Problem& problem, const MemoryPlan& plan);

}  // namespace plaquette::cpu
