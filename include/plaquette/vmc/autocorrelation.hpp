#pragma once

#include <cstddef>
#include <span>

namespace plaquette {

/// Autocovariance of z (rows, chains) at lag t < rows, averaged over chains. The mean is known to
/// be 0: it was taken over all chains, which is what makes short histories of many chains usable.
double autocovariance(std::span<const double> z, std::size_t chains, std::size_t lag);

/// What correlation along the chains adds to independent rows. Both members are −1 where the first
/// two correlations already add up to nothing.
struct CorrelationSum {
  double tau;    ///< 1 + 2 Σ ρ(t), in rows
  double terms;  ///< correlations summed, at lags of either sign, lag 0 included
};

/// Σ ρ(t), ρ averaged over chains. Sums of neighbouring ρ are positive and fall for a reversible
/// chain; noise ends the sum (Geyer's initial monotone sequence, Stat. Sci. 7, 473).
/// `variance` is the autocovariance at lag 0, above 0.
CorrelationSum sum_correlations(std::span<const double> z, std::size_t chains, double variance);

}  // namespace plaquette
