#include "plaquette/vmc/autocorrelation.hpp"

#include <algorithm>
#include <cmath>

namespace plaquette {

double autocovariance(std::span<const double> z, std::size_t chains, std::size_t lag) {
  const std::size_t pairs = z.size() - lag * chains;
  double sum = 0;
  for (std::size_t k = 0; k < pairs; ++k) sum += z[k] * z[k + lag * chains];
  return sum / static_cast<double>(pairs);
}

CorrelationSum sum_correlations(std::span<const double> z, std::size_t chains, double variance) {
  const std::size_t rows = z.size() / chains;
  CorrelationSum sum{.tau = -1, .terms = -1};
  double previous = HUGE_VAL;
  for (std::size_t lag = 0; lag + 1 < rows; lag += 2) {
    const double pair =
        (autocovariance(z, chains, lag) + autocovariance(z, chains, lag + 1)) / variance;
    if (pair <= 0) break;
    previous = std::min(previous, pair);
    sum.tau += 2 * previous;
    sum.terms += 4;
  }
  return sum;
}

}  // namespace plaquette
