#pragma once

#include "cuda/operations.hpp"
#include "network/jacobian_plan.hpp"
#include "network/phase_networks.hpp"

namespace plaquette::cuda {

/// Given configurations are differentiated, and their attention is looked at, so many at a time.
inline constexpr std::size_t kGivenConfigurations = 128;

/// Device memory of the networks' scratch, for any phase of the problem.
std::size_t workspace_bytes(const PhaseLayouts<Operations>& layouts, const Problem& problem);

/// Samples whose local energies are computed at a time.
std::size_t local_energy_capacity(const Problem& problem);

}  // namespace plaquette::cuda
