#pragma once

#include <span>
#include <string>
#include <vector>

#include "plaquette/io/chart.hpp"
#include "plaquette/io/run_reading.hpp"

namespace plaquette {

using Runs = std::span<const RunReading>;

/// Steps of the running means that charts of the converged part show.
inline constexpr std::size_t kMeanSteps = 10;

// What of the logs is drawn. Runs are told apart by colour, in their order.

/// Energy per site and its error bar at every step, the runs' references and summaries.
Chart energy_chart(Runs runs);
/// The same from settled_from() on: running means, so that differences of an error bar show.
Chart settled_chart(Runs runs);
/// |running mean − reference| / |reference| where there is a reference, and the mean's own relative
/// error bar: below it the difference is noise.
Chart error_chart(Runs runs);
Chart variance_chart(Runs runs);
/// With the V-scores published for the first run's magnet.
Chart v_score_chart(Runs runs);
Chart acceptance_chart(Runs runs);
Chart r_hat_chart(Runs runs);
Chart tau_chart(Runs runs);
Chart learning_rate_chart(Runs runs);
/// Mean over heads, a curve for each layer.
Chart spread_chart(Runs runs);

/// Median seconds of every phase over the late part.
std::vector<BarRow> phase_seconds(Runs runs);

/// The figures of what was measured in a run: S(q) and C(r). Empty if nothing was.
std::string observables_figures(const RunReading& run);
/// The figures of its mean attention weights by layer and head. Empty if nobody looked.
std::string attention_figures(const RunReading& run);

}  // namespace plaquette
