#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "plaquette/vmc/choices.hpp"

namespace plaquette {

/// A value that moves from `start` (step `first_step` and before) to `end` (`duration` steps later,
/// and after).
struct Schedule {
  ScheduleKind kind = ScheduleKind::constant;
  double start = 0;
  double end = 0;
  std::uint64_t duration = 1;  ///< steps; at least 1
  std::uint64_t first_step = 0;

  double operator()(std::uint64_t step) const {
    if (kind == ScheduleKind::constant) return start;
    if (step <= first_step) return start;
    if (step - first_step >= duration) return end;
    const double elapsed = static_cast<double>(step - first_step) / static_cast<double>(duration);
    const double left = kind == ScheduleKind::linear
                            ? 1.0 - elapsed
                            : 0.5 * (1.0 + std::cos(std::numbers::pi * elapsed));
    return end + (start - end) * left;
  }
};

}  // namespace plaquette
