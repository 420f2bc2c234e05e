#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "plaquette/physics/configuration.hpp"
#include "plaquette/physics/hamiltonian.hpp"
#include "plaquette/physics/lattice.hpp"
#include "plaquette/physics/metropolis.hpp"
#include "plaquette/physics/sector.hpp"
#include "support/chi_square.hpp"

namespace plaquette {
namespace {

Lattice square(int L) { return make_lattice(LatticeKind::square, L); }
Lattice chain(int L) { return make_lattice(LatticeKind::chain, L); }

template <class Action>
void expect_input_error(Action&& action, const std::vector<std::string>& parts) {
  try {
    action();
    FAIL() << "nothing was thrown";
  } catch (const InputError& error) {
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
          << error.what() << " lacks " << part;
    }
  }
}

/// Squared distance by trying every periodic image.
int image_distance(const Lattice& lattice, int a, int b) {
  int best = 1 << 30;
  for (int x : {-1, 0, 1}) {
    for (int y : {-1, 0, 1}) {
      const int dr = a / lattice.columns - b / lattice.columns + x * lattice.rows;
      const int dc = a % lattice.columns - b % lattice.columns + y * lattice.columns;
      best = std::min(best, dr * dr + dc * dc);
    }
  }
  return best;
}

const std::vector<Lattice>& lattices() {
  static const std::vector<Lattice> all = {square(2),  square(4), square(6), square(8),
                                           square(10), chain(4),  chain(6),  chain(16)};
  return all;
}

TEST(Lattice, DistancesAgreeWithEveryImage) {
  for (const Lattice& lattice : lattices()) {
    for (int a = 0; a < lattice.sites(); ++a) {
      for (int b = 0; b < lattice.sites(); ++b) {
        ASSERT_EQ(squared_distance(lattice, a, b), image_distance(lattice, a, b))
            << lattice.rows << 'x' << lattice.columns << ": " << a << ' ' << b;
      }
    }
  }
}

TEST(Lattice, Shells) {
  EXPECT_EQ(neighbour_shells(square(2)), 2);
  EXPECT_EQ(neighbour_shells(square(4)), 5);  // 1, 2, 4, 5, 8
  EXPECT_EQ(neighbour_shells(square(6)), 9);
  EXPECT_EQ(neighbour_shells(chain(8)), 4);
}

TEST(Lattice, ExchangePairsAreThoseWithinRange) {
  for (const Lattice& lattice : lattices()) {
    std::set<int> distances;
    for (int b = 1; b < lattice.sites(); ++b) distances.insert(image_distance(lattice, 0, b));
    int range = 0;
    for (int longest : distances) {
      ++range;
      std::vector<std::pair<int, int>> expected;
      for (int a = 0; a < lattice.sites(); ++a) {
        for (int b = a + 1; b < lattice.sites(); ++b) {
          if (image_distance(lattice, a, b) <= longest) expected.push_back({a, b});
        }
      }
      std::vector<std::pair<int, int>> made;
      for (const SitePair& pair : exchange_pairs(lattice, range)) {
        made.push_back({pair.first, pair.second});
      }
      ASSERT_EQ(made, expected) << "range " << range;
    }
    EXPECT_EQ(range, neighbour_shells(lattice));
  }
  // 2N pairs a shell on the square, and distance 2 has N on the 4×4.
  EXPECT_EQ(exchange_pairs(square(6), 1).size(), 72u);
  EXPECT_EQ(exchange_pairs(square(6), 2).size(), 144u);
  EXPECT_EQ(exchange_pairs(chain(8), 1).size(), 8u);
}

TEST(Lattice, RefusesWhatCannotBe) {
  expect_input_error([] { square(5); }, {"--L 5", "even", "2", "32"});
  expect_input_error([] { square(34); }, {"--L 34"});
  expect_input_error([] { square(0); }, {"--L 0"});
  expect_input_error([] { chain(2); }, {"--L 2", "4", "1024"});
  expect_input_error([] { exchange_pairs(square(4), 0); }, {"--exchange-range 0", "1", "5"});
  expect_input_error([] { exchange_pairs(square(4), 6); }, {"--exchange-range 6", "5"});
}

using BondCounts = std::map<std::pair<int, int>, std::array<double, 2>>;

/// Couplings summed per pair.
BondCounts sum_couplings(const Hamiltonian& hamiltonian) {
  BondCounts counts;
  for (const Bond& bond : hamiltonian.bonds) {
    auto& entry = counts[std::minmax(bond.i, bond.j)];
    entry[0] += bond.Jz;
    entry[1] += bond.Jxy;
  }
  return counts;
}

TEST(Hamiltonian, BondsJoinTheRightPairs) {
  for (const bool marshall : {false, true}) {
    const double sign = marshall ? -1 : 1;
    for (const Lattice& lattice : {square(6), square(8), chain(6), chain(8)}) {
      const Hamiltonian hamiltonian = make_hamiltonian(lattice, {1.0, 0.5, marshall});
      const int per_site = lattice.kind == LatticeKind::square ? 4 : 2;
      EXPECT_EQ(static_cast<int>(hamiltonian.bonds.size()), per_site * lattice.sites());
      const BondCounts counts = sum_couplings(hamiltonian);
      const int second = lattice.kind == LatticeKind::square ? 2 : 4;  // squared distance
      for (int a = 0; a < lattice.sites(); ++a) {
        for (int b = a + 1; b < lattice.sites(); ++b) {
          const int distance = image_distance(lattice, a, b);
          const double Jz = distance == 1 ? 1.0 : distance == second ? 0.5 : 0.0;
          const auto found = counts.find({a, b});
          ASSERT_EQ(found != counts.end(), Jz != 0) << a << ' ' << b;
          if (Jz == 0) continue;
          EXPECT_EQ(found->second[0], Jz);
          EXPECT_EQ(found->second[1], distance == 1 ? sign * Jz : Jz);
        }
      }
    }
  }
}

/// Wrapping joins pairs twice; every term counts.
TEST(Hamiltonian, SmallClustersKeepDoubleBonds) {
  const BondCounts two = sum_couplings(make_hamiltonian(square(2), {1.0, 0.5, false}));
  ASSERT_EQ(two.size(), 6u);
  EXPECT_EQ(two.at({0, 1})[0], 2.0);
  EXPECT_EQ(two.at({0, 3})[0], 2.0);  // four terms of 0.5
  const BondCounts ring = sum_couplings(make_hamiltonian(chain(4), {1.0, 0.5, false}));
  EXPECT_EQ(ring.at({0, 2})[0], 1.0);  // two terms of 0.5
  EXPECT_EQ(ring.at({0, 1})[0], 1.0);
}

TEST(Hamiltonian, ZeroCouplingsAreLeftOut) {
  EXPECT_EQ(make_hamiltonian(square(4), {1.0, 0.0, false}).bonds.size(), 32u);
  EXPECT_EQ(make_hamiltonian(square(4), {0.0, 1.0, false}).bonds.size(), 32u);
}

/// Against S·S built from the spin matrices: rows and columns are (s_i, s_j), up first.
TEST(Hamiltonian, ElementsAreThoseOfTheSpinMatrices) {
  using Complex = std::complex<double>;
  using Spin = std::array<std::array<Complex, 2>, 2>;
  const Complex i{0, 1};
  const Spin x = {{{0, 0.5}, {0.5, 0}}};
  const Spin y = {{{0, -0.5 * i}, {0.5 * i, 0}}};
  const Spin z = {{{0.5, 0}, {0, -0.5}}};
  const Bond bond{70, 3, 1.3, -0.7};
  for (std::size_t row = 0; row < 4; ++row) {
    for (std::size_t column = 0; column < 4; ++column) {
      const auto element = [&](const Spin& s) {
        return s[row / 2][column / 2] * s[row % 2][column % 2];
      };
      const Complex expected = bond.Jz * element(z) + bond.Jxy * (element(x) + element(y));
      std::uint64_t words[2] = {0, 0};
      if (column / 2 == 0) words[1] |= std::uint64_t{1} << 6;  // site 70
      if (column % 2 == 0) words[0] |= std::uint64_t{1} << 3;
      double made = row == column ? diagonal_element(bond, words) : 0.0;
      std::uint64_t exchanged[2] = {words[0], words[1]};
      if (antiparallel(words, 70, 3)) exchange_spins(exchanged, 70, 3);
      const std::size_t reached =
          (spin_up(exchanged, 70) ? 0u : 2u) + (spin_up(exchanged, 3) ? 0u : 1u);
      if (row != column && reached == row) made = exchange_element(bond, words);
      EXPECT_NEAR(made, expected.real(), 1e-15) << row << column;
      EXPECT_NEAR(0.0, expected.imag(), 1e-15);
      if (reached == column) {
        EXPECT_EQ(exchange_element(bond, words), 0.0);
      }
    }
  }
}

TEST(Hamiltonian, DiagonalEnergyOfKnownStates) {
  const Lattice lattice = square(4);
  const Hamiltonian hamiltonian = make_hamiltonian(lattice, {1.0, 0.5, false});
  std::uint64_t neel = 0;
  for (int site = 0; site < 16; ++site) {
    if ((site / 4 + site % 4) % 2 == 0) neel |= std::uint64_t{1} << site;
  }
  EXPECT_DOUBLE_EQ(diagonal_energy(hamiltonian, &neel), 32 * -0.25 + 32 * 0.5 * 0.25);
  const std::uint64_t stripes = 0x0f0f;
  EXPECT_DOUBLE_EQ(diagonal_energy(hamiltonian, &stripes), 32 * 0.5 * -0.25);
}

TEST(Configuration, ReadsBothAlphabets) {
  std::uint64_t plus = 0;
  std::uint64_t ones = 0;
  parse_configuration("+-+--+", 6, &plus);
  parse_configuration("101001", 6, &ones);
  EXPECT_EQ(plus, 0b100101u);
  EXPECT_EQ(ones, plus);
  EXPECT_EQ(format_configuration(&plus, 6), "+-+--+");
}

TEST(Configuration, CrossesWords) {
  std::string text;
  for (int site = 0; site < 100; ++site) text += (site * 7 % 10) < 5 ? '+' : '-';
  std::uint64_t words[2] = {~std::uint64_t{0}, ~std::uint64_t{0}};
  parse_configuration(text, 100, words);
  EXPECT_EQ(format_configuration(words, 100), text);
  EXPECT_EQ(words[1] >> 36, 0u) << "unused bits are zero";
  EXPECT_EQ(spin_sum(words, 100), 0);
  ASSERT_TRUE(antiparallel(words, 0, 98));  // + at 0, - at 98
  exchange_spins(words, 0, 98);
  EXPECT_EQ(spin(words, 0), -1);
  EXPECT_EQ(spin(words, 98), 1);
  EXPECT_EQ(spin_sum(words, 100), 0);
}

TEST(Configuration, RefusesWithWhatIsWrong) {
  std::uint64_t word = 0;
  expect_input_error([&] { parse_configuration("+-+", 6, &word); }, {"3", "6"});
  expect_input_error([&] { parse_configuration("", 6, &word); }, {"0", "6"});
  expect_input_error([&] { parse_configuration("+-x--+", 6, &word); }, {"'x'", "site 2"});
  expect_input_error([&] { parse_configuration("+-+-++", 6, &word); }, {"4 up", "2 down", "3"});
}

TEST(Configuration, BatchAdoptsOnlyWholeConfigurations) {
  EXPECT_EQ(ConfigurationBatch(100, std::vector<std::uint64_t>(6)).count(), 3u);
  EXPECT_THROW(ConfigurationBatch(100, std::vector<std::uint64_t>(5)), std::logic_error);
}

TEST(Sector, CountsAreBinomial) {
  const std::map<int, std::size_t> binomials = {{2, 2},    {4, 6},      {6, 20},     {8, 70},
                                                {10, 252}, {16, 12870}, {20, 184756}};
  for (const auto& [sites, count] : binomials) {
    const auto states = zero_magnetisation_states(sites);
    EXPECT_EQ(states.size(), count);
    for (std::size_t k = 0; k < states.size(); ++k) {
      ASSERT_EQ(spin_sum(&states[k], sites), 0);
      if (k > 0) {
        ASSERT_LT(states[k - 1], states[k]);
      }
    }
  }
  expect_input_error([] { zero_magnetisation_states(22); }, {"22", "20"});
}

/// Significance 1e-4, seeds fixed: the test is deterministic.
TEST(RandomConfiguration, IsUniformOverTheSector) {
  const auto states = zero_magnetisation_states(6);
  std::map<std::uint64_t, std::size_t> index;
  for (std::size_t k = 0; k < states.size(); ++k) index[states[k]] = k;
  for (std::uint64_t seed : {1ull, 2ull, 0xfedcba9876543210ull}) {
    std::vector<std::size_t> counts(states.size(), 0);
    for (std::uint32_t walker = 0; walker < 20000; ++walker) {
      std::uint64_t state = 0;
      random_configuration(seed, walker, 6, &state);
      ASSERT_TRUE(index.contains(state));
      ++counts[index[state]];
    }
    const std::vector<double> uniform_weights(states.size(), 1.0 / double(states.size()));
    EXPECT_GT(test::chi_square_test(counts, uniform_weights), 1e-4);
  }
}

TEST(RandomConfiguration, HasNoMagnetisationOnLargeLattices) {
  for (int sites : {64, 100, 1024}) {
    std::vector<std::uint64_t> words(static_cast<std::size_t>(words_for(sites)));
    random_configuration(5, 17, sites, words.data());
    EXPECT_EQ(spin_sum(words.data(), sites), 0);
  }
}

TEST(Metropolis, AcceptsByTheRatio) {
  EXPECT_TRUE(accept_exchange(0.999999, 0.0, 2));
  EXPECT_TRUE(accept_exchange(0.999999, 1000.0, 2));
  EXPECT_FALSE(accept_exchange(0.0, -1e6, 2));
  EXPECT_FALSE(accept_exchange(0.0, std::nan(""), 2));
  EXPECT_TRUE(accept_exchange(0.2499, 0.5 * std::log(0.25), 2));
  EXPECT_FALSE(accept_exchange(0.2501, 0.5 * std::log(0.25), 2));
  EXPECT_TRUE(accept_exchange(0.4999, 0.5 * std::log(0.25), 1));
  EXPECT_FALSE(accept_exchange(0.5001, 0.5 * std::log(0.25), 1));
}

/// Every pair of the list is proposed equally often, and u does not depend on it. Significance
/// 1e-4.
TEST(Metropolis, ProposalsAreUniform) {
  const auto pairs = exchange_pairs(chain(8), 2);
  std::map<std::pair<int, int>, std::size_t> index;
  for (std::size_t k = 0; k < pairs.size(); ++k) index[{pairs[k].first, pairs[k].second}] = k;
  std::vector<std::size_t> counts(2 * pairs.size(), 0);
  for (std::uint32_t chain_index = 0; chain_index < 100; ++chain_index) {
    for (std::uint64_t sweep = 0; sweep < 50; ++sweep) {
      for (std::uint32_t move = 0; move < 8; ++move) {
        const ExchangeProposal proposal = propose_exchange(
            3, chain_index, sweep, move, pairs.data(), static_cast<std::uint32_t>(pairs.size()));
        const std::size_t half = proposal.u < 0.5 ? 0 : pairs.size();
        ++counts[half + index.at({proposal.pair.first, proposal.pair.second})];
      }
    }
  }
  const std::vector<double> flat(counts.size(), 1.0 / double(counts.size()));
  EXPECT_GT(test::chi_square_test(counts, flat), 1e-4);
}

}  // namespace
}  // namespace plaquette
