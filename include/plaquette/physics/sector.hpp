#pragma once

#include <cstdint>
#include <vector>

#include "plaquette/physics/configuration.hpp"

namespace plaquette {

/// Largest cluster whose Sz = 0 sector is enumerated: C(20, 10) = 184,756 states.
inline constexpr int kMaxEnumeratedSites = 20;

/// Every configuration with Σ s = 0, as increasing numbers (bit i = site i). Throws InputError
/// above kMaxEnumeratedSites.
inline std::vector<std::uint64_t> zero_magnetisation_states(int sites) {
  if (sites > kMaxEnumeratedSites) {
    throw InputError(concat("the lattice has ", sites,
                            " sites; all configurations are enumerated"
                            " only up to ",
                            kMaxEnumeratedSites));
  }
  std::vector<std::uint64_t> states;
  std::uint64_t state = (std::uint64_t{1} << (sites / 2)) - 1;
  const std::uint64_t end = std::uint64_t{1} << sites;
  while (state < end) {
    states.push_back(state);
    // The next larger number with as many bits set.
    const std::uint64_t lowest = state & (~state + 1);
    const std::uint64_t ripple = state + lowest;
    state = ripple | (((state ^ ripple) / lowest) >> 2);
  }
  return states;
}

}  // namespace plaquette
