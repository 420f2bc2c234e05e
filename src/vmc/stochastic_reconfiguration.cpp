#include "plaquette/vmc/stochastic_reconfiguration.hpp"

#include <algorithm>
#include <cmath>

#include "plaquette/base/errors.hpp"

namespace plaquette {

namespace {

constexpr int kMostRaises = 12;
constexpr double kSmallestRaisedShift = 1e-10;

/// Keeps c finite for parameters that have not moved, e.g. a key's bias, on which the softmax does
/// not depend: their second moment is 0.
constexpr double kSecondMomentFloor = 1e-16;

/// c = v^(−1/4); empty, meaning ones, while nothing has moved.
std::vector<double> march_column_scale(std::span<const double> second_moment) {
  if (std::ranges::all_of(second_moment, [](double v) { return v == 0.0; })) return {};
  std::vector<double> scale(second_moment.size());
  for (std::size_t p = 0; p < scale.size(); ++p) {
    scale[p] = 1.0 / std::sqrt(std::sqrt(second_moment[p] + kSecondMomentFloor));
  }
  return scale;
}

/// ε − O φ. The backend applies B = O diag(c), hence φ / c.
std::vector<double> deflated(Backend& backend, std::span<const double> residuals,
                             std::span<const double> phi, std::span<const double> scale) {
  std::vector<double> direction(phi.begin(), phi.end());
  for (std::size_t p = 0; p < scale.size(); ++p) direction[p] /= scale[p];
  std::vector<double> rows(residuals.size());
  backend.apply(direction, rows);
  for (std::size_t k = 0; k < rows.size(); ++k) rows[k] = residuals[k] - rows[k];
  return rows;
}

bool is_zero(std::span<const double> values) {
  return std::ranges::all_of(values, [](double value) { return value == 0.0; });
}

void require_finite(std::span<const double> delta) {
  const auto bad = std::ranges::count_if(delta, [](double value) { return !std::isfinite(value); });
  if (bad > 0) {
    throw NumericalError(concat(bad, " of ", delta.size(),
                                " components of the update are not finite; raise --diag-shift or "
                                "lower --learning-rate"));
  }
}

}  // namespace

StochasticReconfiguration::StochasticReconfiguration(const Job& job, GramForm form,
                                                     std::size_t parameters,
                                                     Interruption interruption)
    : optimizer_(job.optimizer),
      form_(form),
      parameters_(parameters),
      momentum_(job.momentum),
      march_decay_(job.march_decay),
      interruption_(interruption) {}

std::vector<double> StochasticReconfiguration::solve(Backend& backend, std::span<const double> rows,
                                                     Direction& result) const {
  const bool in_samples = form_ == GramForm::samples;
  std::vector<double> rhs;
  if (in_samples) {
    rhs.assign(rows.begin(), rows.end());
  } else {
    rhs.resize(parameters_);
    backend.apply_transpose(rows, rhs);
  }
  std::vector<double> x(rhs.size());
  while (!backend.solve(result.diag_shift, rhs, x).positive_definite) {
    if (result.diag_shift_raises == kMostRaises) {
      throw NumericalError(concat("the SR matrix is not positive definite even with a shift of ",
                                  result.diag_shift, "; lower --learning-rate"));
    }
    result.diag_shift = std::max(10 * result.diag_shift, kSmallestRaisedShift);
    ++result.diag_shift_raises;
  }
  if (!in_samples) return x;
  std::vector<double> delta(parameters_);
  backend.apply_transpose(x, delta);
  return delta;
}

Direction StochasticReconfiguration::direction(Backend& backend, std::span<const double> weights,
                                               std::span<const double> residuals, double diag_shift,
                                               const DirectionMemory& memory,
                                               PhaseClock& clock) const {
  const bool march = optimizer_ == Optimizer::march;
  PLAQUETTE_REQUIRE(optimizer_ == Optimizer::sr || memory.previous.size() == parameters_,
                    memory.previous.size(), " elements remembered");
  PLAQUETTE_REQUIRE(!march || memory.second_moment.size() == parameters_,
                    memory.second_moment.size(), " second moments remembered");
  const bool has_momentum = optimizer_ != Optimizer::sr && !is_zero(memory.previous);
  const std::vector<double> scale =
      march ? march_column_scale(memory.second_moment) : std::vector<double>{};
  const Precision products = backend.accumulate_gram(weights, scale, diag_shift, clock);
  interruption_.poll();

  const auto scope = clock.measure(Phase::solve);
  std::vector<double> phi(parameters_, 0.0);
  std::vector<double> rows(residuals.begin(), residuals.end());
  if (has_momentum) {
    for (std::size_t p = 0; p < parameters_; ++p) phi[p] = momentum_ * memory.previous[p];
    rows = deflated(backend, residuals, phi, scale);
  }
  Direction result{
      .delta = {}, .second_moment = {}, .diag_shift = diag_shift, .gram_precision = products};
  result.delta = solve(backend, rows, result);
  for (std::size_t p = 0; p < scale.size(); ++p) result.delta[p] *= scale[p];
  for (std::size_t p = 0; p < parameters_; ++p) result.delta[p] += phi[p];
  require_finite(result.delta);

  if (march) {
    result.second_moment.resize(parameters_);
    for (std::size_t p = 0; p < parameters_; ++p) {
      const double change = result.delta[p] - memory.previous[p];
      result.second_moment[p] = march_decay_ * memory.second_moment[p] + change * change;
    }
  }
  return result;
}

double gram_flops(GramForm form, std::size_t samples, std::size_t parameters) {
  const double rows = 2 * static_cast<double>(samples);
  const auto P = static_cast<double>(parameters);
  const bool in_samples = form == GramForm::samples;
  const double n = in_samples ? rows : P;
  return n * (n + 1) * (in_samples ? P : rows);
}

double solve_flops(GramForm form, std::size_t samples, std::size_t parameters) {
  const double rows = 2 * static_cast<double>(samples);
  const auto P = static_cast<double>(parameters);
  const double n = form == GramForm::samples ? rows : P;
  return n * n * n / 3 + 2 * n * n + 2 * rows * P;
}

double limited_rate(double rate, std::span<const double> delta, double limit) {
  double squares = 0;
  for (double component : delta) squares += component * component;
  const double length = std::sqrt(squares);
  return limit > 0 && rate * length > limit ? limit / length : rate;
}

}  // namespace plaquette
