#include "plaquette/physics/symmetry.hpp"

#include <gtest/gtest.h>

#include <complex>
#include <map>
#include <string>
#include <vector>

#include "plaquette/exact/diagonalisation.hpp"
#include "plaquette/io/symmetry_text.hpp"
#include "plaquette/physics/sector.hpp"
#include "plaquette/vmc/measurement.hpp"
#include "support/messages.hpp"
#include "support/network_case.hpp"

namespace plaquette::test {
namespace {

using Complex = std::complex<double>;

std::vector<SymmetryOperation> operations(LatticeKind kind, int L, const std::string& symmetry,
                                          const Couplings& couplings = {}, int patch = 2) {
  const Lattice lattice = make_lattice(kind, L);
  return symmetry_operations(lattice, make_hamiltonian(lattice, couplings), patch, false,
                             parse_symmetry(symmetry));
}

TEST(Symmetry, GroupsHaveTheirSizes) {
  EXPECT_EQ(operations(LatticeKind::square, 4, "none").size(), 0u);
  EXPECT_EQ(operations(LatticeKind::square, 6, "translations").size(), 4u);
  EXPECT_EQ(operations(LatticeKind::square, 6, "translations", {}, 3).size(), 9u);
  EXPECT_EQ(operations(LatticeKind::square, 6, "c4v").size(), 8u);
  EXPECT_EQ(operations(LatticeKind::square, 6, "spin-flip").size(), 2u);
  EXPECT_EQ(operations(LatticeKind::square, 6, "translations,c4v,spin-flip").size(), 64u);
  EXPECT_EQ(operations(LatticeKind::chain, 8, "translations,spin-flip").size(), 4u);
}

/// On one-dimensional representations the characters multiply as the operations do.
TEST(Symmetry, CharactersAreARepresentation) {
  for (const char* text : {"c4v=A2", "c4v=B1", "c4v=B2", "c4v=B1,spin-flip=odd"}) {
    const auto group = operations(LatticeKind::square, 4, text);
    std::map<std::pair<std::vector<std::int32_t>, bool>, Complex> character;
    for (const SymmetryOperation& g : group) character[{g.permutation, g.flip}] = g.character;
    EXPECT_EQ(character.size(), group.size()) << text << ": operations differ";
    for (const SymmetryOperation& g : group) {
      for (const SymmetryOperation& h : group) {
        std::vector<std::int32_t> product(g.permutation.size());
        for (std::size_t i = 0; i < product.size(); ++i) {
          product[i] = h.permutation[static_cast<std::size_t>(g.permutation[i])];
        }
        const auto found = character.find({product, g.flip != h.flip});
        ASSERT_NE(found, character.end()) << text << ": not closed";
        EXPECT_LT(std::abs(found->second - g.character * h.character), 1e-14) << text;
      }
    }
  }
}

/// Local energies of the projected network on 4×4 against those of the same state made by hand: the
/// network's vector, projected by moving its components. Some configurations of all.
TEST(Symmetry, ProjectedEnergiesAreThoseOfTheProjectedVector) {
  NetworkCase made{
      LatticeKind::square, 4, {.patch = 2, .d_model = 6, .heads = 2, .layers = 1, .ffn_ratio = 1}};
  const std::vector<double> theta = random_parameters(made.table(), 6);
  Job job;
  job.network = made.network;
  const Lattice lattice = made.make_lattice();
  const Hamiltonian hamiltonian = make_hamiltonian(lattice, job.couplings);
  const std::vector<std::uint64_t> states = zero_magnetisation_states(16);
  std::map<std::uint64_t, std::size_t> index;
  for (std::size_t k = 0; k < states.size(); ++k) index[states[k]] = k;
  const auto backend_for = [&](const char* symmetry) {
    job.symmetry = parse_symmetry(symmetry);
    auto backend = make_backend(BackendKind::cpu, make_measurement_problem(job), Resources{});
    backend->set_parameters(theta);
    return backend;
  };
  std::vector<Complex> log_psi(states.size());
  backend_for("none")->log_psi(ConfigurationBatch(16, states), log_psi);

  for (const char* text : {"translations,c4v,spin-flip", "translations=1x1,c4v=B2", "c4v=A2"}) {
    const auto backend = backend_for(text);
    const auto group = symmetry_operations(lattice, hamiltonian, 2, false, job.symmetry);
    std::vector<Complex> psi(states.size(), 0.0);
    for (std::size_t k = 0; k < states.size(); ++k) {
      for (const SymmetryOperation& g : group) {
        std::uint64_t image = 0;
        for (int i = 0; i < 16; ++i) {
          const bool up = (states[k] >> g.permutation[std::size_t(i)] & 1) != 0;
          if (up != g.flip) image |= std::uint64_t{1} << i;
        }
        psi[k] += g.character * std::exp(log_psi[index.at(image)]);
      }
    }
    std::vector<std::uint64_t> some;
    for (std::size_t k = 0; k < states.size(); k += 97) some.push_back(states[k]);
    std::vector<Complex> found(some.size());
    backend->local_energies(ConfigurationBatch(16, some), found);
    double largest = 0;
    for (const Complex amplitude : psi) largest = std::max(largest, std::abs(amplitude));
    std::size_t compared = 0;
    for (std::size_t s = 0; s < some.size(); ++s) {
      const std::size_t k = index.at(some[s]);
      // Where images cancel, rounding is all that is left.
      if (std::abs(psi[k]) < 1e-4 * largest) continue;
      ++compared;
      Complex H = diagonal_energy(hamiltonian, &states[k]) * psi[k];
      for (const Bond& bond : hamiltonian.bonds) {
        if (!antiparallel(&states[k], bond.i, bond.j)) continue;
        std::uint64_t exchanged = states[k];
        exchange_spins(&exchanged, bond.i, bond.j);
        H += exchange_element(bond, &states[k]) * psi[index.at(exchanged)];
      }
      EXPECT_LT(std::abs(found[s] - H / psi[k]), 1e-9 * (1 + std::abs(H / psi[k]))) << text;
    }
    EXPECT_GT(compared, some.size() / 2) << text;
  }
}

TEST(Symmetry, RefusesWhatIsNone) {
  const auto refused = [](const auto& make) { return message_of<InputError>(make); };
  EXPECT_TRUE(mentions(refused([] { operations(LatticeKind::chain, 8, "c4v"); }),
                       {"--symmetry c4v", "two-dimensional"}));
  EXPECT_TRUE(
      mentions(refused([] { operations(LatticeKind::shastry_sutherland, 4, "translations"); }),
               {"--symmetry translations", "does not have it"}));
  EXPECT_TRUE(mentions(refused([] { operations(LatticeKind::square, 4, "translations=2x0"); }),
                       {"--symmetry translations=2x0", "from 0 to 1"}));
  EXPECT_TRUE(mentions(refused([] { operations(LatticeKind::square, 4, "translations=1x0,c4v"); }),
                       {"1x0", "quarter turn"}));
  Couplings one_bond;
  one_bond.bonds = {{0, 1, 1, 1}};
  EXPECT_TRUE(mentions(refused([&] { operations(LatticeKind::square, 4, "c4v", one_bond); }),
                       {"--symmetry c4v", "does not have it"}));
  EXPECT_EQ(operations(LatticeKind::square, 4, "spin-flip", one_bond).size(), 2u);
  for (const char* text : {"", "c4v,c4v", "c4v=E", "translations=1", "translations=1x", "rotation",
                           "spin-flip=no", "none,c4v", "c4v,"}) {
    EXPECT_TRUE(mentions(refused([&] { parse_symmetry(text); }), {"--symmetry", "must be none"}))
        << text;
  }
}

TEST(Symmetry, TextIsReadBack) {
  for (const char* text : {"none", "translations", "translations=1x0,c4v=A2,spin-flip=odd"}) {
    EXPECT_EQ(symmetry_text(parse_symmetry(symmetry_text(parse_symmetry(text)))),
              symmetry_text(parse_symmetry(text)));
  }
  EXPECT_EQ(symmetry_text(parse_symmetry("spin-flip,c4v=B1,translations=1x1")),
            "translations=1x1,c4v=B1,spin-flip=even");
}

}  // namespace
}  // namespace plaquette::test
