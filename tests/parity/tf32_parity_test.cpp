#include <gtest/gtest.h>

#include <algorithm>
#include <complex>
#include <vector>

#include "support/backend_test.hpp"
#include "support/case_table.hpp"
#include "support/network_case.hpp"
#include "support/tolerance.hpp"

// Products with factors of ten bits of mantissa: as far from the oracle as that explains, and no
// nearer, or the option does nothing. The CPU has no such products.

namespace plaquette::test {
namespace {

class Tf32Parity : public BackendTest<BackendCase> {
 protected:
  /// Errors of log ψ of `spins`.
  std::vector<double> errors(bool tf32) const {
    Problem problem = make_problem(made, {});
    problem.precision = {Precision::fp32, Precision::fp32, Precision::fp32, tf32};
    const auto backend = make_backend(GetParam().backend, problem, Resources{});
    backend->set_parameters(theta);
    std::vector<std::complex<double>> values(spins.size());
    backend->log_psi(pack(spins), values);
    std::vector<double> errors;
    for (std::size_t k = 0; k < spins.size(); ++k) {
      errors.push_back(log_psi_distance(values[k], oracle::log_psi(exact, spins[k])));
    }
    return errors;
  }

  const NetworkCase made = GetParam().made;
  const std::vector<double> theta = random_parameters(made.table(), 7);
  const oracle::OracleNetwork exact = make_oracle(made, theta);
  const std::vector<oracle::Spins> spins = random_spins(made.sites(), 7, 1000);
};

/// A factor is off by 2⁻¹⁰ at most, rounded or cut off: 2¹⁴ times the 2⁻²⁴ of FP32.
TEST_P(Tf32Parity, ErrorsAreThoseOfTenBits) {
  const std::vector<double> full = errors(false);
  const std::vector<double> rounded = errors(true);
  for (std::size_t k = 0; k < spins.size(); ++k) {
    const double fp32 =
        log_psi_error(made.shape(), Precision::fp32, oracle::head_inputs(exact, spins[k]));
    EXPECT_LT(rounded[k], 0x1p14 * fp32) << k;
  }
  EXPECT_GT(*std::max_element(rounded.begin(), rounded.end()),
            16 * *std::max_element(full.begin(), full.end()));
}

std::vector<BackendCase> cases() {
  std::vector<BackendCase> all;
  for (const BackendKind backend : built_backends()) {
    if (backend == BackendKind::cpu) continue;
    for (const Attention attention : {Attention::factored, Attention::t5, Attention::decoupled}) {
      all.push_back(
          {backend,
           {LatticeKind::square,
            4,
            {.patch = 2, .d_model = 12, .heads = 2, .layers = 2, .attention = attention}}});
    }
  }
  return all;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Tf32Parity);
INSTANTIATE_TEST_SUITE_P(Small, Tf32Parity, testing::ValuesIn(cases()),
                         [](const auto& instance) { return instance.param.name(); });

}  // namespace
}  // namespace plaquette::test
