#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace plaquette {

/// A mean and its error, one standard deviation. The error of an exact sum is 0.
struct Estimate {
  double mean = 0;
  double error = 0;
};

/// Weighted sums of V values over samples, kept apart in bins: blocks of chains, bin
/// block·chains + chain.
class BinnedSums {
 public:
  BinnedSums(std::size_t bins, std::size_t values)
      : values_(values), weight_(bins, 0.0), sum_(bins * values, 0.0) {}

  std::size_t bins() const { return weight_.size(); }
  void add(std::size_t bin, double weight, std::span<const double> values);  // (V)
  /// Weighted means (V) over all bins.
  std::vector<double> means() const;

  /// f(means) and its errors: every bin is left out in turn, so f need not be linear and the
  /// weights may scatter (jackknife; Efron and Stein, Ann. Statist. 9, 586). What leaving out a bin
  /// changes is that bin's part, and error_of_sum gives the error, so blocks of a chain may be
  /// correlated. Of one bin the errors are 0.
  std::vector<Estimate> estimate(
      std::size_t chains,
      const std::function<std::vector<double>(std::span<const double>)>& f) const;

 private:
  std::size_t values_;
  std::vector<double> weight_;  // (bins)
  std::vector<double> sum_;     // (bins, V)
};

}  // namespace plaquette
