#include "plaquette/vmc/measurement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <complex>
#include <vector>

#include "support/dense_backend.hpp"

namespace plaquette {
namespace {

using Complex = std::complex<double>;

/// log ψ(s) = Σ_{i up} 2 i/N + (0, s_0), told in calls whose sizes are kept.
class LinearBackend : public testing_support::DenseBackend {
 public:
  std::vector<std::size_t> calls;

  static Complex value(const std::uint64_t* state, int sites) {
    double sum = 0;
    for (int w = 0; w < words_for(sites); ++w) {
      for (std::uint64_t left = state[w]; left != 0; left &= left - 1) {
        sum += 2.0 * (64 * w + std::countr_zero(left)) / sites;
      }
    }
    return {sum, static_cast<double>(spin(state, 0))};
  }
  void log_psi(const ConfigurationBatch& states, std::span<Complex> out) override {
    calls.push_back(states.count());
    for (std::size_t k = 0; k < states.count(); ++k) out[k] = value(states[k], states.sites());
  }
};

/// On 1024 sites every state has 262,144 unlike pairs: looked at in pieces, each ratio in its
/// place.
TEST(ExchangeRatios, OfLargeLatticesComeInPieces) {
  constexpr int kSites = 1024;
  ConfigurationBatch states(kSites, 1);
  for (int i = 0; i < kSites; i += 2) states[0][i >> 6] |= std::uint64_t{1} << (i & 63);
  std::vector<SitePair> pairs;
  for (int i = 0; i < kSites; ++i) {
    for (int j = i + 1; j < kSites; ++j) pairs.push_back({i, j});
  }
  LinearBackend backend;
  const std::vector<Complex> log_psi{LinearBackend::value(states[0], kSites)};
  std::vector<Complex> ratios(pairs.size());
  exchange_ratios(backend, states, log_psi, pairs, ratios);
  EXPECT_GE(backend.calls.size(), 4u);
  EXPECT_LE(*std::max_element(backend.calls.begin(), backend.calls.end()), 65536u);
  for (std::size_t p = 0; p < pairs.size(); p += 1009) {
    const auto [i, j] = pairs[p];
    // Of unlike spins, s_i goes from ±1 to ∓1 and s_j the other way.
    const double up = i % 2 == 0 ? 1 : -1;
    const double real = 2 * up * (j - i) / kSites;
    const double imaginary = i == 0 ? -2 * up : 0;
    const Complex expected = (j - i) % 2 == 0 ? 0.0 : std::exp(Complex(real, imaginary));
    EXPECT_LT(std::abs(ratios[p] - expected), 1e-10 * std::max(1.0, std::abs(expected))) << p;
  }
}

TEST(MeasurementProblem, PlansItsBuffers) {
  Job job;
  job.L = 8;
  job.chains = 16;
  job.samples = 16 * 64;
  const std::size_t energy = make_measurement_problem(job, ObservableSet::energy).caller_bytes;
  const std::size_t all = make_measurement_problem(job, ObservableSet::all).caller_bytes;
  // 65536 connected states of 8 bytes, and their amplitudes.
  EXPECT_GE(energy, 65536u * (8 + 16));
  // 128 blocks of 64 C(r), 2 bonds and 3·64 dimers, 8 bytes each.
  EXPECT_GE(all - energy, 128u * (64 + 2 + 192) * 8);
  job.chains = 1024;
  job.samples = 1024 * 64;
  EXPECT_GT(make_measurement_problem(job, ObservableSet::energy).caller_bytes, energy);
}

}  // namespace
}  // namespace plaquette
