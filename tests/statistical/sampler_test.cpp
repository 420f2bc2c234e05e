#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numeric>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "plaquette/physics/metropolis.hpp"
#include "plaquette/physics/sector.hpp"
#include "support/backend_test.hpp"
#include "support/chi_square.hpp"
#include "support/network_case.hpp"

// The sampler against |ψ|^power by enumeration. Walkers are independent and only their final states
// are counted: χ² over the correlated states of one chain would not have its distribution.
// Significance 1e-4 a test; every seed is fixed, so a test always gives the same answer.

namespace plaquette::test {
namespace {

constexpr double kSignificance = 1e-4;

/// |ψ|^power of the oracle over the sector, and bins for χ²: the states in order of weight, cut
/// into pieces of about the same probability. A wrong acceptance shows between heavy and light
/// states.
struct ExactDistribution {
  std::vector<std::uint64_t> states;
  std::vector<double> weights;      // by state, Σ = 1
  std::vector<std::size_t> bin;     // by state
  std::vector<double> bin_weights;  // Σ = 1
  std::unordered_map<std::uint64_t, std::size_t> index;

  ExactDistribution(const NetworkCase& made, const std::vector<double>& theta, double power,
                    double bins)
      : states(zero_magnetisation_states(made.sites())) {
    const oracle::OracleNetwork network = make_oracle(made, theta);
    for (std::size_t k = 0; k < states.size(); ++k) {
      index[states[k]] = k;
      const auto value = oracle::log_psi(network, unpack(states[k], made.sites()));
      weights.push_back(std::exp(power * value.real()));
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& weight : weights) weight /= sum;

    std::vector<std::size_t> order(states.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return weights[a] < weights[b]; });
    bin.resize(states.size());
    bin_weights.push_back(0);
    for (std::size_t k : order) {
      if (bin_weights.back() >= 1 / bins) bin_weights.push_back(0);
      bin[k] = bin_weights.size() - 1;
      bin_weights.back() += weights[k];
    }
  }

  double p_value(const ConfigurationBatch& walkers) const {
    std::vector<std::size_t> counts(bin_weights.size(), 0);
    for (std::size_t k = 0; k < walkers.count(); ++k) ++counts[bin[index.at(walkers[k][0])]];
    return chi_square_test(counts, bin_weights);
  }

  ConfigurationBatch draw(int sites, std::size_t count, std::uint64_t seed) const {
    std::mt19937_64 random(seed);
    std::discrete_distribution<std::size_t> choose(weights.begin(), weights.end());
    ConfigurationBatch walkers(sites, count);
    for (std::size_t k = 0; k < count; ++k) walkers[k][0] = states[choose(random)];
    return walkers;
  }

  /// Mean probability that a proposal changes the state, Σ_s |ψ(s)|² Σ_pairs min(1, ratio).
  double acceptance(const std::vector<SitePair>& pairs) const {
    double sum = 0;
    for (std::size_t k = 0; k < states.size(); ++k) {
      for (const SitePair& pair : pairs) {
        std::uint64_t state = states[k];
        if (!antiparallel(&state, pair.first, pair.second)) continue;
        exchange_spins(&state, pair.first, pair.second);
        sum += std::min(weights[k], weights[index.at(state)]);
      }
    }
    return sum / static_cast<double>(pairs.size());
  }
};

struct SamplerCase {
  BackendKind backend;
  LatticeKind lattice;
  int L;
  int range;
  Precision precision;
  double power = 2;
};

class Sampler : public BackendTest<SamplerCase> {
 protected:
  Sampler() {
    const SamplerCase given = GetParam();
    made.lattice = given.lattice;
    made.L = given.L;
    made.network = {.patch = 2, .d_model = 4, .heads = 2, .layers = 1, .ffn_ratio = 1};
    theta = random_parameters(made.table(), 12);
  }

  std::unique_ptr<Backend> make(std::size_t walkers) const {
    Problem problem = make_problem(made, {}, GetParam().range);
    problem.chains = walkers;
    problem.seed = 31;
    problem.precision.sampling = GetParam().precision;
    problem.sampling_power = GetParam().power;
    auto backend = make_backend(GetParam().backend, problem, Resources{});
    backend->set_parameters(theta);
    return backend;
  }

  NetworkCase made;
  std::vector<double> theta;
};

TEST_P(Sampler, KeepsTheExactDistribution) {
  constexpr std::size_t kWalkers = 20000;
  const ExactDistribution exact(made, theta, GetParam().power, 40);
  const auto backend = make(kWalkers);
  backend->set_chains(exact.draw(made.sites(), kWalkers, 5));
  ASSERT_GT(exact.p_value(backend->chains()), kSignificance) << "the start itself";
  const double acceptance = exact.acceptance(exchange_pairs(made.make_lattice(), GetParam().range));
  ASSERT_GT(acceptance, 0.02) << "a frozen walk proves nothing";

  std::uint64_t sweep = 0;
  for (int sweeps : {1, 1, 3}) {
    const SweepCounts counts = backend->advance(sweep, sweeps);
    sweep += static_cast<std::uint64_t>(sweeps);
    EXPECT_GT(exact.p_value(backend->chains()), kSignificance) << "after " << sweep << " sweeps";
    EXPECT_EQ(counts.proposed, kWalkers * static_cast<std::uint64_t>(sweeps * made.sites()));
    // Five standard errors; a walker's own mean is within [0, 1].
    EXPECT_NEAR(double(counts.accepted) / double(counts.proposed), acceptance,
                5 * 0.5 / std::sqrt(double(kWalkers)));
  }
}

TEST_P(Sampler, ForgetsWhereItStarted) {
  constexpr std::size_t kWalkers = 4000;
  const ExactDistribution exact(made, theta, GetParam().power, 40);
  const auto backend = make(kWalkers);
  ConfigurationBatch start(made.sites(), kWalkers);
  for (std::size_t k = 0; k < kWalkers; ++k) {
    random_configuration(77, static_cast<std::uint32_t>(k), made.sites(), start[k]);
  }
  ASSERT_LT(exact.p_value(start), 1e-12) << "the test must see a wrong distribution";
  backend->set_chains(start);
  backend->advance(0, 60);
  EXPECT_GT(exact.p_value(backend->chains()), kSignificance);
}

std::vector<SamplerCase> cases() {
  std::vector<SamplerCase> all;
  for (BackendKind backend : built_backends()) {
    for (const auto& [lattice, L] : {std::pair{LatticeKind::chain, 8}, {LatticeKind::square, 4}}) {
      for (int range = 1; range <= neighbour_shells(make_lattice(lattice, L)); ++range) {
        all.push_back({backend, lattice, L, range, Precision::fp64});
      }
    }
    all.push_back({backend, LatticeKind::square, 4, 2, Precision::fp32});
    all.push_back({backend, LatticeKind::square, 4, 2, Precision::fp64, 1});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Walkers, Sampler, testing::ValuesIn(cases()), [](const auto& instance) {
  const SamplerCase& given = instance.param;
  return concat(given.backend == BackendKind::cpu ? "cpu_" : "cuda_",
                given.lattice == LatticeKind::chain ? "chain" : "square", given.L, "_range",
                given.range, given.precision == Precision::fp64 ? "_fp64" : "_fp32",
                given.power == 2 ? "" : "_power1");
});

}  // namespace
}  // namespace plaquette::test
