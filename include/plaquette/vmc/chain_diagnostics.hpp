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
/// ρ is averaged over chains; its sum ends by Geyer's initial monotone sequence rule (Stat. Sci. 7,
/// 473). Both are empty with fewer than 8 rows, or where the energies do not vary.
ChainDiagnostics diagnose_chains(std::span<const double> energies, std::size_t chains,
                                 std::size_t rows_per_step);

/// Autocovariance of z (rows, chains) at lag t < rows, averaged over chains. The mean is known to
/// be 0: it was taken over all chains, which is what makes short histories of many chains usable.
double autocovariance(std::span<const double> z, std::size_t chains, std::size_t lag);

}  // namespace plaquette
