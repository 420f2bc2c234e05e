#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <vector>

#include "plaquette/physics/sector.hpp"
#include "plaquette/vmc/attention_statistics.hpp"
#include "reference/sector.hpp"
#include "support/backend_test.hpp"
#include "support/case_table.hpp"
#include "support/network_case.hpp"

// Attention maps and their spread over inputs, against sums of the oracle's maps over the sector.

namespace plaquette::test {
namespace {

class AttentionSpread : public BackendTest<BackendCase> {
 protected:
  std::unique_ptr<Backend> make() const {
    auto backend = make_backend(GetParam().backend, make_problem(made, {}), Resources{});
    backend->set_parameters(theta);
    return backend;
  }

  const NetworkCase made = GetParam().made;
  const NetworkShape shape = made.shape();
  const std::vector<double> theta = random_parameters(made.table(), 23);
  const oracle::OracleNetwork network = make_oracle(made, theta);
};

TEST_P(AttentionSpread, IsTheStandardDeviationOverTheRootMeanSquare) {
  const std::vector<oracle::Spins> inputs = oracle::sector_states(made.sites());
  const auto n = static_cast<std::size_t>(shape.tokens());
  AttentionStatistics statistics(shape, theta);
  std::vector<double> weights;
  for (std::size_t k = 0; k < inputs.size(); ++k) weights.push_back(0.5 + double(k % 7));
  const auto backend = make();
  std::vector<double> given;
  // In two parts: they must add up.
  const std::size_t half = inputs.size() / 2;
  statistics.add(*backend, pack({inputs.begin(), inputs.begin() + std::ptrdiff_t(half)}),
                 std::span(weights).first(half), &given);
  statistics.add(*backend, pack({inputs.begin() + std::ptrdiff_t(half), inputs.end()}),
                 std::span(weights).subspan(half), &given);
  const AttentionMaps found = statistics.maps();

  const std::size_t size = statistics.map_size();
  std::vector<double> mean(size, 0.0);
  std::vector<double> square(size, 0.0);
  double total = 0;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const std::vector<double> alpha = oracle::attention_maps(network, inputs[k]);
    ASSERT_EQ(alpha.size(), size);
    total += weights[k];
    for (std::size_t e = 0; e < size; ++e) {
      ASSERT_NEAR(given[k * size + e], alpha[e], 1e-11) << k;
      mean[e] += weights[k] * alpha[e];
      square[e] += weights[k] * alpha[e] * alpha[e];
    }
  }
  for (std::size_t map = 0; map < size / (n * n); ++map) {
    double variance = 0;
    double squares = 0;
    std::vector<double> far_variance(n, 0.0);
    std::vector<double> far_square(n, 0.0);
    for (std::size_t e = map * n * n; e < (map + 1) * n * n; ++e) {
      mean[e] /= total;
      square[e] /= total;
      EXPECT_NEAR(found.mean[e], mean[e], 1e-11);
      const double var = square[e] - mean[e] * mean[e];
      variance += var;
      squares += square[e];
      const auto i = static_cast<int>(e % (n * n) / n);
      const auto j = static_cast<int>(e % n);
      const int rows =
          (j / shape.token_columns - i / shape.token_columns + shape.token_rows) % shape.token_rows;
      const int columns =
          (j % shape.token_columns - i % shape.token_columns + shape.token_columns) %
          shape.token_columns;
      const auto displacement = std::size_t(rows * shape.token_columns + columns);
      far_variance[displacement] += var;
      far_square[displacement] += square[e];
    }
    // Of a root: 1e-14 of rounding in the variance may show as 1e-7.
    EXPECT_NEAR(found.spread[map], std::sqrt(std::max(0.0, variance) / squares), 1e-6);
    for (std::size_t r = 0; r < n; ++r) {
      EXPECT_NEAR(found.spread_by_displacement[map * n + r],
                  std::sqrt(std::max(0.0, far_variance[r]) / far_square[r]), 1e-6);
    }
    if (shape.has_query_key() && n > 1) {
      EXPECT_GT(found.spread[map], 1e-4) << "it must vary";
    }
  }
}

/// With zero queries every softmax is uniform: the weights do not depend on the input, and nothing
/// is lost by freezing them.
TEST_P(AttentionSpread, FreezingWeightsThatDoNotVaryChangesNothing) {
  const ParameterTable table = made.table();
  std::vector<double> fixed = theta;
  for (const NamedTensor& tensor : table.tensors) {
    if (tensor.name.find("/query/") == std::string::npos) continue;
    std::fill_n(fixed.begin() + std::ptrdiff_t(tensor.offset), tensor.size(), 0.0);
  }
  const auto backend = make();
  backend->set_parameters(fixed);
  const ConfigurationBatch states = pack(random_spins(made.sites(), 9, 2));
  AttentionStatistics statistics(shape, fixed);
  statistics.add(*backend, states, std::vector<double>(9, 1.0));
  const AttentionMaps maps = statistics.maps();
  for (const double spread : maps.spread) EXPECT_NEAR(spread, 0, 1e-7);

  const FrozenNetwork frozen = freeze_attention(made.make_lattice(), made.network, fixed, maps);
  EXPECT_EQ(frozen.network.attention, Attention::factored);
  NetworkCase other = made;
  other.network = frozen.network;
  const auto factored = make_backend(GetParam().backend, make_problem(other, {}), Resources{});
  factored->set_parameters(frozen.parameters);
  std::vector<std::complex<double>> before(9);
  std::vector<std::complex<double>> after(9);
  backend->log_psi(states, before);
  factored->log_psi(states, after);
  for (std::size_t k = 0; k < 9; ++k) EXPECT_LT(std::abs(before[k] - after[k]), 1e-10);
}

std::string case_name(const testing::TestParamInfo<BackendCase>& info) { return info.param.name(); }

INSTANTIATE_TEST_SUITE_P(
    Networks, AttentionSpread,
    testing::ValuesIn(every_attention(
        {{LatticeKind::chain, 8, {.patch = 2, .d_model = 6, .heads = 2, .layers = 2}},
         {LatticeKind::square, 2, {.patch = 1, .d_model = 4, .heads = 4, .layers = 1}}})),
    case_name);

}  // namespace
}  // namespace plaquette::test
