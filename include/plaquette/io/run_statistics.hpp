#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "plaquette/io/logged_steps.hpp"
#include "plaquette/vmc/jackknife.hpp"

namespace plaquette {

using Steps = std::span<const LoggedStep>;

/// Pairs of steps from which on the error of energy_scatter is below 0.2.
inline constexpr std::size_t kScatterPairs = 24;

/// The last quarter of the steps, at least the last kScatterPairs + 1: what is judged.
Steps late_part(Steps steps);

/// Mean energy over the steps, and its error from their scatter.
Estimate mean_energy(Steps steps);

/// Change of the mean energy from the first half of these steps to the second. Empty below 16.
std::optional<Estimate> energy_change(Steps steps);

/// Root mean square of the differences of successive energies over their error bars. Empty where
/// there are fewer than kScatterPairs of them.
std::optional<double> energy_scatter(Steps steps);

/// Median of what `value` gives of the steps that have it; empty if none has.
std::optional<double> median(Steps steps,
                             const std::function<std::optional<double>(const LoggedStep&)>& value);

/// Means over the last steps up to each: a quarter of those so far, at most `window`, so that they
/// follow a fast beginning and steady a slow end.
std::vector<double> trailing_means(std::span<const double> values, std::size_t window);

/// Index of the step from which on the energy has come 95 % of its way: what is worth enlarging.
/// At least the last 10 steps follow, or all there are.
std::size_t settled_from(Steps steps);

}  // namespace plaquette
