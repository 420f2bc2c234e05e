#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "plaquette/physics/hamiltonian.hpp"
#include "plaquette/physics/lattice.hpp"

namespace plaquette {

/// Which observables are measured. The energy alone needs the Hamiltonian's exchange amplitudes;
/// correlations need those of every pair of sites.
enum class ObservableSet { energy, all };

/// Which bonds a dimer correlation joins: indices of directions a and b.
struct DimerKind {
  const char* name;  ///< "rows", "columns", "rows-columns"
  std::size_t first;
  std::size_t second;
};

/// Local values of observables on one configuration, all from the same exchange amplitudes
/// ψ(s^ij)/ψ(s), s^ij with the unlike spins i and j exchanged. ψ is in the Hamiltonian's frame;
/// spin products are those of the physical state, the Hamiltonian's rotation taken off.
///
/// Primary values, one after the other ("per configuration", to be averaged with weights |ψ|²):
///   Re E_loc, Im E_loc, |E_loc|²                     total energies, unit of J1
///   C(r)     = 1/N Σ_i (S_i·S_{i+r})_loc             N displacements, row-major
///   B_a      = 1/N Σ_i (S_i·S_{i+a})_loc             a: one row down, one column right (chain: 1)
///   D_ab(r)  = 1/N Σ_i Re[(S_i·S_{i+a})_loc* (S_{i+r}·S_{i+r+b})_loc]      ab: aa, bb, ab
/// The last is an estimator of ⟨B_a(i) B_b(i+r)⟩, for ⟨ψ|BB′|ψ⟩ = Σ_s ⟨s|B|ψ⟩* ⟨s|B′|ψ⟩: products
/// of bonds need no amplitudes beyond those of single bonds.
class Observables {
 public:
  Observables(const Lattice& lattice, const Hamiltonian& hamiltonian, ObservableSet set);

  /// Pairs whose amplitudes `evaluate` takes, i < j.
  const std::vector<SitePair>& pairs() const { return pairs_; }
  std::size_t size() const { return size_; }
  std::size_t energy() const { return 0; }             ///< Re E_loc
  std::size_t energy_imaginary() const { return 1; }   ///< Im E_loc
  std::size_t energy_squared() const { return 2; }     ///< |E_loc|²
  std::size_t spin_correlations() const { return 3; }  ///< (N)
  std::size_t bond_energies() const { return 3 + sites_; }
  /// (N) of each kind: aa, bb, ab; a chain has aa alone.
  std::size_t dimer_correlations(std::size_t kind) const {
    return 3 + sites_ + directions_ + kind * sites_;
  }
  std::size_t directions() const { return directions_; }
  std::size_t dimer_kinds() const { return directions_ == 1 ? 1 : 3; }
  DimerKind dimer_kind(std::size_t kind) const;

  /// `ratios` (pairs): ψ(s^ij)/ψ(s) of unlike spins, anything for equal ones.
  void evaluate(std::span<double> out, const std::uint64_t* s,
                std::span<const std::complex<double>> ratios) const;

 private:
  struct Term {
    std::size_t pair;
    Bond bond;
  };
  std::size_t pair_index(int i, int j) const;
  std::complex<double> exchange(int i, int j, const std::uint64_t* s,
                                std::span<const std::complex<double>> ratios) const;
  void evaluate_correlations(std::span<double> out, const std::uint64_t* s,
                             std::span<const std::complex<double>> ratios) const;

  Lattice lattice_;
  std::size_t sites_;
  std::size_t directions_;
  RotatedSites rotated_;
  ObservableSet set_;
  std::vector<SitePair> pairs_;
  std::vector<std::size_t> index_;  // (N, N): pair of (i, j)
  std::vector<Term> terms_;         // the Hamiltonian's bonds
  std::size_t size_;
};

/// Fourier sum S(q) = Σ_r cos(q·r) C(r) for all q = 2π(k_row/rows, k_col/columns),
/// row-major, from C(r) row-major.
std::vector<double> structure_factor(const Lattice& lattice, std::span<const double> correlations);

}  // namespace plaquette
