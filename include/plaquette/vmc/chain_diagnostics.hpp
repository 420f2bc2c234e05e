#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace plaquette {

/// Whether the chains agree with each other, and how fast they forget.
struct ChainDiagnostics {
  std::optional<double> r_hat;  ///< split R̂: 1 when the halves of all chains agree
  std::optional<double> tau;    ///< 1 + 2 Σ ρ(t), in samples of a chain; 1 if independent
};

/// From energies (rows, chains), oldest row first, `rows_per_step` of them from each optimisation
/// step. The rows of a step are centred by their mean and divided by their standard deviation, so
/// that the drift of the parameters from step to step does not count as correlation.
/// Both are empty with fewer than 8 rows, or where the energies do not vary.
ChainDiagnostics diagnose_chains(std::span<const double> energies, std::size_t chains,
                                 std::size_t rows_per_step);

}  // namespace plaquette
