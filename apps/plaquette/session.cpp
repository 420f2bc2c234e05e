#include "session.hpp"

#include "backend_choice.hpp"
#include "fmt/core.h"
#include "messages.hpp"
#include "plaquette/build_info.hpp"
#include "plaquette/io/symmetry_text.hpp"
#include "plaquette/model/system_warnings.hpp"
#include "progress.hpp"
#include "signals.hpp"

namespace plaquette {

int conduct_session(const RunDirectory& directory, const JobOptions& options, Backend& backend,
                    const Checkpoint& start, const SessionOutput& output) {
  const SignalWatch signals;
  const auto steps = static_cast<std::uint64_t>(options.job.steps);
  Progress progress(start.state.step, steps, output.quiet);
  if (!options.backend) progress.message(auto_backend_message());
  for (const std::string& warning : warnings(make_system(options.job))) tell_line("{}", warning);
  Optimisation optimisation(options.job, backend, start.state);
  const SessionEnd end =
      run_session(directory, options.job, optimisation, start,
                  {.steps = steps,
                   .checkpoint_every = options.checkpoint_every,
                   .checkpoint_minutes = options.checkpoint_minutes,
                   .stop = signals.received(),
                   .on_step = [&](const StepRecord& record) { progress.step(record); }});
  if (end.interrupted) {
    progress.message(fmt::format("stopped after step {}; continue with: plaquette resume {}",
                                 end.steps, directory.root.string()));
    return signals.exit_status();
  }
  const RunSummary summary{.measured = optimisation.evaluate(),
                           .steps = end.steps,
                           .seconds = end.seconds,
                           .parameters = optimisation.state().parameters.size(),
                           .symmetry = symmetry_text(options.job.symmetry),
                           .backend = backend.description(),
                           .version = fmt::format("{} ({})", kVersion, kGitCommit)};
  write_summary(directory, summary);
  if (output.json) {
    fmt::print("{}\n", to_json(summary));
  } else {
    print_summary(summary);
  }
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
