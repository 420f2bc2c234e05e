#pragma once

#include <algorithm>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <optional>
#include <tuple>
#include <vector>

#include "plaquette/base/errors.hpp"
#include "plaquette/physics/configuration.hpp"
#include "plaquette/physics/hamiltonian.hpp"
#include "plaquette/physics/lattice.hpp"

namespace plaquette {

/// One-dimensional representations of C4v: characters of a quarter turn and of the reflections on
/// the axes; A1 (1, 1), A2 (1, −1), B1 (−1, 1), B2 (−1, −1).
enum class PointGroupIrrep { A1, A2, B1, B2 };

enum class SpinFlip { even, odd };

/// Momentum in units of 2π/b, b the patch: the network already has the translations by whole
/// patches, with momentum 0.
struct PatchMomentum {
  int row = 0;
  int column = 0;
};

/// What the wave function is projected on; nothing by default.
struct SymmetryChoice {
  std::optional<PatchMomentum> translations;
  std::optional<PointGroupIrrep> c4v;
  std::optional<SpinFlip> spin_flip;

  bool none() const { return !translations && !c4v && !spin_flip; }
};

/// (g s)_i = ± s_{permutation[i]}, minus if `flip`.
struct SymmetryOperation {
  std::vector<std::int32_t> permutation;  // (N)
  bool flip = false;
  std::complex<double> character = 1.0;
};

/// g s into `image`, which must not overlap `s`.
inline void transform(const SymmetryOperation& g, const std::uint64_t* s, std::uint64_t* image) {
  const int sites = static_cast<int>(g.permutation.size());
  for (int w = 0; w < words_for(sites); ++w) image[w] = 0;
  for (int i = 0; i < sites; ++i) {
    const bool up = spin_up(s, g.permutation[static_cast<std::size_t>(i)]) != g.flip;
    if (up) image[i >> 6] |= std::uint64_t{1} << (i & 63);
  }
}

namespace detail {

/// Row i: the site whose spin comes to site i.
using Permutation = std::vector<std::int32_t>;

template <class Source>
Permutation permutation(const Lattice& lattice, const Source& source) {
  Permutation p;
  for (int row = 0; row < lattice.rows; ++row) {
    for (int column = 0; column < lattice.columns; ++column) p.push_back(source(row, column));
  }
  return p;
}

/// First `first`, then `second`: (second first s)_i = s_{first[second[i]]}.
inline Permutation compose(const Permutation& second, const Permutation& first) {
  Permutation p(first.size());
  for (std::size_t i = 0; i < p.size(); ++i) p[i] = first[static_cast<std::size_t>(second[i])];
  return p;
}

/// The same bonds with the same couplings after the sites have been renamed.
inline bool keeps_bonds(const Hamiltonian& hamiltonian, const Permutation& p) {
  using Key = std::tuple<int, int, double, double>;
  const auto keys = [&](const auto& site) {
    std::vector<Key> all;
    for (const Bond& bond : hamiltonian.bonds) {
      const int i = site(bond.i);
      const int j = site(bond.j);
      all.emplace_back(std::min(i, j), std::max(i, j), bond.Jz, bond.Jxy);
    }
    std::sort(all.begin(), all.end());
    return all;
  };
  return keys([](std::int32_t i) { return static_cast<int>(i); }) ==
         keys([&](std::int32_t i) { return static_cast<int>(p[static_cast<std::size_t>(i)]); });
}

}  // namespace detail

/// The operations g and characters χ_g of ψ_sym(s) = Σ_g χ_g ψ(g s): translations inside a patch of
/// b sites a side (all translations if `every_translation`, for networks that are not translation
/// invariant), C4v about the centre of a patch, spin flip, and their products. Then ψ_sym(h s) =
/// χ_h⁻¹ ψ_sym(s). Empty for no symmetry.
/// Throws InputError that names --symmetry if the lattice has no such symmetry, the Hamiltonian
/// does not keep it, or the momentum is not that of a one-dimensional representation.
inline std::vector<SymmetryOperation> symmetry_operations(const Lattice& lattice,
                                                          const Hamiltonian& hamiltonian, int patch,
                                                          bool every_translation,
                                                          const SymmetryChoice& choice) {
  using detail::Permutation;
  if (choice.none()) return {};
  const auto identity =
      detail::permutation(lattice, [&](int r, int c) { return lattice.site(r, c); });
  std::vector<SymmetryOperation> group{{identity, false, 1.0}};
  const auto require_kept = [&](const char* name, const Permutation& p) {
    if (!detail::keeps_bonds(hamiltonian, p)) {
      throw InputError(concat("--symmetry ", name, ": the Hamiltonian does not have it"));
    }
  };
  const auto multiply = [&](const std::vector<SymmetryOperation>& factors) {
    std::vector<SymmetryOperation> products;
    for (const SymmetryOperation& second : factors) {
      for (const SymmetryOperation& first : group) {
        products.push_back({detail::compose(second.permutation, first.permutation),
                            second.flip != first.flip, second.character * first.character});
      }
    }
    group = std::move(products);
  };
  if (choice.translations) {
    const auto [m_row, m_column] = *choice.translations;
    const auto outside = [&](int m) { return m < 0 || m >= patch; };
    if (outside(m_row) || outside(m_column) || (!lattice.two_dimensional() && m_row != 0)) {
      throw InputError(concat("--symmetry translations=", m_row, 'x', m_column,
                              ": momenta are from 0 to ", patch - 1,
                              " in units of 2 pi/--patch, rows 0 on a chain"));
    }
    const int rows = !lattice.two_dimensional() ? 1 : every_translation ? lattice.rows : patch;
    const int columns = every_translation ? lattice.columns : patch;
    std::vector<SymmetryOperation> shifts;
    for (int dr = 0; dr < rows; ++dr) {
      for (int dc = 0; dc < columns; ++dc) {
        const double turns = static_cast<double>(m_row * dr + m_column * dc) / patch;
        shifts.push_back({detail::permutation(
                              lattice, [&](int r, int c) { return lattice.site(r + dr, c + dc); }),
                          false, std::polar(1.0, 2 * std::numbers::pi * turns)});
        require_kept("translations", shifts.back().permutation);
      }
    }
    multiply(shifts);
  }
  if (choice.c4v) {
    if (!lattice.two_dimensional()) {
      throw InputError("--symmetry c4v: needs a two-dimensional lattice");
    }
    if (choice.translations) {
      const auto [m_row, m_column] = *choice.translations;
      if (m_row != m_column || 2 * m_row % patch != 0) {
        throw InputError(concat("--symmetry translations=", m_row, 'x', m_column,
                                ",c4v: a quarter turn changes that momentum"));
      }
    }
    const int L = lattice.rows;
    const bool quarter_odd =
        *choice.c4v == PointGroupIrrep::B1 || *choice.c4v == PointGroupIrrep::B2;
    const bool mirror_odd =
        *choice.c4v == PointGroupIrrep::A2 || *choice.c4v == PointGroupIrrep::B2;
    const auto quarter =
        detail::permutation(lattice, [&](int r, int c) { return lattice.site(c, L - 1 - r); });
    const auto mirror =
        detail::permutation(lattice, [&](int r, int c) { return lattice.site(r, L - 1 - c); });
    require_kept("c4v", quarter);
    require_kept("c4v", mirror);
    std::vector<SymmetryOperation> point;
    for (const bool reflected : {false, true}) {
      SymmetryOperation g{reflected ? mirror : identity, false,
                          reflected && mirror_odd ? -1.0 : 1.0};
      for (int turn = 0; turn < 4; ++turn) {
        point.push_back(g);
        g.permutation = detail::compose(quarter, g.permutation);
        if (quarter_odd) g.character = -g.character;
      }
    }
    multiply(point);
  }
  if (choice.spin_flip) {
    const double sign = *choice.spin_flip == SpinFlip::even ? 1.0 : -1.0;
    multiply({{identity, false, 1.0}, {identity, true, sign}});
  }
  return group;
}

}  // namespace plaquette
