#pragma once

#include <complex>
#include <cstddef>
#include <vector>

#include "plaquette/backend/backend.hpp"

namespace plaquette {

enum class LocalEnergies { no, yes };

/// A wave function on given configurations.
struct Amplitudes {
  std::vector<std::complex<double>> log_psi;         ///< (count); real part −∞ where ψ = 0
  std::vector<std::complex<double>> local_energies;  ///< (count) total, unit of J1; or empty

  /// Local energies that are not finite though ψ ≠ 0: sums of ratios ψ(s')/ψ(s) that lie beyond
  /// what a number can hold. Where ψ = 0 none is defined.
  std::size_t overflowing() const;
};

/// With the backend's parameters; `precision` is that in which it samples. Throws NumericalError
/// that names the configuration, counted from 1, if log ψ overflows.
Amplitudes evaluate_amplitudes(Backend& backend, const ConfigurationBatch& states,
                               LocalEnergies wanted, Precision precision);

}  // namespace plaquette
