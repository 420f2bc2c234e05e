#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "plaquette/io/run_summary.hpp"
#include "plaquette/vmc/search.hpp"

namespace plaquette {

/// Tells on stderr how a run goes: one line that rewrites itself on a terminal, a plain line every
/// few seconds elsewhere, nothing when quiet.
class Progress : public SearchSink {
 public:
  Progress(std::uint64_t first_step, std::uint64_t steps, bool quiet);
  ~Progress() override;

  void step(const StepRecord& record, const RunState& state) override;
  /// A line that stays.
  void message(const std::string& text);
  /// The same, also when quiet: the run is not what its user may think.
  void warn(const std::string& text);

 private:
  using Clock = std::chrono::steady_clock;

  std::string line(const StepRecord& record) const;
  void end_line();

  std::uint64_t first_step_;
  std::uint64_t steps_;
  bool quiet_;
  bool terminal_;
  bool line_open_ = false;
  bool standstill_told_ = false;
  Clock::time_point began_ = Clock::now();
  Clock::time_point shown_{};
};

/// The end of a run, for people, on stdout.
void print_summary(const RunSummary& summary);

}  // namespace plaquette
