#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace plaquette::test {

/// Probability that a χ² variable of `freedom` degrees exceeds `value`, by the Wilson–Hilferty
/// cube root; accurate to a few percent of itself in the tail for five degrees and more, which is
/// plenty for a threshold.
inline double chi_square_tail(double value, double freedom) {
  const double spread = 2.0 / (9.0 * freedom);
  const double z = (std::cbrt(value / freedom) - (1.0 - spread)) / std::sqrt(spread);
  return 0.5 * std::erfc(z / std::sqrt(2.0));
}

/// p-value of counts against probabilities. States expected fewer
/// than five times are pooled into one.
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
  return chi_square_tail(value, freedom);
}

}  // namespace plaquette::test
