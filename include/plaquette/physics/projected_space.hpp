#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <optional>
#include <vector>

#include "plaquette/physics/symmetry.hpp"

namespace plaquette {

/// Configurations with `up` spins up that g maps to themselves: every cycle of the permutation is
/// all up or all down, or alternates if g flips.
inline std::int64_t fixed_configurations(const SymmetryOperation& g, int up) {
  const auto sites = g.permutation.size();
  std::vector<char> seen(sites, 0);
  // ways[k]: choices on the cycles so far with k spins up.
  std::vector<std::int64_t> ways(static_cast<std::size_t>(up) + 1, 0);
  ways[0] = 1;
  for (std::size_t start = 0; start < sites; ++start) {
    std::size_t length = 0;
    for (std::size_t i = start; seen[i] == 0; i = static_cast<std::size_t>(g.permutation[i])) {
      seen[i] = 1;
      ++length;
    }
    if (length == 0) continue;
    if (g.flip && length % 2 == 1) return 0;
    // Either none of the cycle is up or all is; flipped, one half or the other.
    const std::size_t more = g.flip ? length / 2 : length;
    for (std::size_t k = ways.size(); k-- > 0;) {
      const std::int64_t one_way = k >= more ? ways[k - more] : 0;
      ways[k] = g.flip ? 2 * one_way : ways[k] + one_way;
    }
  }
  return ways.back();
}

/// Largest cluster whose projected space is counted. Larger ones have some: the identity keeps
/// C(N, N/2) configurations, each of the at most 16 N other operations at most 2^{(N + L)/2}.
inline constexpr int kMaxCountedSites = 32;

/// How many independent states, of all with as many spins up as down, have the projection's
/// characters and are the same after every one of `imposed`, the operations that the network has
/// built in: the trace of the projector,
///   1/(|G||T|) Σ_{g∈G} Σ_{t∈T} χ_g · (configurations that g t keeps).
/// Neither list may be empty. Exact up to kMaxCountedSites.
inline std::int64_t projected_dimension(const std::vector<SymmetryOperation>& projection,
                                        const std::vector<SymmetryOperation>& imposed) {
  std::complex<double> trace = 0;
  const auto products = detail::products(projection, imposed);
  const int up = static_cast<int>(products.front().permutation.size()) / 2;
  for (const SymmetryOperation& g : products) {
    trace += g.character * static_cast<double>(fixed_configurations(g, up));
  }
  return std::llround(trace.real() / static_cast<double>(products.size()));
}

/// The translations by whole patches, with character 1.
inline std::vector<SymmetryOperation> patch_translations(const Lattice& lattice, int patch) {
  std::vector<SymmetryOperation> all;
  for (int dr = 0; dr < lattice.rows; dr += patch) {
    for (int dc = 0; dc < lattice.columns; dc += patch) {
      all.push_back({detail::permutation(
          lattice, [&](int r, int c) { return lattice.site(r + dr, c + dc); })});
    }
  }
  return all;
}

/// Throws InputError if no state of the cluster that the network can represent is left by the
/// projection.
inline void require_projected_space(const Lattice& lattice, int patch, bool translation_invariant,
                                    const std::vector<SymmetryOperation>& projection) {
  if (projection.empty() || lattice.sites() > kMaxCountedSites) return;
  // A patch as large as the cluster leaves the identity.
  const auto imposed =
      patch_translations(lattice, translation_invariant ? patch : lattice.linear_size());
  if (projected_dimension(projection, imposed) > 0) return;
  throw InputError(concat("--symmetry: the projected space is empty: no state of these ",
                          lattice.sites(), " sites with Sz = 0 has all of these representations",
                          translation_invariant
                              ? ", with momentum 0 of translations by whole patches, which "
                                "the network has unless --no-translation-invariant"
                              : ""));
}

}  // namespace plaquette
