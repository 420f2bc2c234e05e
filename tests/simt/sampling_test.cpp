#include <complex>

#include "kernels/exchange_moves.h"
#include "kernels/local_energy.h"
#include "plaquette/physics/hamiltonian.hpp"
#include "plaquette/physics/metropolis.hpp"
#include "simt/simt_test.hpp"

/// The sampler's kernels and those of the local energy, with a wave function that needs no network.

namespace plaquette::test {
namespace {

/// log ψ(s) = Σ_i (a_i + i b_i) s_i with fixed pseudorandom a, b. Never inlined: the walks below
/// are compared bit for bit, and a compiler contracts sums differently in different places.
[[gnu::noinline]] std::complex<double> model_log_psi(const std::uint64_t* words, int sites) {
  std::complex<double> sum = 0;
  for (int i = 0; i < sites; ++i) {
    const double sign = (words[i / 64] >> (i % 64) & 1) != 0 ? 1 : -1;
    sum += sign * std::complex<double>(0.3 * std::sin(1.7 * i + 0.3), std::cos(2.3 * i));
  }
  return sum;
}

std::vector<ComplexPair<double>> model_log_psis(const std::vector<std::uint64_t>& states,
                                                int sites) {
  const auto words = static_cast<std::size_t>(words_for(sites));
  std::vector<ComplexPair<double>> out;
  for (std::size_t k = 0; k < states.size() / words; ++k) {
    const std::complex<double> value = model_log_psi(states.data() + k * words, sites);
    out.push_back({value.real(), value.imag()});
  }
  return out;
}

std::vector<std::uint64_t> random_states(std::size_t count, int sites) {
  const auto words = static_cast<std::size_t>(words_for(sites));
  std::vector<std::uint64_t> states(count * words);
  for (std::size_t k = 0; k < count; ++k) {
    random_configuration(9, static_cast<std::uint32_t>(k), sites, states.data() + k * words);
  }
  return states;
}

struct Walk {
  std::vector<std::uint64_t> states;
  std::vector<double> log_amplitude;
  unsigned long long accepted = 0;
};

constexpr double kPower = 1.5;
constexpr std::uint64_t kSeed = 77, kFirstSweep = 5;
constexpr std::uint32_t kFirstChain = 3;

/// The walk as the specification has it: every chain, sweep after sweep, move after move.
Walk plain_walk(Walk walk, const std::vector<SitePair>& pairs, int sites, int sweeps) {
  const auto words = static_cast<std::size_t>(words_for(sites));
  for (std::size_t k = 0; k < walk.log_amplitude.size(); ++k) {
    std::uint64_t* state = walk.states.data() + k * words;
    for (int move = 0; move < sweeps * sites; ++move) {
      const ExchangeProposal proposal =
          propose_exchange(kSeed, kFirstChain + static_cast<std::uint32_t>(k),
                           kFirstSweep + static_cast<std::uint64_t>(move / sites),
                           static_cast<std::uint32_t>(move % sites), pairs.data(),
                           static_cast<std::uint32_t>(pairs.size()));
      if (!antiparallel(state, proposal.pair.first, proposal.pair.second)) continue;
      exchange_spins(state, proposal.pair.first, proposal.pair.second);
      const double proposed = model_log_psi(state, sites).real();
      if (proposal.u < std::exp(kPower * (proposed - walk.log_amplitude[k]))) {
        walk.log_amplitude[k] = proposed;
        ++walk.accepted;
      } else {
        exchange_spins(state, proposal.pair.first, proposal.pair.second);
      }
    }
  }
  return walk;
}

/// The same by kernels; `ahead` lets every chain run to its next candidate.
Walk kernel_walk(Walk walk, const std::vector<SitePair>& pairs, int sites, int sweeps, bool ahead) {
  const std::size_t chains = walk.log_amplitude.size();
  const auto words = static_cast<std::size_t>(words_for(sites));
  const cuda::ExchangeMoves moves{pairs.data(),
                                  static_cast<std::uint32_t>(pairs.size()),
                                  static_cast<std::uint32_t>(sites),
                                  kSeed,
                                  kFirstSweep,
                                  kFirstChain};
  const TensorView<std::uint64_t, 2> states(walk.states.data(), chains, words);
  std::vector<std::uint64_t> next_move(chains, 0);
  const auto total = static_cast<std::uint64_t>(sweeps * sites);
  for (std::uint64_t end = ahead ? total : 1; end <= total;) {
    FencedBuffer<std::uint64_t> candidates(chains * words);
    FencedBuffer<double> u(chains);
    FencedBuffer<std::uint8_t> valid(chains);
    const cuda::ExchangeProposals proposals{candidates.data(), u.data(), valid.data()};
    cuda::propose_exchanges(proposals, next_move.data(), states, moves, end, nullptr);
    const auto log_psi =
        model_log_psis({candidates.data(), candidates.data() + chains * words}, sites);
    cuda::accept_exchanges(states, walk.log_amplitude.data(), &walk.accepted, proposals,
                           log_psi.data(), kPower, nullptr);
    EXPECT_TRUE(candidates.fences_intact() && u.fences_intact() && valid.fences_intact());
    const auto found = std::count(valid.data(), valid.data() + chains, 1);
    if (!ahead) ++end;
    if (ahead && found == 0) break;
  }
  for (const std::uint64_t move : next_move) EXPECT_EQ(move, total);
  return walk;
}

TEST(ExchangeMoves, WalkAsSpecified) {
  struct Case {
    LatticeKind kind;
    int L;
    std::size_t chains;
  };
  for (const Case& c : {Case{LatticeKind::square, 2, 1}, Case{LatticeKind::square, 4, 131},
                        Case{LatticeKind::chain, 66, 7}}) {
    const Lattice lattice = make_lattice(c.kind, c.L);
    const int sites = lattice.sites();
    const auto pairs = exchange_pairs(lattice, 1);
    Walk start;
    start.states = random_states(c.chains, sites);
    start.log_amplitude.resize(c.chains);
    const auto log_psi = model_log_psis(start.states, sites);
    const Walk expected = [&] {
      Walk walk = start;
      for (std::size_t k = 0; k < c.chains; ++k) walk.log_amplitude[k] = log_psi[k].re;
      return plain_walk(walk, pairs, sites, 2);
    }();
    EXPECT_GT(expected.accepted, 0u);
    over_thread_orders([&] {
      for (const bool ahead : {false, true}) {
        Walk walk = start;
        cuda::take_log_amplitudes(walk.log_amplitude.data(), log_psi.data(), c.chains, nullptr);
        walk = kernel_walk(walk, pairs, sites, 2, ahead);
        EXPECT_EQ(walk.states, expected.states);
        EXPECT_EQ(walk.log_amplitude, expected.log_amplitude);
        EXPECT_EQ(walk.accepted, expected.accepted);
      }
    });
  }
}

/// Σ_bonds of a sample, in plain loops over spins ±1.
std::complex<double> local_energy_reference(const Hamiltonian& hamiltonian,
                                            const std::uint64_t* state) {
  const auto words = static_cast<std::size_t>(words_for(hamiltonian.sites));
  const std::complex<double> own = model_log_psi(state, hamiltonian.sites);
  std::complex<double> energy = 0;
  for (const Bond& bond : hamiltonian.bonds) {
    const auto bit = [&](int site) { return state[site / 64] >> (site % 64) & 1; };
    if (bit(bond.i) == bit(bond.j)) {
      energy += bond.Jz / 4;
      continue;
    }
    std::vector<std::uint64_t> other(state, state + words);
    other[static_cast<std::size_t>(bond.i / 64)] ^= std::uint64_t{1} << (bond.i % 64);
    other[static_cast<std::size_t>(bond.j / 64)] ^= std::uint64_t{1} << (bond.j % 64);
    energy += -bond.Jz / 4 +
              bond.Jxy / 2 * std::exp(model_log_psi(other.data(), hamiltonian.sites) - own);
  }
  return energy;
}

void check_local_energies(const Lattice& lattice, std::size_t samples) {
  const Hamiltonian hamiltonian =
      make_hamiltonian(lattice, {.J1 = 1.0, .J2 = 0.5, .marshall = true});
  const int sites = lattice.sites();
  const auto words = static_cast<std::size_t>(words_for(sites));
  const auto states = random_states(samples, sites);
  const auto view = const_view(states, samples, words);
  const cuda::BondList bonds{hamiltonian.bonds.data(),
                             static_cast<std::uint32_t>(hamiltonian.bonds.size())};
  over_thread_orders([&] {
    FencedBuffer<std::uint32_t> counts(samples + 1);
    cuda::count_connected(counts.data(), view, bonds, nullptr);
    std::vector<std::uint32_t> offsets(samples + 1, 0);
    for (std::size_t k = 0; k < samples; ++k) offsets[k + 1] = offsets[k] + counts[k];
    EXPECT_EQ(counts[samples], 0u);

    const std::size_t total = offsets[samples];
    FencedBuffer<cuda::ConnectedState> list(total);
    cuda::list_connected(list.data(), offsets.data(), view, bonds, nullptr);
    std::vector<ComplexPair<double>> connected_log_psi;
    constexpr std::size_t kWindow = 50;
    for (std::size_t begin = 0; begin < total; begin += kWindow) {
      const std::size_t count = std::min(kWindow, total - begin);
      FencedBuffer<std::uint64_t> window(count * words);
      cuda::connected_configurations(TensorView<std::uint64_t, 2>(window.data(), count, words),
                                     list.data(), begin, view, bonds, nullptr);
      EXPECT_TRUE(window.fences_intact());
      const auto log_psi = model_log_psis({window.data(), window.data() + count * words}, sites);
      connected_log_psi.insert(connected_log_psi.end(), log_psi.begin(), log_psi.end());
    }
    FencedBuffer<ComplexPair<double>> energies(samples);
    const auto log_psi = model_log_psis(states, sites);
    cuda::local_energies(energies.data(), view, bonds, log_psi.data(), connected_log_psi.data(),
                         list.data(), offsets.data(), nullptr);
    for (std::size_t k = 0; k < samples; ++k) {
      const auto expected = local_energy_reference(hamiltonian, states.data() + k * words);
      // A sum over bonds of terms whose ratio e^x carries the roundings of x, a sum over sites.
      const double bound = kEpsilon<double> * static_cast<double>(hamiltonian.bonds.size()) *
                           static_cast<double>(sites) * 10;
      ASSERT_NEAR(energies[k].re, expected.real(), bound);
      ASSERT_NEAR(energies[k].im, expected.imag(), bound);
    }
    EXPECT_TRUE(counts.fences_intact() && list.fences_intact() && energies.fences_intact());
  });
}

TEST(LocalEnergy, SumsOverConnectedStates) {
  check_local_energies(make_lattice(LatticeKind::square, 2), 1);
  check_local_energies(make_lattice(LatticeKind::square, 4), 7);
  check_local_energies(make_lattice(LatticeKind::chain, 66), 3);
}

}  // namespace
}  // namespace plaquette::test
