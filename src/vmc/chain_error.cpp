#include "plaquette/vmc/chain_error.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "plaquette/base/errors.hpp"
#include "plaquette/vmc/autocorrelation.hpp"

namespace plaquette {

namespace {

/// Rows whose correlations are looked at; longer chains are added up in blocks first.
constexpr std::size_t kMostRows = 1024;

/// Half the width of the interval that holds 68.27 % of Student's t, over that of the normal law:
/// Hill's expansion (Commun. ACM 13, 619) at one standard deviation, good to 2 % at freedom 1.
double student_widening(double freedom) {
  return 1 + 1 / (2 * freedom) + 1 / (4 * freedom * freedom) +
         1 / (16 * freedom * freedom * freedom);
}

/// Sums of neighbouring rows (rows', chains), rows' ≤ kMostRows.
std::vector<double> blocked(std::span<const double> parts, std::size_t chains) {
  const std::size_t rows = parts.size() / chains;
  const std::size_t blocks = std::min(rows, kMostRows);
  std::vector<double> sums(blocks * chains, 0.0);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t chain = 0; chain < chains; ++chain) {
      sums[row * blocks / rows * chains + chain] += parts[row * chains + chain];
    }
  }
  return sums;
}

double scatter_of_chains(std::span<const double> parts, std::size_t chains) {
  std::vector<double> sums(chains, 0.0);
  for (std::size_t k = 0; k < parts.size(); ++k) sums[k % chains] += parts[k];
  double squares = 0;
  for (const double sum : sums) squares += sum * sum;
  const auto count = static_cast<double>(chains);
  return std::sqrt(squares * count / (count - 1));
}

double error_of_few_chains(std::span<const double> parts, std::size_t chains) {
  const std::vector<double> z = blocked(parts, chains);
  const std::size_t rows = z.size() / chains;
  const double variance = autocovariance(z, chains, 0);
  if (variance <= 0) return 0;
  const CorrelationSum found = sum_correlations(z, chains, variance);
  const double terms = std::max(found.terms, 1.0);
  const auto count = static_cast<double>(z.size());
  // Every correlation is short by the variance of the mean, from which it was taken.
  const double bias = 1 / (1 - std::min(0.5, terms / count));
  const double tau =
      std::min(std::max(found.tau, 1.0) * bias, std::max(bias, static_cast<double>(rows)));
  const double freedom = std::max(1.0, count / terms - 1);
  return std::sqrt(count * variance * tau) * student_widening(freedom);
}

}  // namespace

double error_of_sum(std::span<const double> parts, std::size_t chains) {
  PLAQUETTE_REQUIRE(chains > 0 && parts.size() % chains == 0, parts.size(), " parts, ", chains,
                    " chains");
  if (parts.size() < 2) return 0;
  return chains >= kManyChains ? scatter_of_chains(parts, chains)
                               : error_of_few_chains(parts, chains);
}

}  // namespace plaquette
