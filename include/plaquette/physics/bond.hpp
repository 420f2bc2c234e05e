#pragma once

#include <cstdint>

#include "plaquette/base/host_device.hpp"
#include "plaquette/physics/configuration.hpp"

namespace plaquette {

/// One term Jz Sᶻ_i Sᶻ_j + Jxy (Sˣ_i Sˣ_j + Sʸ_i Sʸ_j). Unit: J1.
struct Bond {
  std::int32_t i;
  std::int32_t j;
  double Jz;
  double Jxy;  ///< of a Hamiltonian: carries the minus sign of its rotation

  bool operator==(const Bond&) const = default;
};

/// ⟨s|bond|s⟩ = Jz s_i s_j / 4. Unit of J.
PLAQUETTE_HD inline double diagonal_element(const Bond& bond, const std::uint64_t* s) {
  return (antiparallel(s, bond.i, bond.j) ? -0.25 : 0.25) * bond.Jz;
}

/// ⟨s'|bond|s⟩ with i, j exchanged; 0 if parallel. Unit of J.
PLAQUETTE_HD inline double exchange_element(const Bond& bond, const std::uint64_t* s) {
  return antiparallel(s, bond.i, bond.j) ? 0.5 * bond.Jxy : 0.0;
}

}  // namespace plaquette
