#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plaquette/vmc/job.hpp"

namespace plaquette {

/// What a run is compared with.
struct KnownEnergy {
  double per_site = 0;  ///< unit of J1
  std::string source;
  bool exact = true;  ///< the ground state's; else what others found
};

/// The V-score (N Var(H) / ⟨H⟩²) of a published calculation of the same magnet.
struct PublishedVScore {
  double v_score = 0;
  std::string method;
};

/// The ground-state energy of a magnet too large to diagonalise here, where the literature has it:
/// square lattices of 6×6 to 16×16 at some J2. Empty for all others.
std::optional<KnownEnergy> published_energy(const Job& job);

/// From the variational benchmarks of Wu et al., Science 386, 296 (2024), arXiv 2302.04919; best
/// first. Empty where they have no such magnet.
std::vector<PublishedVScore> published_v_scores(const Job& job);

}  // namespace plaquette
