#include "session.hpp"

#include "backend_choice.hpp"
#include "fmt/core.h"
#include "messages.hpp"
#include "plaquette/build_info.hpp"
#include "plaquette/model/system_warnings.hpp"
#include "progress.hpp"

namespace plaquette {

int show_session(const RunDirectory& directory, const SessionStart& start, Backend& backend,
                 const SignalWatch& signals, const SessionOutput& output) {
  const Configuration& configuration = start.configuration;
  Progress progress(start.checkpoint.state.step,
                    static_cast<std::uint64_t>(configuration.job.steps), output.quiet);
  if (!configuration.backend) progress.message(auto_backend_message());
  for (const std::string& warning : warnings(make_system(configuration.job))) {
    tell_line("{}", warning);
  }
  SessionEnd end = conduct_session(directory, start, backend, signals.interruption(), progress);
  if (!end.summary) {
    progress.message(fmt::format("stopped after step {}; continue with: plaquette resume {}",
                                 end.step, directory.root.string()));
    return signals.exit_status();
  }
  end.summary->version = fmt::format("{} ({})", kVersion, kGitCommit);
  // Printed first: it may turn out that it cannot be written.
  if (output.json) {
    fmt::print("{}\n", to_json(*end.summary));
  } else {
    print_summary(*end.summary);
  }
  write_summary(directory, *end.summary);
  return 0;
}

void print_memory_plan(const MemoryPlan& plan) {
  constexpr double kMebibyte = 1 << 20;
  for (const MemoryPlan::Item& item : plan.items) {
    fmt::print("{:<24} {:>12.1f} MiB\n", item.name, static_cast<double>(item.bytes) / kMebibyte);
  }
  fmt::print("{:<24} {:>12.1f} MiB of {:.1f} MiB\n", "total",
             static_cast<double>(plan.total()) / kMebibyte,
             static_cast<double>(plan.limit) / kMebibyte);
  if (plan.parameters_per_block > 0) {
    fmt::print("{:<24} {:>12} columns at once\n", "log-derivatives", plan.parameters_per_block);
  }
}

}  // namespace plaquette
