#include "plaquette/io/run_statistics.hpp"

#include <algorithm>
#include <cmath>

namespace plaquette {
namespace {

constexpr std::size_t kFewestLate = kScatterPairs + 1;
constexpr std::size_t kFewestEnlarged = 10;

std::vector<double> energies(Steps steps) {
  std::vector<double> values;
  for (const LoggedStep& step : steps) values.push_back(step.energy);
  return values;
}

}  // namespace

Steps late_part(Steps steps) {
  return steps.last(std::min(steps.size(), std::max(kFewestLate, steps.size() / 4)));
}

Estimate mean_energy(Steps steps) {
  const auto count = static_cast<double>(steps.size());
  Estimate found;
  for (const LoggedStep& step : steps) found.mean += step.energy / count;
  double squares = 0;
  for (const LoggedStep& step : steps) squares += std::pow(step.energy - found.mean, 2);
  if (steps.size() > 1) found.error = std::sqrt(squares / (count * (count - 1)));
  return found;
}

std::optional<Estimate> energy_change(Steps steps) {
  constexpr std::size_t kFewest = 16;
  if (steps.size() < kFewest) return std::nullopt;
  const Estimate first = mean_energy(steps.first(steps.size() / 2));
  const Estimate second = mean_energy(steps.last(steps.size() / 2));
  return Estimate{second.mean - first.mean, std::hypot(first.error, second.error)};
}

std::optional<double> energy_scatter(Steps steps) {
  double squares = 0;
  std::size_t pairs = 0;
  for (std::size_t k = 1; k < steps.size(); ++k) {
    const double error =
        std::hypot(steps[k].energy_error.value_or(0), steps[k - 1].energy_error.value_or(0));
    if (error <= 0) continue;
    squares += std::pow((steps[k].energy - steps[k - 1].energy) / error, 2);
    ++pairs;
  }
  if (pairs < kScatterPairs) return std::nullopt;
  return std::sqrt(squares / static_cast<double>(pairs));
}

std::optional<double> median(Steps steps,
                             const std::function<std::optional<double>(const LoggedStep&)>& value) {
  std::vector<double> known;
  for (const LoggedStep& step : steps) {
    if (const std::optional<double> one = value(step)) known.push_back(*one);
  }
  if (known.empty()) return std::nullopt;
  const auto middle = known.begin() + static_cast<std::ptrdiff_t>(known.size() / 2);
  std::ranges::nth_element(known, middle);
  return *middle;
}

std::vector<double> trailing_means(std::span<const double> values, std::size_t window) {
  std::vector<double> means;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const std::size_t width = std::clamp<std::size_t>((k + 1) / 4, 1, window);
    double sum = 0;
    for (double value : values.subspan(k + 1 - width, width)) sum += value;
    means.push_back(sum / static_cast<double>(width));
  }
  return means;
}

std::size_t settled_from(Steps steps) {
  constexpr double kRemaining = 0.05;
  constexpr std::size_t kWindow = 10;
  const std::vector<double> all = energies(steps);
  const std::vector<double> means = trailing_means(all, kWindow);
  const double end = mean_energy(late_part(steps)).mean;
  const double limit = end + kRemaining * (*std::ranges::max_element(all) - end);
  const auto above = [limit](double energy) { return energy > limit; };
  const auto last_above = std::find_if(means.rbegin(), means.rend(), above);
  const auto settled = static_cast<std::size_t>(means.rend() - last_above);
  return std::min(settled, all.size() - std::min(all.size(), kFewestEnlarged));
}

}  // namespace plaquette
