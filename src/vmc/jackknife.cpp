#include "plaquette/vmc/jackknife.hpp"

#include "plaquette/base/errors.hpp"
#include "plaquette/vmc/chain_error.hpp"

namespace plaquette {

void BinnedSums::add(std::size_t bin, double weight, std::span<const double> values) {
  PLAQUETTE_REQUIRE(bin < bins() && values.size() == values_, bin, ", ", values.size());
  weight_[bin] += weight;
  for (std::size_t v = 0; v < values_; ++v) sum_[bin * values_ + v] += weight * values[v];
}

std::vector<double> BinnedSums::means() const {
  double weight = 0;
  std::vector<double> result(values_, 0.0);
  for (std::size_t bin = 0; bin < bins(); ++bin) {
    weight += weight_[bin];
    for (std::size_t v = 0; v < values_; ++v) result[v] += sum_[bin * values_ + v];
  }
  for (double& value : result) value /= weight;
  return result;
}

std::vector<Estimate> BinnedSums::estimate(
    std::size_t chains,
    const std::function<std::vector<double>(std::span<const double>)>& f) const {
  const std::vector<double> mean = means();
  const std::vector<double> centre = f(mean);
  std::vector<Estimate> result(centre.size());
  for (std::size_t u = 0; u < centre.size(); ++u) result[u].mean = centre[u];
  if (bins() < 2) return result;

  double weight = 0;
  for (const double part : weight_) weight += part;
  std::vector<std::vector<double>> left_out;
  std::vector<double> average(centre.size(), 0.0);
  std::vector<double> rest(values_);
  for (std::size_t bin = 0; bin < bins(); ++bin) {
    for (std::size_t v = 0; v < values_; ++v) {
      rest[v] = (weight * mean[v] - sum_[bin * values_ + v]) / (weight - weight_[bin]);
    }
    left_out.push_back(f(rest));
    for (std::size_t u = 0; u < average.size(); ++u) {
      average[u] += left_out.back()[u] / static_cast<double>(bins());
    }
  }
  const auto count = static_cast<double>(bins());
  std::vector<double> parts(bins());
  for (std::size_t u = 0; u < result.size(); ++u) {
    for (std::size_t bin = 0; bin < bins(); ++bin) {
      parts[bin] = (average[u] - left_out[bin][u]) * (count - 1) / count;
    }
    result[u].error = error_of_sum(parts, chains);
  }
  return result;
}

}  // namespace plaquette
