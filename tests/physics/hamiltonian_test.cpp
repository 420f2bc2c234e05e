#include <gtest/gtest.h>

#include <complex>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "plaquette/physics/hamiltonian.hpp"
#include "reference/sector.hpp"
#include "support/backend_test.hpp"
#include "support/case_table.hpp"
#include "support/network_case.hpp"

// The bonds and their matrix elements as one dense matrix over the sector, against the oracle's.

namespace plaquette::test {
namespace {

struct LatticeSize {
  LatticeKind kind;
  int L;
};

/// Small enough for dense matrices; the first ones join pairs by two bonds or four.
constexpr LatticeSize kLattices[] = {{LatticeKind::square, 2},
                                     {LatticeKind::chain, 4},
                                     {LatticeKind::chain, 6},
                                     {LatticeKind::chain, 8}};

oracle::Matrix oracle_matrix(const LatticeSize& size, const Couplings& couplings,
                             const std::vector<oracle::Spins>& states) {
  const int rows = size.kind == LatticeKind::square ? size.L : 1;
  return oracle::dense_hamiltonian(
      oracle::j1j2_bonds(rows, size.L, couplings.J1, couplings.J2, couplings.marshall), states);
}

/// The same from the project's functions.
oracle::Matrix project_matrix(const Hamiltonian& hamiltonian,
                              const std::vector<oracle::Spins>& states) {
  std::map<oracle::Spins, std::size_t> index;
  for (std::size_t k = 0; k < states.size(); ++k) index[states[k]] = k;
  const ConfigurationBatch packed = pack(states);
  oracle::Matrix H(states.size(), oracle::Vector(states.size(), 0.0));
  for (std::size_t k = 0; k < states.size(); ++k) {
    H[k][k] = diagonal_energy(hamiltonian, packed[k]);
    for (const Bond& bond : hamiltonian.bonds) {
      if (!antiparallel(packed[k], bond.i, bond.j)) continue;
      std::uint64_t exchanged = packed[k][0];
      exchange_spins(&exchanged, bond.i, bond.j);
      H[index.at(unpack(exchanged, hamiltonian.sites))][k] += exchange_element(bond, packed[k]);
    }
  }
  return H;
}

TEST(Hamiltonian, DenseMatrixIsTheOracles) {
  for (const LatticeSize& size : kLattices) {
    const Lattice lattice = make_lattice(size.kind, size.L);
    const auto states = oracle::sector_states(lattice.sites());
    for (const Couplings& couplings :
         {Couplings{1.0, 0.5, false}, {1.0, 0.5, true}, {-0.7, 0.3, true}, {0.0, 1.0, false}}) {
      const auto expected = oracle_matrix(size, couplings, states);
      const auto made = project_matrix(make_hamiltonian(lattice, couplings), states);
      for (std::size_t k = 0; k < states.size(); ++k) {
        for (std::size_t l = 0; l < states.size(); ++l) {
          EXPECT_NEAR(made[k][l], expected[k][l], 1e-14);
          EXPECT_EQ(made[k][l], made[l][k]) << "H is symmetric";
        }
      }
    }
  }
}

/// The Marshall rule is a rotation: H' = D H D with D = (−1)^(up spins on one sublattice).
TEST(Hamiltonian, MarshallRuleIsARotation) {
  for (const LatticeSize& size : kLattices) {
    const Lattice lattice = make_lattice(size.kind, size.L);
    const auto states = oracle::sector_states(lattice.sites());
    std::vector<double> sign;
    for (const oracle::Spins& spins : states) {
      double product = 1;
      for (int site = 0; site < lattice.sites(); ++site) {
        const bool even = (site / lattice.columns + site % lattice.columns) % 2 == 0;
        if (even && spins[static_cast<std::size_t>(site)] > 0) product = -product;
      }
      sign.push_back(product);
    }
    const auto plain = project_matrix(make_hamiltonian(lattice, {1.0, 0.5, false}), states);
    const auto rotated = project_matrix(make_hamiltonian(lattice, {1.0, 0.5, true}), states);
    for (std::size_t k = 0; k < states.size(); ++k) {
      for (std::size_t l = 0; l < states.size(); ++l) {
        EXPECT_EQ(rotated[k][l], sign[k] * plain[k][l] * sign[l]);
      }
    }
  }
}

class LocalEnergy : public BackendTest<BackendCase> {};

/// E_loc(s) = Σ_s' ⟨s|H|s'⟩ ψ(s')/ψ(s) over the whole sector.
TEST_P(LocalEnergy, IsHPsiOverPsi) {
  const NetworkCase made = GetParam().made;
  const Couplings couplings{1.0, 0.6, true};
  const std::vector<double> theta = random_parameters(made.table(), 31);
  const oracle::OracleNetwork network = make_oracle(made, theta);
  const auto states = oracle::sector_states(made.sites());
  const auto H = oracle_matrix({made.lattice, made.L}, couplings, states);
  std::vector<std::complex<double>> psi;
  for (const auto& spins : states) psi.push_back(std::exp(oracle::log_psi(network, spins)));

  const auto backend = make_backend(GetParam().backend, make_problem(made, couplings), Resources{});
  backend->set_parameters(theta);
  std::vector<std::complex<double>> energies(states.size());
  backend->local_energies(pack(states), energies);
  for (std::size_t k = 0; k < states.size(); ++k) {
    std::complex<double> sum = 0;
    double magnitude = 0;
    for (std::size_t l = 0; l < states.size(); ++l) {
      const std::complex<double> term = H[k][l] * psi[l] / psi[k];
      sum += term;
      magnitude += std::abs(term);
    }
    EXPECT_LT(std::abs(energies[k] - sum), 1e-11 * magnitude) << k;
  }
}

std::vector<BackendCase> cases() {
  const NetworkChoice choice{.patch = 2, .d_model = 6, .heads = 2, .layers = 1, .ffn_ratio = 2};
  return every_attention({{LatticeKind::square, 2, choice},
                          {LatticeKind::chain, 4, choice},
                          {LatticeKind::chain, 8, choice}});
}

INSTANTIATE_TEST_SUITE_P(Sectors, LocalEnergy, testing::ValuesIn(cases()),
                         [](const auto& instance) { return instance.param.name(); });

}  // namespace
}  // namespace plaquette::test
