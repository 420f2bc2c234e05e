#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "reference/reconfiguration.hpp"
#include "support/backend_test.hpp"
#include "support/case_table.hpp"
#include "support/network_case.hpp"

// The Jacobian, Gram matrix and solve of every usable backend against dense elimination. The
// oracle starts from the backend's own log-derivatives, which network_parity_test.cpp checks.

namespace plaquette::test {
namespace {

constexpr std::size_t kSamples = 23;
constexpr double kShift = 1e-2;

std::vector<double> random_numbers(std::size_t count, double low, double high, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(low, high);
  std::vector<double> numbers(count);
  for (double& number : numbers) number = uniform(random);
  return numbers;
}

double dot(const std::vector<double>& x, const std::vector<double>& y) {
  double sum = 0;
  for (std::size_t k = 0; k < x.size(); ++k) sum += x[k] * y[k];
  return sum;
}

double norm(const std::vector<double>& x) { return std::sqrt(dot(x, x)); }

void expect_close(const std::vector<double>& value, const std::vector<double>& exact,
                  double relative) {
  ASSERT_EQ(value.size(), exact.size());
  const double bound = relative * norm(exact);
  for (std::size_t k = 0; k < value.size(); ++k) EXPECT_NEAR(value[k], exact[k], bound) << k;
}

class ReconfigurationParity : public BackendTest<BackendCase> {
 protected:
  ReconfigurationParity() {
    double sum = 0;
    for (double weight : weights) sum += weight;
    for (double& weight : weights) weight /= sum;
  }

  std::unique_ptr<Backend> make(GramForm form) const {
    Problem problem = make_problem(made, {});
    problem.samples = kSamples;
    problem.gram_form = form;
    auto backend = make_backend(GetParam().backend, problem, Resources{});
    backend->set_parameters(random_parameters(made.table(), 7));
    backend->set_samples(states);
    PhaseClock clock;
    backend->accumulate_gram(weights, scale, kShift, clock);
    return backend;
  }

  oracle::Matrix exact_jacobian(Backend& backend) const {
    std::vector<std::complex<double>> flat(kSamples * parameters);
    backend.gradients(states, flat);
    oracle::ComplexMatrix rows;
    for (auto row = flat.begin(); row != flat.end();
         row += static_cast<std::ptrdiff_t>(parameters)) {
      rows.emplace_back(row, row + static_cast<std::ptrdiff_t>(parameters));
    }
    return oracle::centred_jacobian(rows, weights, scale);
  }

  NetworkCase made = GetParam().made;
  std::size_t parameters = made.table().size;
  ConfigurationBatch states = pack(random_spins(made.sites(), kSamples, 3));
  std::vector<double> weights = random_numbers(kSamples, 0.2, 1.0, 1);
  std::vector<double> scale = random_numbers(parameters, 0.5, 2.0, 2);
};

TEST_P(ReconfigurationParity, AppliesTheJacobian) {
  const auto x = random_numbers(parameters, -1, 1, 4);
  const auto y = random_numbers(2 * kSamples, -1, 1, 5);
  for (GramForm form : {GramForm::samples, GramForm::parameters}) {
    const auto backend = make(form);
    const oracle::Matrix jacobian = exact_jacobian(*backend);
    std::vector<double> rows(2 * kSamples);
    std::vector<double> direction(parameters);
    backend->apply(x, rows);
    backend->apply_transpose(y, direction);
    expect_close(rows, oracle::product(jacobian, x), 1e-11);
    expect_close(direction, oracle::product(oracle::transposed(jacobian), y), 1e-11);
    EXPECT_NEAR(dot(rows, y), dot(x, direction), 1e-12 * (norm(rows) * norm(y)));
  }
}

/// A Jacobian of other parameters or samples must not answer by what happens to be in memory.
TEST_P(ReconfigurationParity, ForgetsTheJacobianOfOtherInputs) {
  const auto x = random_numbers(parameters, -1, 1, 4);
  std::vector<double> rows(2 * kSamples);
  std::vector<double> direction(parameters);
  const auto backend = make(GramForm::samples);
  backend->set_parameters(random_parameters(made.table(), 8));
  EXPECT_THROW(backend->apply(x, rows), std::logic_error);
  PhaseClock clock;
  backend->accumulate_gram(weights, scale, kShift, clock);
  EXPECT_NO_THROW(backend->apply(x, rows));
  backend->set_samples(states);
  EXPECT_THROW(backend->apply_transpose(rows, direction), std::logic_error);
}

/// The error of a solution is the condition number (below 1e8 here: entries of B are of order one
/// to ten, the shift 1e-2) times 1e-16 and some.
TEST_P(ReconfigurationParity, SolvesBothForms) {
  const auto rhs = random_numbers(2 * kSamples, -1, 1, 6);
  for (GramForm form : {GramForm::samples, GramForm::parameters}) {
    const auto backend = make(form);
    const oracle::Matrix jacobian = exact_jacobian(*backend);
    const oracle::Matrix transpose = oracle::transposed(jacobian);
    const bool rows = form == GramForm::samples;
    const oracle::Matrix gram =
        rows ? oracle::product(jacobian, transpose) : oracle::product(transpose, jacobian);
    const oracle::Vector b = rows ? rhs : oracle::product(transpose, rhs);
    std::vector<double> x(b.size());
    ASSERT_TRUE(backend->solve(kShift, b, x).positive_definite);
    expect_close(x, oracle::solve_shifted(gram, kShift, b), 1e-7);
    // Another shift from the same Gram matrix: a solve leaves it as it was.
    ASSERT_TRUE(backend->solve(10 * kShift, b, x).positive_definite);
    expect_close(x, oracle::solve_shifted(gram, 10 * kShift, b), 1e-7);
  }
}

/// Bᵀ (B Bᵀ + λ)⁻¹ ε = (Bᵀ B + λ)⁻¹ Bᵀ ε.
TEST_P(ReconfigurationParity, BothFormsGiveOneDirection) {
  const auto residual = random_numbers(2 * kSamples, -1, 1, 8);
  const auto by_samples = make(GramForm::samples);
  std::vector<double> x(2 * kSamples);
  std::vector<double> min_sr(parameters);
  ASSERT_TRUE(by_samples->solve(kShift, residual, x).positive_definite);
  by_samples->apply_transpose(x, min_sr);

  const auto by_parameters = make(GramForm::parameters);
  std::vector<double> force(parameters);
  std::vector<double> sr(parameters);
  by_parameters->apply_transpose(residual, force);
  ASSERT_TRUE(by_parameters->solve(kShift, force, sr).positive_definite);
  expect_close(min_sr, sr, 1e-7);
}

TEST_P(ReconfigurationParity, ReportsAMatrixThatIsNotPositive) {
  for (GramForm form : {GramForm::samples, GramForm::parameters}) {
    const auto backend = make(form);
    const std::size_t size = form == GramForm::samples ? 2 * kSamples : parameters;
    const std::vector<double> rhs(size, 1.0);
    std::vector<double> x(size);
    EXPECT_FALSE(backend->solve(-1.0, rhs, x).positive_definite);
    EXPECT_TRUE(backend->solve(kShift, rhs, x).positive_definite) << "it must recover";
  }
}

/// Every sample twice: B Bᵀ has less than half its rank, and no shift to speak of.
TEST_P(ReconfigurationParity, SingularGramIsReportedOrSolvedNeverNaN) {
  const std::vector<oracle::Spins> different = random_spins(made.sites(), kSamples / 2, 3);
  std::vector<oracle::Spins> spins;
  for (std::size_t k = 0; k < kSamples; ++k) spins.push_back(different[k % different.size()]);
  states = pack(spins);
  for (GramForm form : {GramForm::samples, GramForm::parameters}) {
    const auto backend = make(form);
    const std::size_t size = form == GramForm::samples ? 2 * kSamples : parameters;
    const auto rhs = random_numbers(size, -1, 1, 9);
    for (double shift : {0.0, 1e-300, 1e-18, 1e-12}) {
      std::vector<double> x(size, 0.0);
      if (!backend->solve(shift, rhs, x).positive_definite) continue;
      for (double value : x) EXPECT_TRUE(std::isfinite(value)) << "shift " << shift;
    }
    std::vector<double> x(size);
    EXPECT_TRUE(backend->solve(kShift, rhs, x).positive_definite) << "it must recover";
  }
}

/// A parameter that is not a number is reported, too.
TEST_P(ReconfigurationParity, NaNIsReported) {
  for (GramForm form : {GramForm::samples, GramForm::parameters}) {
    const auto backend = make(form);
    std::vector<double> theta = random_parameters(made.table(), 7);
    theta[theta.size() / 2] = std::nan("");
    backend->set_parameters(theta);
    PhaseClock clock;
    backend->accumulate_gram(weights, scale, kShift, clock);
    const std::size_t size = form == GramForm::samples ? 2 * kSamples : parameters;
    std::vector<double> x(size);
    EXPECT_FALSE(backend->solve(kShift, std::vector<double>(size, 1.0), x).positive_definite);
  }
}

TEST_P(ReconfigurationParity, NoScaleIsAScaleOfOne) {
  std::fill(scale.begin(), scale.end(), 1.0);
  const auto backend = make(GramForm::samples);
  const auto x = random_numbers(parameters, -1, 1, 4);
  std::vector<double> ones(2 * kSamples);
  backend->apply(x, ones);
  PhaseClock clock;
  backend->accumulate_gram(weights, {}, kShift, clock);
  std::vector<double> none(2 * kSamples);
  backend->apply(x, none);
  EXPECT_EQ(ones, none);
}

std::vector<BackendCase> cases() {
  constexpr LatticeKind kSquare = LatticeKind::square;
  constexpr LatticeKind kChain = LatticeKind::chain;
  return every_attention(
      {{kSquare, 4, {.patch = 2, .d_model = 6, .heads = 2, .layers = 1, .ffn_ratio = 2}},
       {kChain, 8, {.patch = 2, .d_model = 5, .heads = 5, .layers = 2, .ffn_ratio = 1}}});
}

INSTANTIATE_TEST_SUITE_P(Small, ReconfigurationParity, testing::ValuesIn(cases()),
                         [](const auto& instance) { return instance.param.name(); });

}  // namespace
}  // namespace plaquette::test
