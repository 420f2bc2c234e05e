#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plaquette/io/run_reading.hpp"
#include "plaquette/io/run_statistics.hpp"

namespace plaquette {

enum class Grade { good, caution, bad, unknown };

/// A question that a physicist asks of a run, answered from its log.
struct Verdict {
  std::string question = {};
  Grade grade = Grade::unknown;
  std::string finding = {};  ///< the answer, with its numbers
  std::string reason = {};   ///< the thresholds, and why they are these
  /// What to do; empty if nothing. DIR stands for the run, N for steps.
  std::string advice = {};
};

/// R̂ up to which chains count as one (Vehtari et al., Bayesian Anal. 16, 667), and from which on
/// they certainly do not (Gelman and Rubin, Stat. Sci. 7, 457).
inline constexpr double kAgreedRHat = 1.01;
inline constexpr double kDisagreedRHat = 1.1;
/// Autocorrelation times, in samples of a chain.
inline constexpr double kShortTau = 2;
inline constexpr double kLongTau = 10;
/// Accepted fraction of the proposals below which chains hardly move.
inline constexpr double kLowAcceptance = 0.05;
inline constexpr double kLowestAcceptance = 0.01;
/// Scatter of the energy from step to step over what the error bars make of it: 1 if they are
/// right.
inline constexpr double kWideScatter = 1.5;
inline constexpr double kWidestScatter = 3;
inline constexpr double kNarrowScatter = 0.5;
/// An error bar of so many medians comes from a few samples with huge local energies.
inline constexpr double kOutlier = 5;
/// A change of the mean energy of so many errors is no accident.
inline constexpr double kSignificant = 3;
/// Fraction of the largest learning rate below which the schedule has ended.
inline constexpr double kEndedRate = 0.01;
/// Fraction of late steps in which the shift may be raised.
inline constexpr double kRaisedSteps = 0.05;
/// Spread of attention weights below which they hardly depend on the input.
inline constexpr double kSmallSpread = 0.1;

/// The best that is known of the energy of the last parameters: measured, the summary's, or the
/// mean of the late part.
struct LastEnergy {
  Estimate energy;
  std::string source;
};
LastEnergy last_energy(const RunReading& run);

Verdict judge_end(std::uint64_t step, int steps, const std::optional<FoundSummary>& summary);
Verdict judge_thermalisation(std::optional<double> r_hat, SamplerKind sampler);
Verdict judge_independence(std::optional<double> tau, SamplerKind sampler);
Verdict judge_acceptance(std::optional<double> acceptance, SamplerKind sampler);
Verdict judge_error_bar(std::optional<double> scatter, SamplerKind sampler);
Verdict judge_outliers(Steps late);
Verdict judge_trend(const std::optional<Estimate>& change);
Verdict judge_learning_rate(Steps steps, bool finished);
Verdict judge_shift(Steps late);

/// What keeps the energy from the ground state's.
enum class Limit { unknown, steps, sampling, network };
/// `change` as of energy_change: while the energy still falls, steps are the limit. Where it does
/// not, the sampling is, if the rest is within two of the energy's errors or below a step's error
/// bar; else the network, or a search that is stuck.
Limit find_limit(const Estimate& energy, double step_error,
                 const std::optional<KnownEnergy>& reference,
                 const std::optional<Estimate>& change);
Verdict judge_limit(const Estimate& energy, double step_error,
                    const std::optional<KnownEnergy>& reference,
                    const std::optional<Estimate>& change);

/// Whether the network uses its queries and keys. `spread` by layer and head.
Verdict judge_attention(std::span<const double> spread, const std::optional<Estimate>& change);

/// All that can be asked of a run, in the order in which one asks.
std::vector<Verdict> judge(const RunReading& run);

/// What to do next, most pressing first: the advice of what is bad, then of what wants caution,
/// then of what is not known, and to measure a run that ended. Commands name the run, as a shell
/// reads it.
std::vector<std::string> next_steps(const RunReading& run, const std::vector<Verdict>& verdicts);

}  // namespace plaquette
