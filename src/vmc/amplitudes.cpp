#include "plaquette/vmc/amplitudes.hpp"

#include <cmath>
#include <limits>

#include "plaquette/base/errors.hpp"

namespace plaquette {
namespace {

using Complex = std::complex<double>;

bool finite(Complex z) { return std::isfinite(z.real()) && std::isfinite(z.imag()); }

/// −∞ is the logarithm of a projected amplitude that is zero.
bool vanishes(Complex log_psi) {
  return log_psi.real() == -std::numeric_limits<double>::infinity();
}

void require_numbers(const std::vector<Complex>& log_psi, Precision precision) {
  const bool fp32 = precision == Precision::fp32;
  for (std::size_t k = 0; k < log_psi.size(); ++k) {
    if (finite(log_psi[k]) || vanishes(log_psi[k])) continue;
    throw NumericalError(concat("the network's arithmetic overflows in ", fp32 ? "fp32" : "fp64",
                                " at configuration ", k + 1, ": its parameters are too large",
                                fp32 ? "; try --precision fp64" : ""));
  }
}

}  // namespace

std::size_t Amplitudes::overflowing() const {
  std::size_t count = 0;
  for (std::size_t k = 0; k < local_energies.size(); ++k) {
    if (!finite(local_energies[k]) && !vanishes(log_psi[k])) ++count;
  }
  return count;
}

Amplitudes evaluate_amplitudes(Backend& backend, const ConfigurationBatch& states,
                               LocalEnergies wanted, Precision precision) {
  Amplitudes found;
  found.log_psi.resize(states.count());
  backend.log_psi(states, found.log_psi);
  if (wanted == LocalEnergies::yes) {
    found.local_energies.resize(states.count());
    backend.local_energies(states, found.local_energies);
  }
  require_numbers(found.log_psi, precision);
  return found;
}

}  // namespace plaquette
