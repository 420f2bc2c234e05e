#pragma once

#include <vector>

#include "plaquette/model/network_shape.hpp"
#include "plaquette/model/parameter_table.hpp"
#include "plaquette/physics/hamiltonian.hpp"
#include "plaquette/physics/lattice.hpp"
#include "plaquette/physics/symmetry.hpp"

namespace plaquette {

/// The magnet, the network on it and how chains move: resolved once from a job, read by everything
/// that follows. Plain values.
struct System {
  Lattice lattice;
  Hamiltonian hamiltonian;
  NetworkShape network;
  ParameterTable parameters;  ///< of `network`
  /// ψ_sym(s) = Σ_g χ_g ψ(g s) takes the place of ψ; empty: no projection.
  std::vector<SymmetryOperation> symmetry = {};
  /// What the exchange sampler proposes; empty where nothing is sampled.
  std::vector<SitePair> exchange_pairs = {};
};

}  // namespace plaquette
