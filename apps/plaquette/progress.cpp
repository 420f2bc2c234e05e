#include "progress.hpp"

#include <unistd.h>

#include <cmath>

#include "fmt/core.h"
#include "messages.hpp"

namespace plaquette {
namespace {

std::string duration(double seconds) {
  const auto total = std::lround(seconds);
  if (total < 3600) return fmt::format("{}:{:02}", total / 60, total % 60);
  return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
}

std::string optional_number(const char* name, const std::optional<double>& value) {
  return value ? fmt::format("  {} {:.3f}", name, *value) : "";
}

}  // namespace

Progress::Progress(std::uint64_t first_step, std::uint64_t steps, bool quiet)
    : first_step_(first_step),
      steps_(steps),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { end_line(); }

void Progress::end_line() {
  if (line_open_) tell("\n");
  line_open_ = false;
}

std::string Progress::line(const StepRecord& record) const {
  const double elapsed = std::chrono::duration<double>(Clock::now() - began_).count();
  const auto done = static_cast<double>(record.step - first_step_);
  const double left = elapsed / done * static_cast<double>(steps_ - record.step);
  std::string text =
      fmt::format("step {}/{}  E {:.6f} ± {:.6f}  var {:.2e}  V-score {:.2e}  acceptance {:.2f}",
                  record.step, steps_, record.energy, record.energy_error, record.variance,
                  record.v_score, record.acceptance);
  text += optional_number("R̂", record.r_hat);
  text += optional_number("τ", record.tau);
  text += "  |";
  constexpr const char* kShort[] = {"sampling", "E_loc", "∂logψ", "Gram", "solve", "update"};
  for (std::size_t phase = 0; phase < kPhaseNames.size(); ++phase) {
    text += fmt::format(" {} {:.2f}", kShort[phase], record.clock.seconds(Phase(phase)));
  }
  return text + fmt::format(" s  | ETA {}", duration(left));
}

void Progress::step(const StepRecord& record, const RunState& /*state*/) {
  if (record.learning_rate == 0 && !standstill_told_) {
    standstill_told_ = true;
    warn(
        fmt::format("step {}: the learning rate is 0, the schedule has ended: the parameters no "
                    "longer change; --schedule-steps makes it longer",
                    record.step));
  }
  if (record.diag_shift_raises > 0) {
    message(
        fmt::format("step {}: the Gram matrix was not positive definite; diagonal shift raised "
                    "{} times, to {:.1e}",
                    record.step, record.diag_shift_raises, record.diag_shift));
  }
  if (quiet_) return;
  const auto now = Clock::now();
  const auto interval = terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(10);
  if (record.step < steps_ && record.step > first_step_ + 1 && now - shown_ < interval) return;
  shown_ = now;
  if (terminal_) {
    // Return, text, erase what a longer line left.
    tell(fmt::format("\r{}\033[K", line(record)));
    line_open_ = true;
  } else {
    tell(line(record) + "\n");
  }
}

void Progress::message(const std::string& text) {
  if (!quiet_) warn(text);
}

void Progress::warn(const std::string& text) {
  end_line();
  tell(text + "\n");
}

void print_summary(const RunSummary& summary) {
  const StepRecord& found = summary.measured;
  fmt::print("energy per site  {:.8f} ± {:.8f}\n", found.energy, found.energy_error);
  fmt::print("variance         {:.3e}\n", found.variance);
  fmt::print("V-score          {:.3e}\n", found.v_score);
  fmt::print("steps            {}\n", summary.steps);
  fmt::print("time             {}\n", duration(summary.seconds));
}

}  // namespace plaquette
