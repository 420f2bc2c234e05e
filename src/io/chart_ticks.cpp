#include <algorithm>
#include <cmath>

#include "fmt/format.h"
#include "plaquette/io/chart.hpp"

namespace plaquette {
namespace {

/// 1, 2 or 5 times a power of ten, at least `least`.
double round_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

bool plain(double largest) { return largest == 0 || (largest < 1e6 && largest >= 1e-3); }

}  // namespace

std::vector<Tick> linear_ticks(double low, double high, int count) {
  const double step = round_step((high - low) / count);
  const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  const double largest = std::max(std::abs(low), std::abs(high));
  std::vector<Tick> ticks;
  for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; ++k) {
    const double value = k == 0 ? 0 : k * step;
    ticks.push_back({value, plain(largest) ? fmt::format("{:.{}f}", value, decimals)
                                           : fmt::format("{:g}", value)});
  }
  return ticks;
}

std::vector<Tick> logarithmic_ticks(double low, double high) {
  std::vector<Tick> ticks;
  const auto decades = [&](std::initializer_list<double> factors, int stride) {
    ticks.clear();
    const int first = static_cast<int>(std::floor(std::log10(low)));
    for (int k = first; std::pow(10.0, k) <= high; ++k) {
      if (k % stride != 0) continue;
      for (const double factor : factors) {
        const double value = factor * std::pow(10.0, k);
        if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9)) continue;
        ticks.push_back({value, fmt::format("{:.0f}e{}", factor, k)});
      }
    }
  };
  const double span = std::log10(high / low);
  constexpr int kMostTicks = 7;
  decades({1}, std::max(1, static_cast<int>(std::ceil(span / kMostTicks))));
  if (ticks.size() < 3) decades({1, 2, 5}, 1);
  if (ticks.size() < 2) ticks = linear_ticks(low, high, 4);
  return ticks;
}

}  // namespace plaquette
