#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "plaquette/exact/diagonalisation.hpp"
#include "plaquette/io/symmetry_text.hpp"
#include "plaquette/model/system_warnings.hpp"
#include "plaquette/physics/projected_space.hpp"
#include "plaquette/physics/sector.hpp"
#include "plaquette/vmc/job.hpp"
#include "plaquette/vmc/observables.hpp"
#include "support/messages.hpp"

// What the program says in a rotated frame, against states that this file rotates back, moves and
// diagonalises in the physical one.

namespace plaquette::test {
namespace {

using Complex = std::complex<double>;
using State = std::map<std::uint64_t, Complex>;  // amplitude of every configuration with Sz = 0

bool up(std::uint64_t state, int site) { return (state >> site & 1) != 0; }

/// ψ_physical(s) = (−1)^{up spins on the given sites} ψ(s).
State rotated(const State& psi, const std::vector<int>& sites) {
  State out;
  for (const auto& [state, amplitude] : psi) {
    int count = 0;
    for (const int site : sites) count += up(state, site) ? 1 : 0;
    out[state] = count % 2 == 0 ? amplitude : -amplitude;
  }
  return out;
}

/// φ(s) = ψ(s′), s′_i = s_{from(i)}.
template <class From>
State moved(const State& psi, int sites, const From& from) {
  State out;
  for (const auto& [state, amplitude] : psi) {
    std::uint64_t image = 0;
    for (int i = 0; i < sites; ++i) image |= std::uint64_t{up(state, from(i))} << i;
    out[state] = psi.at(image);
  }
  return out;
}

State flipped(const State& psi, int sites) {
  State out;
  for (const auto& [state, amplitude] : psi) {
    out[state] = psi.at(~state & ((std::uint64_t{1} << sites) - 1));
  }
  return out;
}

double squared_norm(const State& psi) {
  double sum = 0;
  for (const auto& [state, amplitude] : psi) sum += std::norm(amplitude);
  return sum;
}

/// |a − factor·b|.
double distance(const State& a, Complex factor, const State& b) {
  double sum = 0;
  for (const auto& [state, amplitude] : a) sum += std::norm(amplitude - factor * b.at(state));
  return std::sqrt(sum);
}

State random_state(int sites, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  State psi;
  for (const std::uint64_t state : zero_magnetisation_states(sites)) {
    psi[state] = {normal(engine), normal(engine)};
  }
  return psi;
}

/// Σ_g χ_g ψ(g s), by the program's operations.
State projected(const std::vector<SymmetryOperation>& group, const State& psi) {
  State out;
  for (const auto& [state, amplitude] : psi) {
    Complex sum = 0;
    for (const SymmetryOperation& g : group) {
      std::uint64_t image = 0;
      transform(g, &state, &image);
      sum += g.character * psi.at(image);
    }
    out[state] = sum / static_cast<double>(group.size());
  }
  return out;
}

std::vector<int> odd_sites(const Lattice& lattice) {
  std::vector<int> sites;
  for (int i = 0; i < lattice.sites(); ++i) {
    if ((i / lattice.columns + i % lattice.columns) % 2 == 1) sites.push_back(i);
  }
  return sites;
}

struct LabelCase {
  LatticeKind kind;
  int L;
  int patch;
  bool translation_invariant;
  PatchMomentum momentum;
  SpinFlip flip;
  bool marshall;
};

class PhysicalLabels : public testing::TestWithParam<LabelCase> {};

/// A random network's amplitudes, projected in the frame of the Marshall rule: the physical state
/// has the momentum and the parity that were asked for.
TEST_P(PhysicalLabels, AreThoseOfThePhysicalState) {
  const LabelCase given = GetParam();
  const Lattice lattice = make_lattice(given.kind, given.L);
  const int N = lattice.sites();
  const Hamiltonian hamiltonian =
      make_hamiltonian(lattice, {.J2 = 0.3, .marshall = given.marshall});
  SymmetryChoice choice;
  choice.translations = given.momentum;
  choice.spin_flip = given.flip;
  const auto group =
      symmetry_operations(lattice, hamiltonian, given.patch, !given.translation_invariant, choice);
  const auto row_shift = [&](int rows, int columns) {
    return [=](int i) {
      return lattice.site(i / lattice.columns + rows, i % lattice.columns + columns);
    };
  };
  State psi = random_state(N, 3);
  if (given.translation_invariant) {  // what the network is by itself
    State sum = psi;
    for (auto& [state, amplitude] : sum) amplitude = 0;
    for (int r = 0; r < lattice.rows; r += given.patch) {
      for (int c = 0; c < lattice.columns; c += given.patch) {
        for (const auto& [state, amplitude] : moved(psi, N, row_shift(r, c))) {
          sum[state] += amplitude;
        }
      }
    }
    psi = sum;
  }
  psi = projected(group, psi);
  if (given.marshall) psi = rotated(psi, odd_sites(lattice));
  const double size = std::sqrt(squared_norm(psi));
  ASSERT_GT(size, 1e-3);
  const auto phase = [&](int m) { return std::polar(1.0, -2 * M_PI * m / given.patch); };
  EXPECT_LT(distance(moved(psi, N, row_shift(0, 1)), phase(given.momentum.column), psi),
            1e-12 * size);
  if (lattice.two_dimensional()) {
    EXPECT_LT(distance(moved(psi, N, row_shift(1, 0)), phase(given.momentum.row), psi),
              1e-12 * size);
  }
  EXPECT_LT(distance(flipped(psi, N), given.flip == SpinFlip::even ? 1 : -1, psi), 1e-12 * size);
}

std::vector<LabelCase> label_cases() {
  std::vector<LabelCase> all;
  for (const bool marshall : {false, true}) {
    for (const int L : {6, 8, 10}) {
      for (const int k : {0, 1}) {
        for (const SpinFlip flip : {SpinFlip::even, SpinFlip::odd}) {
          all.push_back({LatticeKind::chain, L, 2, true, {0, k}, flip, marshall});
          all.push_back({LatticeKind::chain, L, 2, false, {0, k}, flip, marshall});
        }
      }
    }
    all.push_back({LatticeKind::chain, 6, 3, false, {0, 1}, SpinFlip::odd, marshall});
    all.push_back({LatticeKind::square, 4, 2, true, {1, 0}, SpinFlip::even, marshall});
    all.push_back({LatticeKind::square, 4, 2, true, {1, 1}, SpinFlip::odd, marshall});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Cases, PhysicalLabels, testing::ValuesIn(label_cases()));

struct GroundLabel {
  LatticeKind kind;
  int L;
  const char* its;
  std::vector<const char*> others;
};

/// The ground state of the physical Hamiltonian, by exact diagonalisation. Rotated, the projection
/// on its own labels leaves it as it is, any other takes it away: the ring of 4 n + 2 sites has
/// momentum π and is odd under spin flip (Marshall), whatever frame the network works in.
TEST(PhysicalLabelsOfTheGroundState, AreKept) {
  const GroundLabel cases[] = {
      {LatticeKind::chain,
       4,
       "translations=0x0,spin-flip=even",
       {"translations=0x1", "spin-flip=odd"}},
      {LatticeKind::chain,
       6,
       "translations=0x1,spin-flip=odd",
       {"translations=0x0", "spin-flip=even"}},
      {LatticeKind::chain,
       8,
       "translations=0x0,spin-flip=even",
       {"translations=0x1", "spin-flip=odd"}},
      {LatticeKind::square,
       4,
       "translations=0x0,c4v=A1,spin-flip=even",
       {"translations=1x1", "c4v=B1", "spin-flip=odd"}},
  };
  for (const GroundLabel& given : cases) {
    const Lattice lattice = make_lattice(given.kind, given.L);
    const GroundState ground = ground_state(make_hamiltonian(lattice, {.J2 = 0}), 1);
    const std::vector<std::uint64_t> states = zero_magnetisation_states(lattice.sites());
    State physical;
    for (std::size_t k = 0; k < states.size(); ++k) physical[states[k]] = ground.amplitudes[k];
    const State psi = rotated(physical, odd_sites(lattice));
    const Hamiltonian hamiltonian = make_hamiltonian(lattice, {.J2 = 0, .marshall = true});
    const auto left = [&](const char* text) {
      return squared_norm(projected(
          symmetry_operations(lattice, hamiltonian, 2, false, parse_symmetry(text)), psi));
    };
    EXPECT_NEAR(left(given.its), 1, 1e-9) << given.L;
    for (const char* other : given.others) EXPECT_NEAR(left(other), 0, 1e-9) << given.L << other;
  }
}

TEST(PhysicalLabels, AreRefusedWhereTheNetworkHasAnother) {
  const Lattice ring = make_lattice(LatticeKind::chain, 6);
  const Hamiltonian hamiltonian = make_hamiltonian(ring, {.J2 = 0, .marshall = true});
  const auto message = message_of<InputError>(
      [&] { symmetry_operations(ring, hamiltonian, 1, false, parse_symmetry("translations")); });
  EXPECT_TRUE(mentions(message, {"--symmetry translations", "--marshall", "--patch 1"}));
  EXPECT_NO_THROW(symmetry_operations(ring, hamiltonian, 1, true, parse_symmetry("translations")));
}

/// Rank of the projector, state by state: how many orbits keep a weight.
std::size_t orbits_left(const std::vector<SymmetryOperation>& group, int sites) {
  std::map<std::uint64_t, bool> seen;
  std::size_t left = 0;
  for (const std::uint64_t start : zero_magnetisation_states(sites)) {
    if (seen[start]) continue;
    Complex weight = 0;
    for (const SymmetryOperation& g : group) {
      std::uint64_t image = 0;
      transform(g, &start, &image);
      seen[image] = true;
      if (image == start) weight += g.character;
    }
    left += std::abs(weight) > 1e-9 ? 1 : 0;
  }
  return left;
}

TEST(ProjectedSpace, HasTheDimensionOfItsOrbits) {
  struct Case {
    LatticeKind kind;
    int L;
    int patch;
    const char* symmetry;
  };
  int empty = 0;
  for (const Case& given : std::initializer_list<Case>{
           {LatticeKind::chain, 4, 2, "translations,spin-flip=odd"},
           {LatticeKind::chain, 4, 2, "translations=0x1,spin-flip=odd"},
           {LatticeKind::chain, 4, 1, "translations,spin-flip=odd"},
           {LatticeKind::chain, 4, 4, "translations=0x1"},
           {LatticeKind::chain, 8, 2, "translations=0x1,spin-flip=odd"},
           {LatticeKind::chain, 8, 4, "translations=0x3"},
           {LatticeKind::chain, 12, 3, "translations=0x1,spin-flip=even"},
           {LatticeKind::square, 2, 2, "c4v=A2"},
           {LatticeKind::square, 2, 1, "c4v=A2"},
           {LatticeKind::square, 2, 1, "c4v=B1"},
           {LatticeKind::square, 2, 2, "c4v=B2,spin-flip=odd"},
           {LatticeKind::square, 4, 2, "translations=1x1,c4v=A2,spin-flip=odd"},
           {LatticeKind::square, 4, 4, "c4v=B2"},
       }) {
    const Lattice lattice = make_lattice(given.kind, given.L);
    const auto projection = symmetry_operations(lattice, make_hamiltonian(lattice, {}), given.patch,
                                                false, parse_symmetry(given.symmetry));
    const auto network = patch_translations(lattice, given.patch);
    const auto all = detail::products(projection, network);
    const auto found = projected_dimension(projection, network);
    EXPECT_EQ(found, static_cast<std::int64_t>(orbits_left(all, lattice.sites())))
        << given.L << ' ' << given.symmetry;
    empty += found == 0 ? 1 : 0;
    const auto require = [&] { require_projected_space(lattice, given.patch, true, projection); };
    if (found == 0) {
      EXPECT_TRUE(mentions(message_of<InputError>(require), {"--symmetry", "is empty"}));
    } else {
      EXPECT_NO_THROW(require());
    }
  }
  EXPECT_GE(empty, 4);
}

TEST(ProjectedSpace, OfEveryJobIsLookedAt) {
  Job job;
  job.L = 2;
  job.network.patch = 2;
  job.symmetry = parse_symmetry("c4v=A2");
  EXPECT_TRUE(mentions(message_of<InputError>([&] { make_system(job); }), {"is empty"}));
  job.symmetry = parse_symmetry("c4v=A1");
  EXPECT_NO_THROW(make_system(job));
}

/// ⟨S_i·S_j⟩ of a real state: exchanging two spins is (1 + 4 S_i·S_j)/2.
double spin_product(const State& psi, int i, int j) {
  if (i == j) return 0.75;
  double sum = 0;
  for (const auto& [state, amplitude] : psi) {
    std::uint64_t exchanged = state;
    if (up(state, i) != up(state, j)) {
      exchanged ^= std::uint64_t{1} << i ^ std::uint64_t{1} << j;
    }
    sum += (std::conj(amplitude) * (0.5 * psi.at(exchanged) - 0.25 * amplitude)).real();
  }
  return sum;
}

/// C(r) that Observables find in the exact ground state of `hamiltonian`, in its own frame.
std::vector<double> measured_correlations(const Lattice& lattice, const Hamiltonian& hamiltonian) {
  const GroundState ground = ground_state(hamiltonian, 1);
  const std::vector<std::uint64_t> states = zero_magnetisation_states(lattice.sites());
  State psi;
  for (std::size_t k = 0; k < states.size(); ++k) psi[states[k]] = ground.amplitudes[k];
  const Observables observables(lattice, hamiltonian, ObservableSet::all);
  std::vector<double> mean(observables.size(), 0.0);
  std::vector<double> values(observables.size());
  std::vector<Complex> ratios(observables.pairs().size());
  for (const auto& [state, amplitude] : psi) {
    if (std::abs(amplitude) < 1e-7) continue;  // zero by symmetry
    for (std::size_t p = 0; p < ratios.size(); ++p) {
      const SitePair pair = observables.pairs()[p];
      std::uint64_t exchanged = state;
      if (up(state, pair.first) != up(state, pair.second)) {
        exchange_spins(&exchanged, pair.first, pair.second);
      }
      ratios[p] = psi.at(exchanged) / amplitude;
    }
    observables.evaluate(values, &state, ratios);
    for (std::size_t v = 0; v < mean.size(); ++v) mean[v] += std::norm(amplitude) * values[v];
  }
  const auto first = mean.begin() + static_cast<std::ptrdiff_t>(observables.spin_correlations());
  return {first, first + lattice.sites()};
}

/// Bond lists with --marshall: energies are those of the list, correlations those of the physical
/// ground state. Among them a list whose two sublattices are
/// not the checkerboard, and one that has none.
TEST(MarshallBonds, CorrelationsAreThoseOfThePhysicalState) {
  const Lattice ring = make_lattice(LatticeKind::chain, 8);
  std::vector<Bond> neighbours;
  std::vector<Bond> pairs;  // sublattices 0 1 4 5 and 2 3 6 7
  for (int i = 0; i < 8; ++i) {
    neighbours.push_back({i, (i + 1) % 8, 1, 1});
    pairs.push_back({i, (i + 2) % 8, 1, 0.8});
    if (i % 2 == 0) pairs.push_back({i, (i + 3) % 8, 0.6, 0.9});
  }
  std::vector<Bond> frustrated = pairs;
  frustrated.push_back({0, 1, 0.5, 0.5});
  struct Case {
    Lattice lattice;
    std::vector<Bond> bonds;
    bool all_negative;
  };
  for (const Case& given :
       {Case{ring, neighbours, true}, Case{ring, pairs, true}, Case{ring, frustrated, false}}) {
    Couplings couplings;
    couplings.bonds = given.bonds;
    const Hamiltonian plain = make_hamiltonian(given.lattice, couplings);
    couplings.marshall = true;
    const Hamiltonian turned = make_hamiltonian(given.lattice, couplings);
    for (const Bond& bond : turned.bonds) EXPECT_TRUE(bond.Jxy < 0 || !given.all_negative);
    EXPECT_TRUE(same_up_to_rotation(plain, turned));
    const GroundState ground = ground_state(plain, 1);
    EXPECT_NEAR(ground_state(turned, 1).energy, ground.energy, 1e-8);
    const std::vector<std::uint64_t> states = zero_magnetisation_states(given.lattice.sites());
    State physical;
    for (std::size_t k = 0; k < states.size(); ++k) physical[states[k]] = ground.amplitudes[k];
    const std::vector<double> C = measured_correlations(given.lattice, turned);
    const int columns = given.lattice.columns;
    for (int r = 0; r < given.lattice.sites(); ++r) {
      double mean = 0;
      for (int i = 0; i < given.lattice.sites(); ++i) {
        const int j = given.lattice.site(i / columns + r / columns, i % columns + r % columns);
        mean += spin_product(physical, i, j) / given.lattice.sites();
      }
      EXPECT_NEAR(C[static_cast<std::size_t>(r)], mean, 1e-6) << r;
    }
  }
}

TEST(SameUpToRotation, KnowsFrustratedSigns) {
  const auto triangle = [](double Jxy01, double Jxy12, double Jxy20) {
    return Hamiltonian{.sites = 4, .bonds = {{0, 1, 1, Jxy01}, {1, 2, 1, Jxy12}, {2, 0, 1, Jxy20}}};
  };
  EXPECT_TRUE(same_up_to_rotation(triangle(1, 1, 1), triangle(-1, -1, 1)));
  EXPECT_FALSE(same_up_to_rotation(triangle(1, 1, 1), triangle(-1, -1, -1)));
  EXPECT_FALSE(same_up_to_rotation(triangle(1, 1, 1), triangle(1, 1, 0.5)));
  // The same terms in another order, and a pair's coupling in two parts.
  Hamiltonian parts{.sites = 4,
                    .bonds = {{2, 0, 1, 1}, {2, 1, 1, 1}, {0, 1, 0.3, 0.3}, {1, 0, 0.7, 0.7}}};
  EXPECT_TRUE(same_up_to_rotation(triangle(1, 1, 1), parts));
  parts.bonds[0].Jz = 2;
  EXPECT_FALSE(same_up_to_rotation(triangle(1, 1, 1), parts));
}

TEST(SystemWarnings, NameANetworkThatImposesWhatTheMagnetLacks) {
  Job job;
  job.lattice = LatticeKind::chain;
  job.L = 8;
  EXPECT_TRUE(warnings(make_system(job)).empty());
  for (int i = 0; i < 8; ++i) {
    const double J = i % 2 == 0 ? 1.0 : 0.4;
    job.couplings.bonds.push_back({i, (i + 1) % 8, J, J});
  }
  EXPECT_TRUE(warnings(make_system(job)).empty()) << "dimerised along the patches";
  job.couplings.marshall = true;
  EXPECT_TRUE(warnings(make_system(job)).empty());
  job.couplings.bonds[3].Jxy = 0.7;
  const std::vector<std::string> lines = warnings(make_system(job));
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("--no-translation-invariant"), std::string::npos);
  job.network.translation_invariant = false;
  EXPECT_TRUE(warnings(make_system(job)).empty());
  job.network = {.patch = 8};
  EXPECT_TRUE(warnings(make_system(job)).empty()) << "one patch imposes nothing";
}

}  // namespace
}  // namespace plaquette::test
