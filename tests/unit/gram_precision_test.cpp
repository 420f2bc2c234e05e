#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <memory>
#include <random>
#include <vector>

#include "plaquette/backend/registry.hpp"
#include "plaquette/vmc/stochastic_reconfiguration.hpp"
#include "support/dense_backend.hpp"
#include "support/network_case.hpp"

// What a Gram matrix of FP32 factors does to an update: the CPU backend beside dense FP64 algebra
// on the same FP32 log-derivatives. Two independent sets of samples give updates that differ by
// more than 100 %, so that a few per cent are far below the noise.

namespace plaquette::test {
namespace {

using testing_support::DenseBackend;

struct Case {
  const char* name;
  NetworkChoice network;
  std::size_t samples;
  Optimizer optimizer;

  NetworkCase made() const { return {LatticeKind::square, 6, network}; }
  std::size_t parameters() const { return made().table().size; }
  GramForm form() const {
    return parameters() < 2 * samples ? GramForm::parameters : GramForm::samples;
  }
};

class GramPrecision : public testing::TestWithParam<Case> {
 protected:
  GramPrecision() {
    const Case& given = GetParam();
    job.optimizer = given.optimizer;
    for (double& residual : residuals) residual = normal();
    // After some steps of march: moments as different as parameters' updates are.
    for (std::size_t p = 0; p < given.parameters(); ++p) {
      previous.push_back(1e-2 * normal());
      second_moment.push_back(std::pow(10.0, -4 + normal()));
    }
    exact.form = given.form();
    exact.log_derivatives = log_derivatives(*make(Precision::fp32));
  }

  std::unique_ptr<Backend> make(Precision precision) const {
    const Case& given = GetParam();
    Problem problem = make_problem(given.made(), {});
    problem.samples = given.samples;
    problem.gram_form = given.form();
    problem.precision.log_derivatives = precision;
    auto backend = make_backend(BackendKind::cpu, problem, {.threads = 1});
    backend->set_parameters(random_parameters(given.made().table(), 7));
    backend->set_samples(states);
    return backend;
  }

  Eigen::MatrixXcd log_derivatives(Backend& backend) const {
    const auto P = static_cast<Eigen::Index>(GetParam().parameters());
    const auto M = static_cast<Eigen::Index>(GetParam().samples);
    std::vector<std::complex<double>> flat(static_cast<std::size_t>(M * P));
    backend.gradients(states, flat);
    using Rows =
        Eigen::Matrix<std::complex<double>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const Rows>(flat.data(), M, P);
  }

  /// The update, for which |δ − δ_exact| / |δ_exact| is expected below `bound`.
  Direction expect_error_below(double bound, Backend& backend, double shift) {
    const StochasticReconfiguration sr(job, GetParam().form(), GetParam().parameters());
    const DirectionMemory memory{.previous = previous, .second_moment = second_moment};
    PhaseClock clock;
    const std::vector<double> weights(GetParam().samples,
                                      1.0 / static_cast<double>(GetParam().samples));
    const Direction found = sr.direction(backend, weights, residuals, shift, memory, clock);
    const Direction expected = sr.direction(exact, weights, residuals, shift, memory, clock);
    EXPECT_EQ(found.diag_shift_raises, 0) << "the matrix is not positive definite";
    double difference = 0;
    double size = 0;
    for (std::size_t p = 0; p < expected.delta.size(); ++p) {
      difference += std::pow(found.delta[p] - expected.delta[p], 2);
      size += std::pow(expected.delta[p], 2);
    }
    EXPECT_LT(std::sqrt(difference / size), bound);
    return found;
  }

  double normal() { return std::normal_distribution<double>()(random); }

  std::mt19937_64 random{5};
  Job job;
  ConfigurationBatch states = pack(random_spins(36, GetParam().samples, 3));
  std::vector<double> residuals = std::vector<double>(2 * GetParam().samples);
  std::vector<double> previous;       // (P)
  std::vector<double> second_moment;  // (P)
  DenseBackend exact;
};

/// FP32 products where they are harmless: 0.03 % of the update, bound with room (for the samples
/// are uniform: some have tiny amplitudes and large log-derivatives). FP64 where they are not: 3 %
/// and more, or no positive definite matrix.
TEST_P(GramPrecision, OfSingleRowsLeavesTheUpdate) {
  const auto backend = make(Precision::fp32);
  const bool single =
      GetParam().form() == GramForm::samples && GetParam().optimizer != Optimizer::march;
  const Direction found = expect_error_below(single ? 0.01 : 1e-6, *backend, 1e-3);
  EXPECT_EQ(found.gram_precision, single ? Precision::fp32 : Precision::fp64);
}

/// A shift that FP32 products would drown.
TEST_P(GramPrecision, FollowsTheShift) {
  const auto backend = make(Precision::fp32);
  const Direction found = expect_error_below(1e-4, *backend, 2e-5);
  EXPECT_EQ(found.gram_precision, Precision::fp64);
}

TEST_P(GramPrecision, OfDoubleRowsIsDouble) {
  const auto backend = make(Precision::fp64);
  exact.log_derivatives = log_derivatives(*backend);
  const Direction found = expect_error_below(1e-6, *backend, 1e-4);
  EXPECT_EQ(found.gram_precision, Precision::fp64);
}

constexpr NetworkChoice kLarge{.patch = 2, .d_model = 16, .heads = 4, .layers = 2, .ffn_ratio = 2};
constexpr NetworkChoice kSmall{.patch = 2, .d_model = 6, .heads = 2, .layers = 1, .ffn_ratio = 1};

INSTANTIATE_TEST_SUITE_P(
    Updates, GramPrecision,
    testing::Values(Case{"sr_of_samples", kLarge, 100, Optimizer::sr},
                    Case{"spring_of_samples", kLarge, 100, Optimizer::spring},
                    Case{"march_of_samples", kLarge, 100, Optimizer::march},
                    Case{"sr_of_parameters", kSmall, 300, Optimizer::sr},
                    Case{"spring_of_parameters", kSmall, 300, Optimizer::spring},
                    Case{"march_of_parameters", kSmall, 300, Optimizer::march}),
    [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace plaquette::test
