#pragma once

#include <cstddef>
#include <span>

namespace plaquette {

/// From so many chains on their scatter alone tells an error.
inline constexpr std::size_t kManyChains = 32;

/// One standard deviation of the sum of `parts` (rows, chains), oldest row first, each what a
/// sample or a block of samples adds; the parts add up to 0, for the mean is taken off.
/// Many chains: chains are independent, so the scatter of their sums gives the error, whatever the
/// correlation within a chain. Fewer: the autocovariance about the mean of all chains gives it, so
/// that slow chains, and chains that disagree, widen it (Geyer, Stat. Sci. 7, 473; bias and
/// degrees of freedom as of Wolff, Comput. Phys. Commun. 156, 143); and as few independent parts
/// do not know their own scatter well, it grows as the interval of Student's t that holds 68.27 %.
/// 0 of one part.
double error_of_sum(std::span<const double> parts, std::size_t chains);

}  // namespace plaquette
