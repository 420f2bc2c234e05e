#include "plaquette/vmc/extrapolation.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "plaquette/base/errors.hpp"

namespace plaquette {

namespace {

/// Weighted sums of the normal equations, with abscissae from their mean.
struct Line {
  double mean_x = 0;
  double mean_y = 0;
  double spread = 0;  // Σ w (x − mean)²
  double total = 0;   // Σ w
  double slope = 0;

  Line(std::span<const EnergyPoint> points, const std::vector<double>& weights) {
    for (std::size_t k = 0; k < points.size(); ++k) {
      total += weights[k];
      mean_x += weights[k] * points[k].variance.mean;
      mean_y += weights[k] * points[k].energy.mean;
    }
    mean_x /= total;
    mean_y /= total;
    double product = 0;
    for (std::size_t k = 0; k < points.size(); ++k) {
      const double dx = points[k].variance.mean - mean_x;
      spread += weights[k] * dx * dx;
      product += weights[k] * dx * (points[k].energy.mean - mean_y);
    }
    slope = product / spread;
  }
  double at(double x) const { return mean_y + slope * (x - mean_x); }
};

bool has_errors(std::span<const EnergyPoint> points) {
  return std::ranges::all_of(points, [](const EnergyPoint& p) { return p.energy.error > 0; });
}

}  // namespace

ZeroVarianceFit fit_zero_variance(std::span<const EnergyPoint> points) {
  if (points.size() < 2) {
    throw InputError(concat("an extrapolation needs at least 2 runs, not ", points.size()));
  }
  const double first = points[0].variance.mean;
  if (std::ranges::all_of(points, [&](const auto& p) { return p.variance.mean == first; })) {
    throw InputError("an extrapolation needs runs of different variance");
  }
  const bool weighted = has_errors(points);
  std::vector<double> weights(points.size(), 1.0);
  if (weighted) {
    for (std::size_t k = 0; k < points.size(); ++k) {
      weights[k] = 1 / (points[k].energy.error * points[k].energy.error);
    }
  }
  Line line(points, weights);
  constexpr int kIterations = 50;  // of the effective variance; it converges within a few
  for (int i = 0; weighted && i < kIterations; ++i) {
    for (std::size_t k = 0; k < points.size(); ++k) {
      const double through_slope = line.slope * points[k].variance.error;
      weights[k] =
          1 / (points[k].energy.error * points[k].energy.error + through_slope * through_slope);
    }
    line = Line(points, weights);
  }
  double squares = 0;
  for (std::size_t k = 0; k < points.size(); ++k) {
    const double residual = points[k].energy.mean - line.at(points[k].variance.mean);
    squares += weights[k] * residual * residual;
  }
  ZeroVarianceFit fit;
  fit.degrees_of_freedom = static_cast<int>(points.size()) - 2;
  fit.chi_square = weighted ? squares : 0;
  const double reduced = fit.degrees_of_freedom > 0 ? squares / fit.degrees_of_freedom : 0;
  const double scale = weighted ? std::sqrt(std::max(1.0, reduced)) : std::sqrt(reduced);
  fit.intercept = {line.at(0),
                   scale * std::sqrt(1 / line.total + line.mean_x * line.mean_x / line.spread)};
  fit.slope = {line.slope, scale / std::sqrt(line.spread)};
  return fit;
}

}  // namespace plaquette
