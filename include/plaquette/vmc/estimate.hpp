#pragma once

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

namespace plaquette {

// Every sum over samples that the driver itself makes is in this file and its source. With many
// processes, each owning a share of the chains, these are the places where their partial sums
// would be joined; nothing else in vmc would change.

/// What M weighted local energies say. Total energies, unit of J1.
struct EnergyEstimate {
  std::complex<double> mean;
  double error = 0;     ///< one standard deviation of the real part; 0 for an exact sum
  double variance = 0;  ///< Σ w |E_loc − mean|²

  /// N Var(H) / ⟨H⟩² (arXiv 2302.04919).
  double v_score(int sites) const { return sites * variance / (mean.real() * mean.real()); }
};

/// Energies (M) with weights (M), Σ w = 1. With chains > 0, sample slot·chains + chain belongs to
/// `chain`, and the error is that of the sum of what each sample adds, Σ w (E − mean), as
/// error_of_sum finds it (to first order in the weights' own scatter). chains 0: the sum is exact.
EnergyEstimate estimate(std::span<const std::complex<double>> energies,  // (M)
                        std::span<const double> weights,                 // (M)
                        std::size_t chains);

/// ε (2M): row k is 2 √w_k Re(E_k − mean), row M + k the same of the imaginary part.
std::vector<double> energy_residuals(std::span<const std::complex<double>> energies,  // (M)
                                     std::span<const double> weights,                 // (M)
                                     std::complex<double> mean);

/// max Re log ψ, the reference that keeps weights from overflowing; −∞ if every amplitude is zero.
double largest_log_amplitude(std::span<const std::complex<double>> log_psi);

/// (|ψ_k| e^(−reference))^power. An amplitude of zero, log ψ = −∞, has weight 0. Throws
/// NumericalError if a log ψ is otherwise not finite.
std::vector<double> relative_weights(std::span<const std::complex<double>> log_psi,  // (M)
                                     double power, double reference);

/// |ψ_k|^power / Σ |ψ|^power from log ψ, without overflow whatever the size of log ψ. Throws
/// NumericalError if a log ψ is not finite.
std::vector<double> amplitude_weights(std::span<const std::complex<double>> log_psi,  // (M)
                                      double power);

}  // namespace plaquette
