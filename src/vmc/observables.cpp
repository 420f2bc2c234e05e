#include "plaquette/vmc/observables.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace plaquette {

namespace {

/// The site `displacement` (row-major) away from `site`.
std::size_t displaced(const Lattice& lattice, std::size_t site, std::size_t displacement) {
  const auto columns = static_cast<std::size_t>(lattice.columns);
  const auto rows = static_cast<std::size_t>(lattice.rows);
  return (site / columns + displacement / columns) % rows * columns +
         (site + displacement) % columns;
}

}  // namespace

Observables::Observables(const Lattice& lattice, const Hamiltonian& hamiltonian, ObservableSet set)
    : lattice_(lattice),
      sites_(static_cast<std::size_t>(lattice.sites())),
      directions_(lattice.two_dimensional() ? 2 : 1),
      rotated_(hamiltonian.rotated),
      set_(set),
      index_(sites_ * sites_, 0),
      size_(set == ObservableSet::energy ? 3 : dimer_correlations(dimer_kinds())) {
  std::vector<char> wanted(sites_ * sites_, set == ObservableSet::all ? 1 : 0);
  for (const Bond& bond : hamiltonian.bonds) {
    const auto [i, j] = std::minmax(bond.i, bond.j);
    wanted[static_cast<std::size_t>(i) * sites_ + static_cast<std::size_t>(j)] = 1;
  }
  for (std::size_t i = 0; i < sites_; ++i) {
    for (std::size_t j = i + 1; j < sites_; ++j) {
      if (wanted[i * sites_ + j] == 0) continue;
      index_[i * sites_ + j] = index_[j * sites_ + i] = pairs_.size();
      pairs_.push_back({static_cast<std::int32_t>(i), static_cast<std::int32_t>(j)});
    }
  }
  for (const Bond& bond : hamiltonian.bonds) terms_.push_back({pair_index(bond.i, bond.j), bond});
}

DimerKind Observables::dimer_kind(std::size_t kind) const {
  constexpr DimerKind kChain{"columns", 0, 0};
  constexpr DimerKind kPlane[3] = {{"rows", 0, 0}, {"columns", 1, 1}, {"rows-columns", 0, 1}};
  return directions_ == 1 ? kChain : kPlane[kind];
}

std::size_t Observables::pair_index(int i, int j) const {
  return index_[static_cast<std::size_t>(i) * sites_ + static_cast<std::size_t>(j)];
}

/// (S_i·S_j)_loc of the physical state: exchange with a rotated site changes sign.
std::complex<double> Observables::exchange(int i, int j, const std::uint64_t* s,
                                           std::span<const std::complex<double>> ratios) const {
  if (i == j) return 0.75;
  if (!antiparallel(s, i, j)) return 0.25;
  const double sign = rotated_against(rotated_, i, j) ? -0.5 : 0.5;
  return -0.25 + sign * ratios[pair_index(i, j)];
}

void Observables::evaluate(std::span<double> out, const std::uint64_t* s,
                           std::span<const std::complex<double>> ratios) const {
  std::complex<double> energy = 0;
  for (const Term& term : terms_) {
    energy += diagonal_element(term.bond, s);
    if (antiparallel(s, term.bond.i, term.bond.j)) {
      energy += exchange_element(term.bond, s) * ratios[term.pair];
    }
  }
  out[this->energy()] = energy.real();
  out[energy_imaginary()] = energy.imag();
  out[energy_squared()] = std::norm(energy);
  if (set_ == ObservableSet::all) evaluate_correlations(out, s, ratios);
}

void Observables::evaluate_correlations(std::span<double> out, const std::uint64_t* s,
                                        std::span<const std::complex<double>> ratios) const {
  const double share = 1.0 / static_cast<double>(sites_);
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(spin_correlations()), out.end(), 0.0);
  std::vector<std::complex<double>> bonds(directions_ * sites_);  // (direction, site)
  const std::size_t right = 1;
  const std::size_t steps[2] = {
      directions_ == 1 ? right : static_cast<std::size_t>(lattice_.columns), right};
  for (std::size_t i = 0; i < sites_; ++i) {
    for (std::size_t r = 0; r < sites_; ++r) {
      const auto j = static_cast<int>(displaced(lattice_, i, r));
      out[spin_correlations() + r] += share * exchange(static_cast<int>(i), j, s, ratios).real();
    }
    for (std::size_t a = 0; a < directions_; ++a) {
      const auto j = static_cast<int>(displaced(lattice_, i, steps[a]));
      bonds[a * sites_ + i] = exchange(static_cast<int>(i), j, s, ratios);
      out[bond_energies() + a] += share * bonds[a * sites_ + i].real();
    }
  }
  for (std::size_t kind = 0; kind < dimer_kinds(); ++kind) {
    const std::complex<double>* first = bonds.data() + dimer_kind(kind).first * sites_;
    const std::complex<double>* second = bonds.data() + dimer_kind(kind).second * sites_;
    for (std::size_t r = 0; r < sites_; ++r) {
      double sum = 0;
      for (std::size_t i = 0; i < sites_; ++i) {
        sum += (std::conj(first[i]) * second[displaced(lattice_, i, r)]).real();
      }
      out[dimer_correlations(kind) + r] = share * sum;
    }
  }
}

std::vector<double> structure_factor(const Lattice& lattice, std::span<const double> correlations) {
  const int rows = lattice.rows;
  const int columns = lattice.columns;
  std::vector<double> result(correlations.size(), 0.0);
  for (int q = 0; q < rows * columns; ++q) {
    for (int r = 0; r < rows * columns; ++r) {
      const double turns = static_cast<double>((q / columns) * (r / columns) % rows) / rows +
                           static_cast<double>((q % columns) * (r % columns) % columns) / columns;
      result[static_cast<std::size_t>(q)] +=
          std::cos(2 * std::numbers::pi * turns) * correlations[static_cast<std::size_t>(r)];
    }
  }
  return result;
}

}  // namespace plaquette
