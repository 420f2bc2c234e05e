#pragma once

#include <array>
#include <chrono>
#include <cstddef>

namespace plaquette {

/// The phases of one VMC step, in the order in which they run.
enum class Phase { sampling, local_energy, log_derivatives, gram, solve, update };
inline constexpr std::array<const char*, 6> kPhaseNames = {
    "sampling", "local_energy", "log_derivatives", "gram", "solve", "update"};

/// Wall-clock seconds per phase. Scopes nest: an inner scope's time is not charged to the outer.
class PhaseClock {
 public:
  class Scope {
   public:
    Scope(PhaseClock& clock, Phase phase) : clock_(clock), outer_(clock.switch_to(phase)) {}
    ~Scope() { clock_.switch_to(outer_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    PhaseClock& clock_;
    Phase outer_;
  };

  [[nodiscard]] Scope measure(Phase phase) { return Scope(*this, phase); }
  double seconds(Phase phase) const { return seconds_[static_cast<std::size_t>(phase)]; }
  double total() const {
    double sum = 0;
    for (double s : seconds_) sum += s;
    return sum;
  }
  void reset() {
    seconds_.fill(0);
    since_ = Clock::now();
  }

 private:
  using Clock = std::chrono::steady_clock;

  Phase switch_to(Phase phase) {
    const auto now = Clock::now();
    seconds_[static_cast<std::size_t>(current_)] +=
        std::chrono::duration<double>(now - since_).count();
    since_ = now;
    const Phase outer = current_;
    current_ = phase;
    return outer;
  }

  // Whatever no scope claims is the driver's own work: the update of parameters and statistics.
  std::array<double, kPhaseNames.size()> seconds_{};
  Clock::time_point since_ = Clock::now();
  Phase current_ = Phase::update;
};

}  // namespace plaquette
