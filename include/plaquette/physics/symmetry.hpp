#pragma once

#include <algorithm>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <optional>
#include <utility>
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

/// Momentum in units of 2π/b, b the patch: a translation-invariant network already has the
/// translations by whole patches.
struct PatchMomentum {
  int row = 0;
  int column = 0;
};

/// What the physical wave function is projected on, whatever frame the network works in; nothing by
/// default.
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

/// Whether the physical couplings are the same after the sites have been renamed.
inline bool keeps_couplings(const Hamiltonian& hamiltonian, const Permutation& p) {
  const auto signs = exchange_signs(
      pair_couplings(hamiltonian, [](std::int32_t i) { return i; }),
      pair_couplings(hamiltonian, [&](std::int32_t i) { return p[static_cast<std::size_t>(i)]; }));
  return signs && std::all_of(signs->begin(), signs->end(),
                              [](const SignRelation& relation) { return relation.sign > 0; });
}

/// R(s) R(g s) with R(s) = (−1)^{up spins on rotated sites}, the same for every s with as many
/// spins up as down; empty if it is not, where the permutation mixes rotated sites with others.
/// With x up spins on the rotated sites A, their number after g is x if A is kept and N/2 − x if A
/// is exchanged with the rest; a flip puts |A| minus that number in its place.
inline std::optional<int> rotation_sign(const RotatedSites& rotated, const Permutation& p,
                                        bool flip) {
  if (rotated.empty()) return 1;
  bool kept = true;
  bool exchanged = true;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const bool same = rotated[i] == rotated[static_cast<std::size_t>(p[i])];
    kept = kept && same;
    exchanged = exchanged && !same;
  }
  if (!kept && !exchanged) return std::nullopt;
  const auto count = static_cast<int>(std::count(rotated.begin(), rotated.end(), 1));
  const int constant = (kept ? 0 : static_cast<int>(p.size()) / 2) + (flip ? count : 0);
  return constant % 2 == 0 ? 1 : -1;
}

/// What the factors of a group are made from.
struct SymmetryFrame {
  const Lattice& lattice;
  const Hamiltonian& hamiltonian;
  int patch;
  bool every_translation;

  Permutation translation(int rows, int columns) const {
    return permutation(lattice, [&](int r, int c) { return lattice.site(r + rows, c + columns); });
  }
  /// Throws InputError that names the option's part `name`.
  void require_kept(const char* name, const Permutation& p) const {
    if (!keeps_couplings(hamiltonian, p)) {
      throw InputError(concat("--symmetry ", name, ": the Hamiltonian does not have it"));
    }
    if (!rotation_sign(hamiltonian.rotated, p, false)) {
      throw InputError(concat("--symmetry ", name,
                              ": it mixes the sublattices of --marshall; leave one of them out"));
    }
  }
};

inline void require_momentum(const SymmetryFrame& frame, PatchMomentum momentum) {
  const auto outside = [&](int m) { return m < 0 || m >= frame.patch; };
  if (outside(momentum.row) || outside(momentum.column) ||
      (!frame.lattice.two_dimensional() && momentum.row != 0)) {
    throw InputError(concat("--symmetry translations=", momentum.row, 'x', momentum.column,
                            ": momenta are from 0 to ", frame.patch - 1,
                            " in units of 2 pi/--patch, rows 0 on a chain"));
  }
}

/// A network that is the same after a translation by a patch has the physical momentum π for that
/// where the translation exchanges the sublattices of --marshall and N/2 is odd.
inline void require_network_momentum(const SymmetryFrame& frame) {
  if (frame.every_translation) return;
  const Permutation by_a_patch = frame.translation(0, frame.patch);
  if (rotation_sign(frame.hamiltonian.rotated, by_a_patch, false) == 1) return;
  throw InputError(concat(
      "--symmetry translations: with --marshall, --patch ", frame.patch, " and ",
      frame.lattice.sites(),
      " sites a translation by one patch changes the sign of the network's "
      "physical state, which no momentum in units of 2 pi/--patch does; use an even --patch, "
      "--no-translation-invariant, or no --marshall"));
}

inline std::vector<SymmetryOperation> translations(const SymmetryFrame& frame,
                                                   PatchMomentum momentum) {
  require_momentum(frame, momentum);
  const Lattice& lattice = frame.lattice;
  if (lattice.two_dimensional()) frame.require_kept("translations", frame.translation(1, 0));
  frame.require_kept("translations", frame.translation(0, 1));
  require_network_momentum(frame);
  const int rows = !lattice.two_dimensional() ? 1
                   : frame.every_translation  ? lattice.rows
                                              : frame.patch;
  const int columns = frame.every_translation ? lattice.columns : frame.patch;
  std::vector<SymmetryOperation> shifts;
  for (int dr = 0; dr < rows; ++dr) {
    for (int dc = 0; dc < columns; ++dc) {
      const double turns =
          static_cast<double>(momentum.row * dr + momentum.column * dc) / frame.patch;
      shifts.push_back(
          {frame.translation(dr, dc), false, std::polar(1.0, 2 * std::numbers::pi * turns)});
    }
  }
  return shifts;
}

/// Quarter turns about the centre of a patch and a reflection of the columns.
inline std::vector<SymmetryOperation> point_group(const SymmetryFrame& frame,
                                                  PointGroupIrrep irrep) {
  const Lattice& lattice = frame.lattice;
  if (!lattice.two_dimensional()) {
    throw InputError("--symmetry c4v: needs a two-dimensional lattice");
  }
  const int L = lattice.rows;
  const bool quarter_odd = irrep == PointGroupIrrep::B1 || irrep == PointGroupIrrep::B2;
  const bool mirror_odd = irrep == PointGroupIrrep::A2 || irrep == PointGroupIrrep::B2;
  const auto quarter =
      permutation(lattice, [&](int r, int c) { return lattice.site(c, L - 1 - r); });
  const auto mirror =
      permutation(lattice, [&](int r, int c) { return lattice.site(r, L - 1 - c); });
  frame.require_kept("c4v", quarter);
  frame.require_kept("c4v", mirror);
  std::vector<SymmetryOperation> point;
  for (const bool reflected : {false, true}) {
    SymmetryOperation g{reflected ? mirror : frame.translation(0, 0), false,
                        reflected && mirror_odd ? -1.0 : 1.0};
    for (int turn = 0; turn < 4; ++turn) {
      point.push_back(g);
      g.permutation = compose(quarter, g.permutation);
      if (quarter_odd) g.character = -g.character;
    }
  }
  return point;
}

/// A momentum that quarter turns change has no one-dimensional representation with them.
inline void require_compatible(const SymmetryFrame& frame, const SymmetryChoice& choice) {
  if (!choice.c4v || !choice.translations) return;
  const auto [m_row, m_column] = *choice.translations;
  if (m_row != m_column || 2 * m_row % frame.patch != 0) {
    throw InputError(concat("--symmetry translations=", m_row, 'x', m_column,
                            ",c4v: a quarter turn changes that momentum"));
  }
}

inline std::vector<SymmetryOperation> products(const std::vector<SymmetryOperation>& seconds,
                                               const std::vector<SymmetryOperation>& firsts) {
  std::vector<SymmetryOperation> all;
  for (const SymmetryOperation& second : seconds) {
    for (const SymmetryOperation& first : firsts) {
      all.push_back({compose(second.permutation, first.permutation), second.flip != first.flip,
                     second.character * first.character});
    }
  }
  return all;
}

}  // namespace detail

/// The operations g and characters χ_g of ψ_sym(s) = Σ_g χ_g ψ(g s): translations inside a patch of
/// b sites a side (all translations if `every_translation`, for networks that are not translation
/// invariant), C4v about the centre of a patch, spin flip, and their products. Then ψ_sym(h s) =
/// χ_h⁻¹ ψ_sym(s). Empty for no symmetry. The choice is about the physical state; the characters
/// are those of the amplitudes in the Hamiltonian's frame.
/// Throws InputError that names --symmetry if the lattice has no such symmetry, the Hamiltonian
/// does not keep it, or the momentum is not that of a one-dimensional representation.
inline std::vector<SymmetryOperation> symmetry_operations(const Lattice& lattice,
                                                          const Hamiltonian& hamiltonian, int patch,
                                                          bool every_translation,
                                                          const SymmetryChoice& choice) {
  if (choice.none()) return {};
  const detail::SymmetryFrame frame{lattice, hamiltonian, patch, every_translation};
  const detail::Permutation identity = frame.translation(0, 0);
  std::vector<SymmetryOperation> group{{identity, false, 1.0}};
  if (choice.translations) {
    group = detail::products(detail::translations(frame, *choice.translations), group);
  }
  detail::require_compatible(frame, choice);
  if (choice.c4v) group = detail::products(detail::point_group(frame, *choice.c4v), group);
  if (choice.spin_flip) {
    const double sign = *choice.spin_flip == SpinFlip::even ? 1.0 : -1.0;
    group = detail::products({{identity, false, 1.0}, {identity, true, sign}}, group);
  }
  // ψ(s) = R(s) ψ_physical(s): what R(s) R(g s) says goes into the character.
  for (SymmetryOperation& g : group) {
    const auto sign = detail::rotation_sign(hamiltonian.rotated, g.permutation, g.flip);
    PLAQUETTE_REQUIRE(sign.has_value(), "an operation that mixes sublattices");
    g.character *= *sign;
  }
  return group;
}

}  // namespace plaquette
