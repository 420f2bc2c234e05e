#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "cpu/attention.hpp"
#include "plaquette/exact/diagonalisation.hpp"
#include "plaquette/model/network_shape.hpp"
#include "plaquette/physics/metropolis.hpp"

namespace plaquette::test {
namespace {

constexpr Couplings kDimerPhase{.J1 = 0.6, .J2 = 1.0};

TEST(ShastrySutherland, GroundStateOfTheDimerPhaseIsKnown) {
  const Lattice lattice = make_lattice(LatticeKind::shastry_sutherland, 4);
  for (const double J : {0.0, 0.3, 0.6}) {
    const GroundState found = ground_state(make_hamiltonian(lattice, {.J1 = J, .J2 = 1.7}));
    EXPECT_NEAR(found.energy / lattice.sites(), -3.0 / 8 * 1.7, 1e-9) << "J = " << J;
  }
  // Without dimers it is the square lattice's Heisenberg model.
  const GroundState square = ground_state(make_hamiltonian(lattice, {.J1 = 1, .J2 = 0}));
  EXPECT_NEAR(square.energy / lattice.sites(), -0.70178020, 1e-8);
}

TEST(ShastrySutherland, DimersPairEverySiteWithADiagonalNeighbour) {
  const Lattice lattice = make_lattice(LatticeKind::shastry_sutherland, 6);
  int diagonals = 0;
  for (int site = 0; site < lattice.sites(); ++site) {
    const int partner = dimer_partner(lattice, site);
    EXPECT_EQ(dimer_partner(lattice, partner), site);
    EXPECT_EQ(squared_distance(lattice, site, partner), 2);
    const int down = (partner / 6 - site / 6 + 6) % 6;
    const int right = (partner % 6 - site % 6 + 6) % 6;
    diagonals += down == right ? 1 : 0;
  }
  EXPECT_EQ(diagonals, 18);
}

/// The product of singlets as one factored attention layer with b = 2, d = 4, h = 2 (the paper's
/// section on the Shastry-Sutherland model): head 0 keeps a patch's own spins, head 1 fetches one
/// spin from the patch one row up and one column to the right. With values
///   V x = (s₀₀ − s₁₁, s₀₁ | s₁₀, 0)
/// the attention vector A_i holds both dimers of a patch, and ψ = Π_i A_i0/2 · (A_i1 − A_i2)/2.
class DimerLayer {
 public:
  explicit DimerLayer(const Lattice& lattice)
      : shape_(make_network_shape(lattice, {.patch = 2, .d_model = 4, .heads = 2, .layers = 1})),
        positions_(shape_),
        n_(static_cast<std::size_t>(shape_.tokens())),
        weights_(positions_.positions * 4, 0.0) {
    const int right_of_above = (shape_.token_rows - 1) * shape_.token_columns + 1;
    weights_[0] = weights_[1] = 1;                                   // p[head 0, 0]
    weights_[static_cast<std::size_t>(right_of_above) * 4 + 2] = 1;  // p[head 1, (−1, +1)]
    weights_[static_cast<std::size_t>(right_of_above) * 4 + 3] = 1;
  }

  double amplitude(const std::uint64_t* s) const {
    std::vector<double> value(n_ * 4);
    for (std::size_t i = 0; i < n_; ++i) {
      const auto at = [&](int within) {
        return spin(s, patch_site(shape_, static_cast<int>(i), within));
      };
      value[4 * i] = at(0) - at(3);
      value[4 * i + 1] = at(1);
      value[4 * i + 2] = at(2);
    }
    std::vector<double> mixed(n_ * 4);
    cpu::mix_tokens<double>(TensorView<double, 3>(mixed.data(), 1, n_, 4),
                            TensorView<const double, 3>(value.data(), 1, n_, 4),
                            TensorView<const double, 2>(weights_.data(), positions_.positions, 4),
                            positions_.forward);
    double product = 1;
    for (std::size_t i = 0; i < n_; ++i) {
      product *= mixed[4 * i] / 2 * (mixed[4 * i + 1] - mixed[4 * i + 2]) / 2;
    }
    return product;
  }

 private:
  NetworkShape shape_;
  PositionLists positions_;
  std::size_t n_;
  std::vector<double> weights_;  // (positions, d)
};

TEST(ShastrySutherland, OneFactoredLayerIsTheDimerState) {
  for (const int L : {4, 6, 10}) {
    const Lattice lattice = make_lattice(LatticeKind::shastry_sutherland, L);
    const Hamiltonian hamiltonian = make_hamiltonian(lattice, kDimerPhase);
    const DimerLayer psi(lattice);
    ConfigurationBatch batch(lattice.sites(), 2);
    std::uint64_t* s = batch[0];
    std::uint64_t* connected = batch[1];
    for (std::uint32_t sample = 0; sample < 20; ++sample) {
      // One spin of each dimer up at random: every such state has amplitude ±1.
      for (int site = 0; site < lattice.sites(); ++site) {
        const int partner = dimer_partner(lattice, site);
        if (site > partner) continue;
        const auto index = static_cast<std::uint32_t>(site);
        const bool first = uniform(philox(1, {sample, 0, index, Purpose::chain_start})) < 0.5;
        for (const int up : {site, partner}) {
          const bool is_up = (up == site) == first;
          const std::uint64_t bit = std::uint64_t{1} << (up & 63);
          s[up >> 6] = is_up ? s[up >> 6] | bit : s[up >> 6] & ~bit;
        }
      }
      const double here = psi.amplitude(s);
      ASSERT_EQ(std::abs(here), 1) << "L = " << L;
      double energy = diagonal_energy(hamiltonian, s);
      for (const Bond& bond : hamiltonian.bonds) {
        if (!antiparallel(s, bond.i, bond.j)) continue;
        std::copy_n(s, words_for(lattice.sites()), connected);
        exchange_spins(connected, bond.i, bond.j);
        energy += exchange_element(bond, s) * psi.amplitude(connected) / here;
      }
      EXPECT_NEAR(energy / lattice.sites(), -3.0 / 8 * kDimerPhase.J2, 1e-12) << "L = " << L;
    }
  }
}

}  // namespace
}  // namespace plaquette::test
