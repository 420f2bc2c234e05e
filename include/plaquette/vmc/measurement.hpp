#pragma once

#include <complex>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plaquette/backend/backend.hpp"
#include "plaquette/vmc/jackknife.hpp"
#include "plaquette/vmc/job.hpp"
#include "plaquette/vmc/observables.hpp"
#include "plaquette/vmc/sample_rounds.hpp"

namespace plaquette {

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
  std::vector<Estimate> spin_correlations;  ///< (N) C(r), row-major displacement
  std::vector<Estimate> structure_factor;   ///< (N) S(q), row-major
  std::optional<Estimate> staggered;        ///< S(π,π)/N; chain: S(π)/N
  std::optional<Estimate> stripe;           ///< [S(π,0) + S(0,π)]/2N; none on a chain
  std::vector<Estimate> bond_energies;      ///< ⟨B_a⟩
  std::vector<DimerCorrelations> dimers;
  double acceptance = 1;
  std::optional<double> r_hat;
  std::optional<double> tau;
};

/// Raises the job's samples to so many of every chain that they tell its autocorrelation time and
/// R̂.
void ask_for_diagnostics(Job& job);

/// Samples |ψ|² (or sums over the whole sector) with the backend's current parameters and measures.
/// Errors come from the chains, as error_of_sum has it. The backend must have been made for
/// make_measurement_problem(job, observables).
/// Throws InputError if the plan is impossible, NumericalError if a value is not finite.
Measurement measure(const Job& job, Backend& backend, ObservableSet observables,
                    const SamplingPlan& plan);

/// The problem of a measurement, with what `measure` itself keeps in memory. Throws InputError as
/// make_problem does.
Problem make_measurement_problem(const Job& job, ObservableSet observables);

/// ψ(s^ij)/ψ(s), 0 where the spins are equal: out (count, pairs). `log_psi` (count) is that of
/// `states`. Looks at 65536 connected states at a time, whatever the sizes.
void exchange_ratios(Backend& backend, const ConfigurationBatch& states,
                     std::span<const std::complex<double>> log_psi, std::span<const SitePair> pairs,
                     std::span<std::complex<double>> out);

}  // namespace plaquette
