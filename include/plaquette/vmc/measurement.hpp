#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plaquette/backend/backend.hpp"
#include "plaquette/vmc/jackknife.hpp"
#include "plaquette/vmc/job.hpp"
#include "plaquette/vmc/observables.hpp"

namespace plaquette {

/// How many samples a measurement takes, and from where the chains set out.
struct MeasurementSettings {
  ObservableSet observables = ObservableSet::all;
  std::size_t samples = 1024;  ///< a multiple of the chains; not used under full summation
  int thermalisation = 100;    ///< sweeps before the first sample
  ConfigurationBatch chains;   ///< empty: random ones from the job's seed
  std::uint64_t first_sweep = 0;
  /// Told after each round the samples taken so far; empty for none.
  std::function<void(std::size_t)> on_round;
};

/// ⟨B_a(i) B_b(i+r)⟩ − ⟨B_a⟩⟨B_b⟩, averaged over i.
struct DimerCorrelations {
  std::string kind;              ///< "rows", "columns", "rows-columns": the directions a and b
  std::vector<Estimate> values;  ///< (N) by displacement, row-major
};

/// Expectation values of a wave function. Energies per site in J1, spins as S·S.
struct Measurement {
  std::size_t samples = 0;
  Estimate energy;
  Estimate variance;  ///< Var(H)/N²
  Estimate v_score;   ///< N Var(H)/⟨H⟩²
  // The rest is empty where only the energy was asked for.
  std::vector<Estimate> spin_correlations;     ///< (N) C(r), row-major displacement
  std::vector<Estimate> structure_factor;      ///< (N) S(q), row-major
  std::optional<Estimate> staggered;           ///< S(π,π)/N; chain: S(π)/N
  std::optional<Estimate> stripe;              ///< [S(π,0) + S(0,π)]/2N; none on a chain
  std::vector<Estimate> bond_energies;         ///< ⟨B_a⟩
  std::vector<DimerCorrelations> dimers;
  double acceptance = 1;
  std::optional<double> r_hat;
  std::optional<double> tau;
};

/// The job without what only the optimisation needs: the backend then holds chains and evaluates
/// given configurations. Throws InputError as make_problem does.
Problem make_measurement_problem(const Job& job);

/// Samples |ψ|² (or sums over the whole sector) with the backend's current parameters and measures.
/// Errors come from independent chains, each cut into blocks where there are fewer than
/// kFewestBins of them. The backend must have been made for make_measurement_problem(job).
/// Throws InputError if samples are not a multiple of the chains or too few for an error,
/// NumericalError if a value is not finite.
Measurement measure(const Job& job, Backend& backend, const MeasurementSettings& settings);

inline constexpr std::size_t kFewestBins = 32;

/// ψ(s^ij)/ψ(s), 0 where the spins are equal: out (count, pairs). `log_psi` (count) is that of
/// `states`.
void exchange_ratios(Backend& backend, const ConfigurationBatch& states,
                     std::span<const std::complex<double>> log_psi,
                     std::span<const SitePair> pairs, std::span<std::complex<double>> out);

}  // namespace plaquette
