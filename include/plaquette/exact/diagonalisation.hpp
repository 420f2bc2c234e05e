#pragma once

#include <vector>

#include "plaquette/physics/hamiltonian.hpp"

namespace plaquette {

struct GroundState {
  double energy = 0;  ///< total, unit of J1
  /// Normalised, over zero_magnetisation_states(sites); the largest one in size is positive. One
  /// vector of the ground space where that is degenerate.
  std::vector<double> amplitudes;
};

/// Ground state of H in the Sz = 0 sector, by Lanczos (dense diagonalisation of tiny sectors).
/// The residual |Hψ − Eψ| is below 1e-8 of the energy scale, so the energy is exact to rounding.
/// The result does not depend on the thread count. threads 0: all.
/// Throws InputError above kMaxEnumeratedSites, NumericalError if Lanczos does not converge.
GroundState ground_state(const Hamiltonian& hamiltonian, int threads = 0);

}  // namespace plaquette
