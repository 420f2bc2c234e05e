#pragma once

#include <string>
#include <vector>

#include "plaquette/model/system.hpp"

namespace plaquette {

/// Whether a translation by one patch, along rows and along columns, leaves the Hamiltonian as it
/// acts on the network's amplitudes.
inline bool patch_translations_kept(const System& system) {
  const detail::SymmetryFrame frame{system.lattice, system.hamiltonian,
                                    system.network.patch_columns, false};
  const auto kept = [&](int rows, int columns) {
    const detail::Permutation p = frame.translation(rows, columns);
    return detail::keeps_couplings(system.hamiltonian, p) &&
           detail::rotation_sign(system.hamiltonian.rotated, p, false).has_value();
  };
  return kept(0, system.network.patch_columns) && kept(system.network.patch_rows, 0);
}

/// What a person should know before this system is searched or measured, a line each.
inline std::vector<std::string> warnings(const System& system) {
  std::vector<std::string> lines;
  const NetworkShape& network = system.network;
  if (network.translation_invariant && network.tokens() > 1 && !patch_translations_kept(system)) {
    lines.emplace_back(
        "the network is the same after a translation by a patch, the Hamiltonian is not: the "
        "energy may end above the ground state's; --no-translation-invariant lets go of that");
  }
  return lines;
}

}  // namespace plaquette
