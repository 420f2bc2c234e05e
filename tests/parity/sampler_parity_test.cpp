#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "plaquette/physics/metropolis.hpp"
#include "reference/sector.hpp"
#include "support/backend_test.hpp"
#include "support/case_table.hpp"
#include "support/network_case.hpp"

// The sampler of every usable backend against a replay, proposal by proposal, with the oracle's
// amplitudes: what batching, threads and cached amplitudes must not change.

namespace plaquette::test {
namespace {

constexpr std::size_t kChains = 29;
constexpr std::uint64_t kSeed = 0x123456789abcdefull;
constexpr std::uint64_t kFirstSweep = 5000000000ull;  // beyond 32 bits

/// |u − p| below which rounding may decide otherwise: e^{2Δ} with an error of 1e-12 in Δ.
constexpr double kTooClose = 1e-10;

struct Replay {
  oracle::Spins spins;
  std::uint64_t accepted = 0;
  bool too_close = false;
};

Replay replay(const NetworkCase& made, const oracle::OracleNetwork& network,
              const std::vector<SitePair>& pairs, std::uint32_t chain, int sweeps,
              oracle::Spins spins) {
  Replay result{std::move(spins)};
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (int move = 0; move < made.sites(); ++move) {
      const ExchangeProposal proposal = propose_exchange(
          kSeed, chain, kFirstSweep + static_cast<std::uint64_t>(sweep),
          static_cast<std::uint32_t>(move), pairs.data(), static_cast<std::uint32_t>(pairs.size()));
      oracle::Spins exchanged = result.spins;
      std::swap(exchanged.at(static_cast<std::size_t>(proposal.pair.first)),
                exchanged.at(static_cast<std::size_t>(proposal.pair.second)));
      if (exchanged == result.spins) continue;
      const double p = oracle::acceptance(oracle::log_psi(network, result.spins),
                                          oracle::log_psi(network, exchanged));
      if (std::abs(proposal.u - p) < kTooClose) result.too_close = true;
      if (proposal.u >= p) continue;
      result.spins = exchanged;
      ++result.accepted;
    }
  }
  return result;
}

class SamplerParity : public BackendTest<BackendCase> {};

TEST_P(SamplerParity, EveryChainWalksAsTheReplay) {
  const NetworkCase made = GetParam().made;
  const int sweeps = is_simulated(GetParam().backend) ? 2 : 10;
  const std::vector<double> theta = random_parameters(made.table(), 7);
  const oracle::OracleNetwork network = make_oracle(made, theta);
  Problem problem = make_problem(made, {}, 2);
  problem.chains = kChains;
  problem.seed = kSeed;
  const auto backend = make_backend(GetParam().backend, problem, Resources{});
  const auto start = random_spins(made.sites(), kChains, 2);
  backend->set_parameters(theta);
  backend->set_chains(pack(start));
  const SweepCounts counts = backend->advance(kFirstSweep, sweeps);
  const ConfigurationBatch states = backend->chains();

  std::uint64_t accepted = 0;
  for (std::size_t chain = 0; chain < kChains; ++chain) {
    const Replay walk = replay(made, network, problem.system.exchange_pairs,
                               static_cast<std::uint32_t>(chain), sweeps, start[chain]);
    ASSERT_FALSE(walk.too_close) << "choose another seed";
    EXPECT_EQ(unpack(states[chain], made.sites()), walk.spins) << "chain " << chain;
    accepted += walk.accepted;
  }
  EXPECT_EQ(counts.accepted, accepted);
  EXPECT_EQ(counts.proposed, kChains * static_cast<std::uint64_t>(sweeps * made.sites()));
  EXPECT_GE(counts.evaluated, counts.accepted);
}

/// New parameters change the amplitudes that the chains remember.
TEST_P(SamplerParity, SetParametersForgetsAmplitudes) {
  const NetworkCase made = GetParam().made;
  Problem problem = make_problem(made, {}, 2);
  problem.chains = 5;
  problem.seed = kSeed;
  const auto start = pack(random_spins(made.sites(), problem.chains, 2));
  const auto used = make_backend(GetParam().backend, problem, Resources{});
  used->set_parameters(random_parameters(made.table(), 1));
  used->set_chains(start);
  used->advance(0, 1);
  const ConfigurationBatch between = used->chains();
  used->set_parameters(random_parameters(made.table(), 7));
  used->advance(1, 2);

  const auto fresh = make_backend(GetParam().backend, problem, Resources{});
  fresh->set_parameters(random_parameters(made.table(), 7));
  fresh->set_chains(between);
  fresh->advance(1, 2);
  EXPECT_EQ(used->chains().words(), fresh->chains().words());
}

std::vector<BackendCase> cases() {
  return every_attention(
      {{LatticeKind::square,
        4,
        {.patch = 2, .d_model = 6, .heads = 2, .layers = 1, .ffn_ratio = 2}},
       {LatticeKind::chain, 8, {.patch = 1, .d_model = 5, .heads = 5, .layers = 1, .ffn_ratio = 1}},
       {LatticeKind::square,
        10,  // two words a configuration
        {.patch = 5, .d_model = 4, .heads = 2, .layers = 1, .ffn_ratio = 1}}});
}

INSTANTIATE_TEST_SUITE_P(Small, SamplerParity, testing::ValuesIn(cases()),
                         [](const auto& instance) { return instance.param.name(); });

}  // namespace
}  // namespace plaquette::test
