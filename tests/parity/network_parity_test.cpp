#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "reference/gradient.hpp"
#include "reference/local_energy.hpp"
#include "support/backend_test.hpp"
#include "support/case_table.hpp"
#include "support/fenced_buffer.hpp"
#include "support/network_case.hpp"
#include "support/tolerance.hpp"

// Every usable backend against the oracle: amplitudes, local energies, log-derivatives, in both
// precisions and in batches of every kind.

namespace plaquette::test {
namespace {

using Complex = std::complex<double>;

constexpr Precision kPrecisions[] = {Precision::fp64, Precision::fp32};

/// Error of the oracle's fourth-order differences, relative to the largest derivative: 1e-15·|log
/// ψ|/h of rounding, and the truncation near a zero of ψ.
constexpr double kDifferenceError = 5e-10;

class NetworkParity : public BackendTest<BackendCase> {
 protected:
  using Verb = void (Backend::*)(const ConfigurationBatch&, std::span<Complex>);

  std::unique_ptr<Backend> make(const Couplings& couplings, Precision precision) const {
    Problem problem = make_problem(made, couplings);
    problem.precision = {precision, precision, precision};
    auto backend = make_backend(GetParam().backend, problem, Resources{});
    backend->set_parameters(theta);
    return backend;
  }

  /// Calls check(k, values of spins[k]) for some k of every batch. values: (width).
  template <class Check>
  void for_each_result(Backend& backend, Verb verb, std::size_t width,
                       std::span<const std::size_t> batches, const Check& check) const {
    for (const std::size_t batch : batches) {
      const auto last = spins.begin() + static_cast<std::ptrdiff_t>(batch);
      FencedBuffer<Complex> out(batch * width);
      (backend.*verb)(pack({spins.begin(), last}), {out.data(), out.size()});
      EXPECT_TRUE(out.fences_intact());
      for (std::size_t k : {batch / 2, batch - 1}) {
        check(k, std::span<const Complex>(out.data() + k * width, width));
      }
    }
  }

  void check_local_energies(const Couplings& couplings) {
    const auto bonds = make_oracle_bonds(made, couplings);
    for (const Precision precision : kPrecisions) {
      const auto backend = make(couplings, precision);
      // The connected states of two configurations are more than a tile of a simulated kernel.
      const std::size_t few = is_simulated(GetParam().backend) ? 2 : batches.size();
      const std::span some(batches.data(), std::min(few, batches.size()));
      for_each_result(*backend, &Backend::local_energies, 1, some, [&](std::size_t k, auto values) {
        const auto terms = oracle::local_energy_terms(exact, bonds, spins[k]);
        Complex energy = 0;
        for (const Complex term : terms) energy += term;
        const double bound = local_energy_error(
            log_psi_error(shape, precision, oracle::head_inputs(exact, spins[k])), terms);
        EXPECT_LT(std::abs(values[0] - energy), bound) << k;
      });
    }
  }

  /// Bound of the error of any derivative of configuration k.
  double gradient_bound(std::size_t k, Precision precision, std::span<const Complex> values) const {
    double largest = 0;
    for (const Complex value : values) largest = std::max(largest, std::abs(value));
    return largest * (gradient_error(shape, precision, oracle::head_inputs(exact, spins[k])) +
                      kDifferenceError);
  }

  const NetworkCase made = GetParam().made;
  const NetworkShape shape = made.shape();
  const ParameterTable table = made.table();
  const std::vector<double> theta = random_parameters(table, 7);
  const oracle::OracleNetwork exact = make_oracle(made, theta);
  const std::vector<oracle::Spins> spins = random_spins(made.sites(), 130, 1000);
  /// The smallest, one that fills no block, and one beyond any block; few of the paper's size, and
  /// on the simulated device, beyond a tile of its kernels (32) and no more.
  const std::vector<std::size_t> batches =
      made.sites() > 36 ? std::vector<std::size_t>{1, 3}
                        : std::vector<std::size_t>{
                              1, 7, is_simulated(GetParam().backend) ? std::size_t{35} : 130};
};

TEST_P(NetworkParity, LogPsi) {
  for (const Precision precision : kPrecisions) {
    const auto backend = make({}, precision);
    for_each_result(*backend, &Backend::log_psi, 1, batches, [&](std::size_t k, auto values) {
      const double bound = log_psi_error(shape, precision, oracle::head_inputs(exact, spins[k]));
      EXPECT_LT(log_psi_distance(values[0], oracle::log_psi(exact, spins[k])), bound) << k;
    });
  }
}

TEST_P(NetworkParity, LocalEnergies) { check_local_energies({1.0, 0.5, false}); }

/// Tensor by tensor along a random direction, to which every element adds.
TEST_P(NetworkParity, GradientsAlongDirections) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  for (const Precision precision : kPrecisions) {
    const auto backend = make({}, precision);
    const auto check = [&](std::size_t k, auto values) {
      const double bound = gradient_bound(k, precision, values);
      for (const NamedTensor& tensor : table.tensors) {
        std::vector<double> direction(tensor.size());
        Complex slope = 0;
        for (std::size_t p = 0; p < direction.size(); ++p) {
          direction[p] = uniform(random) / std::sqrt(static_cast<double>(tensor.size()));
          slope += direction[p] * values[tensor.offset + p];
        }
        const Complex expected =
            oracle::directional_derivative(exact, spins[k], {{tensor.name, direction}});
        EXPECT_LT(std::abs(slope - expected), bound) << tensor.name << " of " << k;
      }
    };
    for_each_result(*backend, &Backend::gradients, table.size, batches, check);
  }
}

class SmallNetworkParity : public NetworkParity {};

TEST_P(SmallNetworkParity, LocalEnergiesWithTheSignRule) {
  check_local_energies({0.7, -0.4, true});
}

TEST_P(SmallNetworkParity, EveryElementOfTheGradient) {
  FencedBuffer<Complex> fp64(table.size);
  FencedBuffer<Complex> fp32(table.size);
  make({}, Precision::fp64)->gradients(pack({spins[0]}), {fp64.data(), fp64.size()});
  make({}, Precision::fp32)->gradients(pack({spins[0]}), {fp32.data(), fp32.size()});
  EXPECT_TRUE(fp64.fences_intact() && fp32.fences_intact());
  const double bound64 = gradient_bound(0, Precision::fp64, {fp64.data(), fp64.size()});
  const double bound32 = gradient_bound(0, Precision::fp32, {fp64.data(), fp64.size()});
  for (const NamedTensor& tensor : table.tensors) {
    for (std::size_t index = 0; index < tensor.size(); ++index) {
      const Complex expected = oracle::gradient(exact, spins[0], tensor.name, index);
      const std::size_t p = tensor.offset + index;
      EXPECT_LT(std::abs(fp64[p] - expected), bound64) << tensor.name << '[' << index << ']';
      EXPECT_LT(std::abs(fp32[p] - expected), bound32) << tensor.name << '[' << index << ']';
    }
  }
}

std::string case_name(const testing::TestParamInfo<BackendCase>& info) { return info.param.name(); }

std::vector<BackendCase> paper_size() {
  std::vector<BackendCase> cases;
  for (BackendKind backend : built_backends()) {
    cases.push_back({backend,
                     {LatticeKind::square,
                      10,
                      {.patch = 2, .d_model = 60, .heads = 10, .layers = 4, .ffn_ratio = 4}}});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Small, SmallNetworkParity,
                         testing::ValuesIn(every_attention(small_shapes())), case_name);
INSTANTIATE_TEST_SUITE_P(Small, NetworkParity, testing::ValuesIn(every_attention(small_shapes())),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Larger, NetworkParity, testing::ValuesIn(every_attention(larger_shapes())),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Paper, NetworkParity, testing::ValuesIn(paper_size()), case_name);

}  // namespace
}  // namespace plaquette::test
