#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace plaquette {

/// Of at least one value; the mean of the middle two of an even number.
inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// Seconds of one call of `work`, `repeats` times, after one call to warm up. A repeat calls it
/// until kShortestRepeat has passed, so that neither the clock nor a launch weighs; `finish` waits
/// for what the calls have queued.
template <class Work, class Finish>
std::vector<double> time_repeatedly(int repeats, const Work& work, const Finish& finish) {
  using Clock = std::chrono::steady_clock;
  constexpr double kShortestRepeat = 0.02;
  const auto seconds_of = [&](int calls) {
    const auto start = Clock::now();
    for (int call = 0; call < calls; ++call) work();
    finish();
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  seconds_of(1);
  const double once = std::max(seconds_of(1), 1e-7);
  const int calls = std::clamp(static_cast<int>(kShortestRepeat / once), 1, 10000);
  std::vector<double> seconds(static_cast<std::size_t>(repeats));
  for (double& repeat : seconds) repeat = seconds_of(calls) / calls;
  return seconds;
}

}  // namespace plaquette
