#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <string>
#include <vector>

#include "reference/gradient.hpp"
#include "reference/local_energy.hpp"
#include "support/case_table.hpp"
#include "support/network_case.hpp"

// Every usable backend against the oracle: amplitudes, local energies, log-derivatives.

namespace plaquette::test {
namespace {

using Complex = std::complex<double>;

constexpr std::size_t kBatches[] = {1, 7, 130};

/// Imaginary parts are compared as they are: both sides define them by the principal branch.
void expect_close(Complex value, Complex exact, double relative, const std::string& what) {
  const double bound = relative * std::max(1.0, std::abs(exact));
  EXPECT_NEAR(value.real(), exact.real(), bound) << what;
  EXPECT_NEAR(value.imag(), exact.imag(), bound) << what;
}

class NetworkParity : public testing::TestWithParam<BackendCase> {
 protected:
  std::unique_ptr<Backend> make(const J1J2Couplings& couplings,
                                Precision precision = Precision::fp64) const {
    Problem problem = make_problem(made, couplings);
    problem.precision = {precision, precision, precision};
    auto backend = make_backend(GetParam().backend, problem, Resources{});
    backend->set_parameters(theta);
    return backend;
  }

  void check_log_psi(Precision precision, double bound) const {
    const auto backend = make({}, precision);
    for (std::size_t batch : kBatches) {
      const auto spins = random_spins(made.sites(), batch, 1000 + batch);
      std::vector<Complex> values(batch);
      backend->log_psi(pack(spins), values);
      for (std::size_t k = 0; k < batch; ++k) {
        expect_close(values[k], oracle::log_psi(exact, spins[k]), bound,
                     concat("batch ", batch, " #", k));
      }
    }
  }

  void check_local_energies(const J1J2Couplings& couplings, std::size_t compared) const {
    const auto backend = make(couplings);
    const auto bonds = make_oracle_bonds(made, couplings);
    for (std::size_t batch : kBatches) {
      const auto spins = random_spins(made.sites(), batch, 2000 + batch);
      std::vector<Complex> values(batch);
      backend->local_energies(pack(spins), values);
      // The last ones too: that is where a batch that fills no block ends.
      for (std::size_t k = 0; k < batch; k += std::max<std::size_t>(1, (batch - 1) / compared)) {
        expect_close(values[k], oracle::local_energy(exact, bonds, spins[k]), 1e-10,
                     concat("batch ", batch, " #", k));
      }
    }
  }

  NetworkCase made = GetParam().made;
  std::vector<double> theta = random_parameters(made.table(), 7);
  oracle::OracleNetwork exact = make_oracle(made, theta);
};

TEST_P(NetworkParity, LogPsi) { check_log_psi(Precision::fp64, 1e-10); }

/// Rounding 2⁻²⁴ a product, √m of it for a sum of m ≤ 240; at most 2·4 + 4 stages; a LayerNorm
/// whose input exceeds its spread tenfold: 10·12·√240·2⁻²⁴ ≈ 1.1e-4 of |log ψ|.
TEST_P(NetworkParity, LogPsiFp32) { check_log_psi(Precision::fp32, 1.1e-4); }

TEST_P(NetworkParity, LocalEnergies) { check_local_energies({1.0, 0.5, false}, 3); }

class SmallNetworkParity : public NetworkParity {};

TEST_P(SmallNetworkParity, LocalEnergiesWithTheSignRule) {
  check_local_energies({0.7, -0.4, true}, 10);
}

/// Differences are good to 1e-9 of the modulus, more where ψ nearly vanishes.
TEST_P(SmallNetworkParity, Gradients) {
  const ParameterTable table = made.table();
  const auto spins = random_spins(made.sites(), 3, 5);
  std::vector<Complex> values(spins.size() * table.size);
  make({})->gradients(pack(spins), values);
  for (std::size_t k = 0; k < spins.size(); ++k) {
    for (const NamedTensor& tensor : table.tensors) {
      for (std::size_t index = 0; index < tensor.size(); ++index) {
        expect_close(values[k * table.size + tensor.offset + index],
                     oracle::gradient(exact, spins[k], tensor.name, index), 1e-7,
                     concat(tensor.name, '[', index, "] #", k));
      }
    }
  }
}

/// A gradient does not depend on the batch that it is computed in.
TEST_P(SmallNetworkParity, GradientsOfEveryBatch) {
  const std::size_t parameters = made.table().size;
  const auto spins = random_spins(made.sites(), 130, 6);
  const auto backend = make({});
  std::vector<Complex> together(130 * parameters);
  backend->gradients(pack(spins), together);
  for (std::size_t k : {std::size_t{0}, std::size_t{63}, std::size_t{129}}) {
    std::vector<Complex> alone(parameters);
    backend->gradients(pack({spins[k]}), alone);
    for (std::size_t p = 0; p < parameters; ++p) {
      expect_close(together[k * parameters + p], alone[p], 1e-10, concat('#', k, " p ", p));
    }
  }
}

std::string case_name(const testing::TestParamInfo<BackendCase>& info) { return info.param.name(); }

std::vector<BackendCase> paper_size() {
  std::vector<BackendCase> cases;
  for (BackendKind backend : usable_backends()) {
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
