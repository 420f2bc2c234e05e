#pragma once

#include <boost/math/distributions/chi_squared.hpp>
#include <cstddef>
#include <span>

namespace plaquette::test {

/// p-value of counts against probabilities: the probability that χ² exceeds theirs. States expected
/// fewer than five times are pooled into one.
inline double chi_square_test(std::span<const std::size_t> counts,
                              std::span<const double> probabilities) {
  double total = 0;
  for (std::size_t count : counts) total += static_cast<double>(count);
  double value = 0;
  double freedom = -1;
  double rare_count = 0;
  double rare_expected = 0;
  const auto add = [&](double count, double expected) {
    value += (count - expected) * (count - expected) / expected;
    freedom += 1;
  };
  for (std::size_t k = 0; k < counts.size(); ++k) {
    const double expected = total * probabilities[k];
    const double count = static_cast<double>(counts[k]);
    if (expected >= 5) {
      add(count, expected);
    } else {
      rare_count += count;
      rare_expected += expected;
    }
  }
  if (rare_expected >= 5) add(rare_count, rare_expected);
  return cdf(complement(boost::math::chi_squared(freedom), value));
}

}  // namespace plaquette::test
