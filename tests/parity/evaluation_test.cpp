#include <gtest/gtest.h>

#include <algorithm>
#include <complex>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "parity_case.hpp"
#include "reference/gradient.hpp"
#include "support/fenced_buffer.hpp"
#include "support/tolerance.hpp"

// log ψ, local energies and gradients of every case against the oracle, in both precisions.

namespace plaquette::test {
namespace {

using Complex = std::complex<double>;

constexpr J1J2Couplings kCouplings{.J1 = 1.0, .J2 = 0.7, .marshall = true};

/// Fourth-order differences of the oracle, relative to the largest derivative of a configuration.
constexpr double kDifferenceError = 1e-8;

class Evaluation : public testing::TestWithParam<ParityCase> {
 protected:
  using Verb = void (Backend::*)(const ConfigurationBatch&, std::span<Complex>);

  std::unique_ptr<Backend> make(Precision precision) const {
    Problem problem = make_problem(network, kCouplings);
    problem.precision = {precision, precision, precision};
    return make_backend(GetParam(), problem, theta);
  }

  /// Calls `check(k, values of configuration k)` for `checked` configurations of every batch.
  template <class Check>
  void for_each_result(Precision precision, Verb verb, std::size_t width, const Check& check) {
    const auto backend = make(precision);
    for (const std::size_t batch : GetParam().batches) {
      const std::vector<oracle::Spins> states(spins.begin(),
                                              spins.begin() + static_cast<std::ptrdiff_t>(batch));
      FencedBuffer<Complex> out(batch * width);
      ((*backend).*verb)(pack(states), {out.data(), out.size()});
      EXPECT_TRUE(out.fences_intact());
      for (std::size_t k = 0; k < out.size(); ++k) ASSERT_FALSE(out.untouched(k)) << k;
      for (const std::size_t k : checked) {
        if (k < batch) check(k, std::span<const Complex>(out.data() + k * width, width));
      }
    }
  }

  const NetworkCase network = GetParam().network;
  const ParameterTable table = network.table();
  const std::vector<double> theta = random_parameters(table, 20240);
  const oracle::OracleNetwork exact = make_oracle(network, theta);
  const std::vector<oracle::Spins> spins = random_spins(network.sites(), 130, 7);
  /// The first and the last of every batch, and some between.
  const std::vector<std::size_t> checked = {0, 1, 2, 6, 64, 129};
};

TEST_P(Evaluation, LogPsi) {
  for (const Precision precision : {Precision::fp64, Precision::fp32}) {
    for_each_result(precision, &Backend::log_psi, 1, [&](std::size_t k, auto values) {
      const double bound =
          log_psi_error(network.shape(), precision, oracle::head_inputs(exact, spins[k]));
      EXPECT_LT(log_psi_distance(values[0], oracle::log_psi(exact, spins[k])), bound) << k;
    });
  }
}

TEST_P(Evaluation, LocalEnergies) {
  const auto bonds = make_oracle_bonds(network, kCouplings);
  std::map<std::size_t, std::vector<Complex>> terms;
  for (const Precision precision : {Precision::fp64, Precision::fp32}) {
    for_each_result(precision, &Backend::local_energies, 1, [&](std::size_t k, auto values) {
      if (!terms.contains(k)) terms[k] = oracle::local_energy_terms(exact, bonds, spins[k]);
      Complex energy = 0;
      for (const Complex term : terms[k]) energy += term;
      const double bound = local_energy_error(
          log_psi_error(network.shape(), precision, oracle::head_inputs(exact, spins[k])),
          terms[k]);
      EXPECT_LT(std::abs(values[0] - energy), bound) << k;
    });
  }
}

/// Ends and middle of every tensor, element by element.
TEST_P(Evaluation, GradientElements) {
  for (const Precision precision : {Precision::fp64, Precision::fp32}) {
    for_each_result(precision, &Backend::gradients, table.size, [&](std::size_t k, auto values) {
      if (k == 1 || k == 2) return;
      double largest = 0;
      for (const Complex value : values) largest = std::max(largest, std::abs(value));
      const double bound = largest * (gradient_error(network.shape(), precision,
                                                     oracle::head_inputs(exact, spins[k])) +
                                      kDifferenceError);
      for (const NamedTensor& tensor : table.tensors) {
        for (const std::size_t index : {std::size_t{0}, tensor.size() / 2, tensor.size() - 1}) {
          const Complex expected = oracle::gradient(exact, spins[k], tensor.name, index);
          EXPECT_LT(std::abs(values[tensor.offset + index] - expected), bound)
              << tensor.name << '[' << index << "] of " << k;
        }
      }
    });
  }
}

/// Every element at once: tensor by tensor, along a random direction.
TEST_P(Evaluation, GradientDirections) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  for_each_result(
      Precision::fp64, &Backend::gradients, table.size, [&](std::size_t k, auto values) {
        double largest = 0;
        for (const Complex value : values) largest = std::max(largest, std::abs(value));
        for (const NamedTensor& tensor : table.tensors) {
          std::vector<double> direction(tensor.size());
          Complex made = 0;
          for (std::size_t p = 0; p < direction.size(); ++p) {
            direction[p] = uniform(random) / std::sqrt(static_cast<double>(tensor.size()));
            made += direction[p] * values[tensor.offset + p];
          }
          const Complex expected =
              oracle::directional_derivative(exact, spins[k], {{tensor.name, direction}});
          const double bound = largest * (gradient_error(network.shape(), Precision::fp64,
                                                         oracle::head_inputs(exact, spins[k])) +
                                          kDifferenceError);
          EXPECT_LT(std::abs(made - expected), bound) << tensor.name << " of " << k;
        }
      });
}

INSTANTIATE_TEST_SUITE_P(Cases, Evaluation, testing::ValuesIn(parity_cases()),
                         [](const auto& instance) { return instance.param.name(); });

}  // namespace
}  // namespace plaquette::test
