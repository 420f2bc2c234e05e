#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <string>
#include <vector>

#include "plaquette/backend/registry.hpp"
#include "plaquette/io/model_file.hpp"
#include "reference/gradient.hpp"
#include "reference/local_energy.hpp"
#include "support/backend_test.hpp"
#include "support/golden_file.hpp"
#include "support/network_case.hpp"

// First the oracle against files that an independent implementation wrote, then every backend
// against the same files.

namespace plaquette::test {
namespace {

using Complex = std::complex<double>;

constexpr const char* kFiles[] = {
    "4x4_b1_d8_h4_l1_f4_t5", "4x4_b2_d8_h2_l2_f4_decoupled",      "4x4_b2_d8_h2_l2_f4_factored",
    "4x4_b2_d8_h2_l2_f4_t5", "6x6_b2_d12_h3_l2_f2_factored_full", "6x6_b2_d20_h4_l2_f4_factored"};

GoldenFile read(const std::string& name) {
  return read_golden_file(golden_directory() + "/" + name + ".h5");
}

/// Real and imaginary parts each within `relative` of the golden modulus. The imaginary part is
/// compared as it is, not modulo 2π: both sides define it by the principal branch.
void expect_close(Complex value, Complex golden, double relative, const std::string& what) {
  const double bound = relative * std::max(1.0, std::abs(golden));
  EXPECT_NEAR(value.real(), golden.real(), bound) << what;
  EXPECT_NEAR(value.imag(), golden.imag(), bound) << what;
}

NetworkCase network_case(const GoldenFile& golden) {
  const oracle::OracleNetwork& network = golden.network;
  NetworkCase made;
  made.lattice = golden.lattice == "chain" ? LatticeKind::chain : LatticeKind::square;
  made.L = network.columns;
  made.network = {.patch = network.patch_columns,
                  .d_model = network.d,
                  .heads = network.heads,
                  .layers = network.layers,
                  .ffn_ratio = network.ffn_ratio,
                  .attention = static_cast<Attention>(network.attention),
                  .translation_invariant = network.translation_invariant};
  return made;
}

class Golden : public testing::TestWithParam<const char*> {
 protected:
  GoldenFile golden = read(GetParam());
};

TEST_P(Golden, FileIsWhole) {
  EXPECT_EQ(golden.configurations.size(), golden.log_psi.size());
  EXPECT_EQ(golden.energies.size(), 4u);
  EXPECT_EQ(golden.gradients.size(), golden.network.parameters.size());
}

/// The project's reader and the tests' own agree on every parameter's place.
TEST_P(Golden, ModelReader) {
  const Model model = read_model(golden_directory() + "/" + GetParam() + ".h5");
  const NetworkCase made = network_case(golden);
  EXPECT_EQ(model.lattice, made.lattice);
  EXPECT_EQ(model.L, made.L);
  EXPECT_EQ(make_network_shape(made.make_lattice(), model.network), made.shape());
  EXPECT_EQ(model.parameters, flat_parameters(golden.network, made.table()));
}

TEST_P(Golden, OracleLogPsi) {
  for (std::size_t k = 0; k < golden.log_psi.size(); ++k) {
    expect_close(oracle::log_psi(golden.network, golden.configurations[k]), golden.log_psi[k],
                 1e-10, concat("configuration ", k));
  }
}

TEST_P(Golden, OracleLocalEnergies) {
  for (const GoldenEnergies& energies : golden.energies) {
    const auto bonds = oracle::j1j2_bonds(golden.network.rows, golden.network.columns, 1.0,
                                          energies.J2, energies.marshall);
    for (std::size_t k = 0; k < energies.values.size(); ++k) {
      expect_close(oracle::local_energy(golden.network, bonds, golden.configurations[k]),
                   energies.values[k], 1e-10,
                   concat("J2 ", energies.J2, " marshall ", energies.marshall, " #", k));
    }
  }
}

TEST_P(Golden, OracleGradients) {
  for (const GoldenGradient& gradient : golden.gradients) {
    for (std::size_t k = 0; k < gradient.values.size(); ++k) {
      for (std::size_t g = 0; g < gradient.indices.size(); ++g) {
        expect_close(oracle::gradient(golden.network, golden.configurations[k], gradient.tensor,
                                      gradient.indices[g]),
                     gradient.values[k][g], 1e-7,
                     concat(gradient.tensor, '[', gradient.indices[g], ']'));
      }
    }
  }
}

/// One file on one backend.
struct GoldenCase {
  const char* file;
  BackendKind backend;
};

class GoldenBackend : public BackendTest<GoldenCase> {
 protected:
  std::unique_ptr<Backend> make(const Couplings& couplings, Precision precision) const {
    Problem problem = make_problem(made, couplings);
    problem.precision = {precision, precision, precision};
    auto backend = make_backend(GetParam().backend, problem, Resources{});
    backend->set_parameters(flat_parameters(golden.network, made.table()));
    return backend;
  }

  void check_log_psi(Precision precision, double bound) const {
    std::vector<Complex> values(states.count());
    make({}, precision)->log_psi(states, values);
    for (std::size_t k = 0; k < values.size(); ++k) {
      expect_close(values[k], golden.log_psi[k], bound, concat("configuration ", k));
    }
  }

  void check_local_energies(Precision precision, double bound) const {
    for (const GoldenEnergies& energies : golden.energies) {
      std::vector<Complex> values(states.count());
      make({.J1 = 1.0, .J2 = energies.J2, .marshall = energies.marshall}, precision)
          ->local_energies(states, values);
      for (std::size_t k = 0; k < values.size(); ++k) {
        expect_close(values[k], energies.values[k], bound,
                     concat("J2 ", energies.J2, " marshall ", energies.marshall, " #", k));
      }
    }
  }

  void check_gradients(Precision precision, double bound) const {
    const ParameterTable table = made.table();
    std::vector<Complex> values(states.count() * table.size);
    make({}, precision)->gradients(states, values);
    for (const NamedTensor& tensor : table.tensors) {
      const auto found = std::find_if(golden.gradients.begin(), golden.gradients.end(),
                                      [&](const auto& g) { return g.tensor == tensor.name; });
      ASSERT_NE(found, golden.gradients.end()) << tensor.name;
      for (std::size_t k = 0; k < found->values.size(); ++k) {
        for (std::size_t g = 0; g < found->indices.size(); ++g) {
          expect_close(values[k * table.size + tensor.offset + found->indices[g]],
                       found->values[k][g], bound,
                       concat(tensor.name, '[', found->indices[g], "] #", k));
        }
      }
    }
  }

  /// FP32 forward pass: a sum of m products rounds at most m·2⁻²⁴ relative to its terms, about
  /// √m·2⁻²⁴ when the roundings are independent, with m ≤ f·d = 80. Each of the ≤ 2·layers + 4
  /// stages adds its own, and LayerNorm passes relative errors on unamplified but for the ratio
  /// of its input to its spread (below 10 here):
  /// 10·(2·2 + 4)·√80·2⁻²⁴ ≈ 4.3e-5 of an entry; log ψ sums d ≤ 20 of them, and its modulus is
  /// of order d, so the relative bound stays 4.3e-5.
  static constexpr double kFp32 = 4.3e-5;
  /// A ratio of amplitudes carries the error of two log ψ. Those of the d ≤ 20 entries are
  /// independent: √(2·20)·kFp32. A sum of such ratios is compared with an energy of its size.
  static constexpr double kFp32Energy = 2.7e-4;
  /// The backward pass doubles the stages.
  static constexpr double kFp32Gradient = 2 * kFp32;

  GoldenFile golden = read(GetParam().file);
  NetworkCase made = network_case(golden);
  ConfigurationBatch states = pack(golden.configurations);
};

TEST_P(GoldenBackend, LogPsiFp64) { check_log_psi(Precision::fp64, 1e-10); }
TEST_P(GoldenBackend, LocalEnergiesFp64) { check_local_energies(Precision::fp64, 1e-10); }
TEST_P(GoldenBackend, GradientsFp64) { check_gradients(Precision::fp64, 1e-7); }
TEST_P(GoldenBackend, LogPsiFp32) { check_log_psi(Precision::fp32, kFp32); }
TEST_P(GoldenBackend, LocalEnergiesFp32) { check_local_energies(Precision::fp32, kFp32Energy); }
TEST_P(GoldenBackend, GradientsFp32) { check_gradients(Precision::fp32, kFp32Gradient); }

std::vector<GoldenCase> cases() {
  std::vector<GoldenCase> all;
  for (BackendKind backend : built_backends()) {
    for (const char* file : kFiles) all.push_back({file, backend});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Files, Golden, testing::ValuesIn(kFiles),
                         [](const auto& instance) { return "g" + std::string(instance.param); });
INSTANTIATE_TEST_SUITE_P(Files, GoldenBackend, testing::ValuesIn(cases()),
                         [](const auto& instance) {
                           const bool cpu = instance.param.backend == BackendKind::cpu;
                           return std::string(cpu ? "cpu_" : "cuda_") + instance.param.file;
                         });

}  // namespace
}  // namespace plaquette::test
