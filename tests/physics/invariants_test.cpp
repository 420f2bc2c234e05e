#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "plaquette/physics/metropolis.hpp"
#include "plaquette/physics/sector.hpp"
#include "reference/sector.hpp"
#include "support/backend_test.hpp"
#include "support/case_table.hpp"
#include "support/network_case.hpp"

// What must hold whatever the parameters are.

namespace plaquette::test {
namespace {

using Complex = std::complex<double>;

NetworkCase chain_case(int L) {
  return {
      LatticeKind::chain, L, {.patch = 2, .d_model = 6, .heads = 2, .layers = 1, .ffn_ratio = 2}};
}

ConfigurationBatch whole_sector(int sites) {
  return ConfigurationBatch(sites, zero_magnetisation_states(sites));
}

/// The largest u that is accepted, by bisection of the code that decides.
double acceptance_probability(double log_amplitude_change) {
  if (accept_exchange(1 - 0x1p-53, log_amplitude_change, 2)) return 1;
  double low = 0;
  double high = 1;
  for (int k = 0; k < 60; ++k) {
    const double middle = 0.5 * (low + high);
    (accept_exchange(middle, log_amplitude_change, 2) ? low : high) = middle;
  }
  return low;
}

using Matrix = std::vector<std::vector<double>>;

/// T(s → s') of one proposal, built from the fixed list of pairs.
Matrix transition_matrix(const std::vector<std::uint64_t>& states,
                         const std::vector<double>& log_amplitude,
                         const std::vector<SitePair>& pairs) {
  std::unordered_map<std::uint64_t, std::size_t> index;
  for (std::size_t k = 0; k < states.size(); ++k) index[states[k]] = k;
  Matrix T(states.size(), std::vector<double>(states.size(), 0.0));
  for (std::size_t k = 0; k < states.size(); ++k) {
    for (const SitePair& pair : pairs) {
      std::uint64_t state = states[k];
      const double share = 1.0 / static_cast<double>(pairs.size());
      if (!antiparallel(&state, pair.first, pair.second)) {
        T[k][k] += share;
        continue;
      }
      exchange_spins(&state, pair.first, pair.second);
      const std::size_t to = index.at(state);
      const double accepted = acceptance_probability(log_amplitude[to] - log_amplitude[k]);
      T[k][to] += share * accepted;
      T[k][k] += share * (1 - accepted);
    }
  }
  return T;
}

/// The same matrix from the oracle's acceptance.
Matrix oracle_transitions(const oracle::OracleNetwork& network,
                          const std::vector<std::uint64_t>& states,
                          const std::vector<SitePair>& pairs) {
  std::vector<std::pair<int, int>> sites;
  for (const SitePair& pair : pairs) sites.push_back({pair.first, pair.second});
  std::vector<oracle::Spins> spins;
  std::vector<Complex> log_psi;
  for (std::uint64_t state : states) {
    spins.push_back(unpack(state, network.columns));
    log_psi.push_back(oracle::log_psi(network, spins.back()));
  }
  return oracle::exchange_transitions(sites, spins, log_psi);
}

TEST(Metropolis, DetailedBalanceAndErgodicity) {
  const NetworkCase made = chain_case(6);
  const auto network = make_oracle(made, random_parameters(made.table(), 3));
  const auto states = zero_magnetisation_states(6);
  std::vector<double> log_amplitude;
  std::vector<double> weight;
  double sum = 0;
  for (std::uint64_t state : states) {
    log_amplitude.push_back(oracle::log_psi(network, unpack(state, 6)).real());
    weight.push_back(std::exp(2 * log_amplitude.back()));
    sum += weight.back();
  }
  for (double& w : weight) w /= sum;
  for (int range : {1, 2, 3}) {
    const auto pairs = exchange_pairs(made.make_lattice(), range);
    const Matrix T = transition_matrix(states, log_amplitude, pairs);
    const Matrix expected = oracle_transitions(network, states, pairs);
    for (std::size_t a = 0; a < states.size(); ++a) {
      for (std::size_t b = 0; b < states.size(); ++b) {
        EXPECT_NEAR(weight[a] * T[a][b], weight[b] * T[b][a], 1e-15) << range;
        EXPECT_NEAR(T[a][b], expected[a][b], 1e-13) << range;
      }
    }
    std::vector<double> distribution(states.size(), 0.0);
    distribution[0] = 1;  // all weight on one state
    for (int step = 0; step < 5000; ++step) {
      std::vector<double> next(states.size(), 0.0);
      for (std::size_t a = 0; a < states.size(); ++a) {
        for (std::size_t b = 0; b < states.size(); ++b) next[b] += distribution[a] * T[a][b];
      }
      distribution = next;
    }
    for (std::size_t a = 0; a < states.size(); ++a) {
      EXPECT_NEAR(distribution[a], weight[a], 1e-9) << "range " << range;
    }
  }
}

class Invariants : public BackendTest<BackendCase> {
 protected:
  std::unique_ptr<Backend> make(const Couplings& couplings, const std::vector<double>& theta,
                                std::size_t chains = 0) const {
    Problem problem = make_problem(made, couplings, 2);
    problem.chains = chains;
    problem.seed = 8;
    auto backend = make_backend(GetParam().backend, problem, Resources{});
    backend->set_parameters(theta);
    return backend;
  }

  /// Σ |ψ|² E_loc / Σ |ψ|² and, if asked for, 2 Re⟨(O − Ō)* E_loc⟩ over the whole sector.
  double full_sum_energy(const std::vector<double>& theta, std::vector<double>* slope) const {
    const ConfigurationBatch states = whole_sector(made.sites());
    const std::size_t count = states.count();
    const auto backend = make({1.0, 0.4, false}, theta);
    std::vector<Complex> log_psi(count);
    std::vector<Complex> local(count);
    backend->log_psi(states, log_psi);
    backend->local_energies(states, local);
    std::vector<double> weight(count);
    double sum = 0;
    for (std::size_t k = 0; k < count; ++k) {
      sum += weight[k] = std::exp(2 * (log_psi[k] - log_psi[0]).real());
    }
    Complex energy = 0;
    for (std::size_t k = 0; k < count; ++k) energy += (weight[k] /= sum) * local[k];
    EXPECT_NEAR(energy.imag(), 0.0, 1e-10) << "H is Hermitian";
    if (slope != nullptr) {
      const std::size_t parameters = theta.size();
      std::vector<Complex> O(count * parameters);
      backend->gradients(states, O);
      slope->assign(parameters, 0.0);
      for (std::size_t k = 0; k < count; ++k) {
        for (std::size_t p = 0; p < parameters; ++p) {
          const Complex centred = local[k] - energy;
          (*slope)[p] += 2 * weight[k] * (std::conj(O[k * parameters + p]) * centred).real();
        }
      }
    }
    return energy.real();
  }

  NetworkCase made = GetParam().made;
};

/// Moves every spin by whole patches.
oracle::Spins translated(const oracle::Spins& spins, int rows, int columns, int down, int right) {
  oracle::Spins moved(spins.size());
  for (int x = 0; x < rows; ++x) {
    for (int y = 0; y < columns; ++y) {
      const int to = (x + down) % rows * columns + (y + right) % columns;
      moved[static_cast<std::size_t>(to)] = spins[static_cast<std::size_t>(x * columns + y)];
    }
  }
  return moved;
}

TEST_P(Invariants, PatchTranslationsLeaveLogPsi) {
  const NetworkShape shape = made.shape();
  const Lattice lattice = made.make_lattice();
  const oracle::Spins spins = random_spins(made.sites(), 1, 17)[0];
  std::vector<oracle::Spins> images;
  for (int x = 0; x < shape.token_rows; ++x) {
    for (int y = 0; y < shape.token_columns; ++y) {
      images.push_back(translated(spins, lattice.rows, lattice.columns, x * shape.patch_rows,
                                  y * shape.patch_columns));
    }
  }
  std::vector<Complex> values(images.size());
  make({}, random_parameters(made.table(), 21))->log_psi(pack(images), values);
  double spread = 0;
  for (const Complex& value : values) spread = std::max(spread, std::abs(value - values[0]));
  if (shape.translation_invariant) {
    EXPECT_LT(spread, 1e-11 * std::max(1.0, std::abs(values[0])));
  } else {
    EXPECT_GT(spread, 1e-6) << "a full position table knows where it is";
  }
}

TEST_P(Invariants, ChainsKeepTheirMagnetisation) {
  const auto backend = make({}, random_parameters(made.table(), 22), 50);
  backend->set_chains(pack(random_spins(made.sites(), 50, 4)));
  const SweepCounts counts = backend->advance(0, 5);
  EXPECT_GT(counts.accepted, 0u);
  const ConfigurationBatch chains = backend->chains();
  for (std::size_t k = 0; k < chains.count(); ++k) {
    EXPECT_EQ(spin_sum(chains[k], made.sites()), 0);
    if (made.sites() % 64 != 0) {
      EXPECT_EQ(chains[k][chains.words_per_configuration() - 1] >> (made.sites() % 64), 0u);
    }
  }
}

/// ψ = const is the state of highest total spin: S_i·S_j = 1/4 on every bond.
TEST_P(Invariants, ConstantWaveFunctionIsAnEigenstate) {
  std::vector<double> theta = random_parameters(made.table(), 23);
  for (const NamedTensor& tensor : made.table().tensors) {
    if (tensor.name != "head/real/kernel" && tensor.name != "head/imag/kernel") continue;
    std::fill_n(theta.begin() + static_cast<std::ptrdiff_t>(tensor.offset), tensor.size(), 0.0);
  }
  const Couplings couplings{-1.0, -0.5, false};
  double energy = 0;
  for (const oracle::OracleBond& bond : make_oracle_bonds(made, couplings)) energy += bond.J / 4;
  std::vector<Complex> local(40);
  make(couplings, theta)->local_energies(pack(random_spins(made.sites(), 40, 9)), local);
  for (const Complex& value : local) {
    EXPECT_NEAR(value.real(), energy, 1e-11 * std::abs(energy));
    EXPECT_NEAR(value.imag(), 0.0, 1e-11 * std::abs(energy));
  }
}

class SmallSectors : public Invariants {};

/// The energy's slope is 2 Re⟨O* (E_loc − E)⟩: local energies and log-derivatives fit together.
TEST_P(SmallSectors, EnergyGradientOfTheFullSum) {
  const std::vector<double> theta = random_parameters(made.table(), 24);
  std::vector<double> slope;
  full_sum_energy(theta, &slope);
  const double h = 1e-3;
  for (std::size_t p = 0; p < theta.size(); p += 7) {
    const auto at = [&](double displacement) {
      std::vector<double> moved = theta;
      moved[p] += displacement;
      return full_sum_energy(moved, nullptr);
    };
    const double difference = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
    // Truncation h⁴ f⁽⁵⁾/30, with derivatives of the scale of the network's.
    EXPECT_NEAR(slope[p], difference, 1e-7 * std::max(1.0, std::abs(difference))) << p;
  }
}

std::vector<BackendCase> chains() { return every_attention({chain_case(6), chain_case(8)}); }

std::vector<BackendCase> all_lattices() {
  constexpr LatticeKind kSquare = LatticeKind::square;
  return every_attention(
      {chain_case(6),
       chain_case(8),
       {kSquare, 4, {.patch = 2, .d_model = 8, .heads = 2, .layers = 2, .ffn_ratio = 2}},
       {kSquare, 10, {.patch = 2, .d_model = 6, .heads = 2, .layers = 1, .ffn_ratio = 1}}});
}

std::string case_name(const testing::TestParamInfo<BackendCase>& info) { return info.param.name(); }

INSTANTIATE_TEST_SUITE_P(Networks, Invariants, testing::ValuesIn(all_lattices()), case_name);
INSTANTIATE_TEST_SUITE_P(Networks, SmallSectors, testing::ValuesIn(chains()), case_name);

}  // namespace
}  // namespace plaquette::test
