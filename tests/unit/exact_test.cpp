#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "plaquette/exact/diagonalisation.hpp"
#include "plaquette/physics/sector.hpp"

namespace plaquette {
namespace {

Hamiltonian hamiltonian(LatticeKind kind, int L, double J2, bool marshall = false) {
  return make_hamiltonian(make_lattice(kind, L), {.J1 = 1, .J2 = J2, .marshall = marshall});
}

/// Largest component of Hψ − Eψ, with H applied by looking states up in a map.
double residual(const Hamiltonian& h, const GroundState& ground) {
  const std::vector<std::uint64_t> states = zero_magnetisation_states(h.sites);
  std::map<std::uint64_t, double> amplitude;
  for (std::size_t k = 0; k < states.size(); ++k) amplitude[states[k]] = ground.amplitudes[k];
  double worst = 0;
  for (const std::uint64_t s : states) {
    double sum = -ground.energy * amplitude[s];
    for (const Bond& bond : h.bonds) {
      const bool up_i = (s >> bond.i) & 1;
      const bool up_j = (s >> bond.j) & 1;
      sum += 0.25 * bond.Jz * (up_i == up_j ? 1 : -1) * amplitude[s];
      if (up_i != up_j) {
        sum += 0.5 * bond.Jxy *
               amplitude[s ^ (std::uint64_t{1} << bond.i) ^ (std::uint64_t{1} << bond.j)];
      }
    }
    worst = std::max(worst, std::abs(sum));
  }
  return worst;
}

struct KnownEnergy {
  LatticeKind kind;
  int L;
  double J2;
  double per_site;
};

class KnownEnergies : public testing::TestWithParam<KnownEnergy> {};

TEST_P(KnownEnergies, AreFound) {
  const KnownEnergy known = GetParam();
  const Hamiltonian h = hamiltonian(known.kind, known.L, known.J2);
  const GroundState ground = ground_state(h);
  EXPECT_NEAR(ground.energy / h.sites, known.per_site, 1e-8);
  EXPECT_LT(residual(h, ground), 1e-8);
  double norm = 0;
  for (double a : ground.amplitudes) norm += a * a;
  EXPECT_NEAR(norm, 1, 1e-12);
}

constexpr auto kSquare = LatticeKind::square;
constexpr auto kChain = LatticeKind::chain;
INSTANTIATE_TEST_SUITE_P(
    Exact, KnownEnergies,
    testing::Values(
        KnownEnergy{kSquare, 4, 0.0, -0.70178020}, KnownEnergy{kSquare, 4, 0.2, -0.61987394},
        KnownEnergy{kSquare, 4, 0.4, -0.55114777}, KnownEnergy{kSquare, 4, 0.5, -0.52862021},
        KnownEnergy{kSquare, 4, 0.55, -0.52359457}, KnownEnergy{kSquare, 4, 0.6, -0.52589582},
        KnownEnergy{kSquare, 4, 0.8, -0.62733510}, KnownEnergy{kSquare, 4, 1.0, -0.76846814},
        KnownEnergy{kChain, 8, 0.0, -0.45638668}, KnownEnergy{kChain, 8, 0.2, -0.41884165},
        KnownEnergy{kChain, 8, 0.5, -0.375}, KnownEnergy{kChain, 12, 0.0, -0.44894924},
        KnownEnergy{kChain, 12, 0.2, -0.41307318}, KnownEnergy{kChain, 12, 0.5, -0.375},
        KnownEnergy{kChain, 16, 0.0, -0.44639352}, KnownEnergy{kChain, 16, 0.2, -0.41107002},
        KnownEnergy{kChain, 16, 0.5, -0.375}));

TEST(GroundState, SmallestClusters) {
  // Four sites in a ring, the square's bonds counted twice: E = −2J per ring.
  EXPECT_NEAR(ground_state(hamiltonian(kChain, 4, 0)).energy, -2, 1e-12);
  EXPECT_NEAR(ground_state(hamiltonian(kSquare, 2, 0)).energy, -4, 1e-12);
  EXPECT_EQ(ground_state(hamiltonian(kSquare, 2, 0.5)).amplitudes.size(), 6u);
}

TEST(GroundState, MarshallRotationKeepsTheEnergyAndOrdersTheSigns) {
  for (double J2 : {0.0, 0.3}) {
    const double plain = ground_state(hamiltonian(kSquare, 4, J2)).energy;
    EXPECT_NEAR(ground_state(hamiltonian(kSquare, 4, J2, true)).energy, plain, 1e-9);
  }
  // Without frustration the rotated ground state has one sign (Perron and Frobenius).
  for (double amplitude : ground_state(hamiltonian(kSquare, 4, 0, true)).amplitudes) {
    EXPECT_GT(amplitude, 0);
  }
}

TEST(GroundState, DoesNotDependOnTheThreadCount) {
  const Hamiltonian h = hamiltonian(kSquare, 4, 0.5);
  const GroundState one = ground_state(h, 1);
  const GroundState three = ground_state(h, 3);
  EXPECT_EQ(one.energy, three.energy);
  EXPECT_EQ(one.amplitudes, three.amplitudes);
}

TEST(GroundState, RefusesLargeClusters) {
  try {
    ground_state(hamiltonian(kSquare, 6, 0.5));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("36 sites"), std::string::npos);
  }
}

}  // namespace
}  // namespace plaquette
