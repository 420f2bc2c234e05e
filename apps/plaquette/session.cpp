#include "session.hpp"

#include "backend_choice.hpp"
#include "fmt/core.h"
#include "messages.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/build_info.hpp"
#include "plaquette/io/atomic_file.hpp"
#include "plaquette/io/run_recorder.hpp"
#include "plaquette/io/run_summary.hpp"
#include "plaquette/io/symmetry_text.hpp"
#include "plaquette/model/system_warnings.hpp"
#include "progress.hpp"

namespace plaquette {

namespace {

void print_and_write(const RunDirectory& directory, const RunSummary& summary, bool json) {
  if (json) {
    fmt::print("{}\n", to_json(summary));
  } else {
    print_summary(summary);
  }
  write_summary(directory, summary);
}

}  // namespace

std::unique_ptr<Backend> make_session_backend(const JobOptions& options,
                                              const SignalWatch& signals) {
  Resources resources = options.resources;
  resources.interruption = signals.interruption();
  return make_backend(options.chosen_backend(), make_problem(options.job), resources);
}

int conduct_session(const RunDirectory& directory, const JobOptions& options, Backend& backend,
                    const SignalWatch& signals, const Checkpoint& start,
                    const std::string& configuration, const SessionOutput& output) {
  const auto steps = static_cast<std::uint64_t>(options.job.steps);
  Progress progress(start.state.step, steps, output.quiet);
  if (!options.backend) progress.message(auto_backend_message());
  for (const std::string& warning : warnings(make_system(options.job))) tell_line("{}", warning);
  Optimisation optimisation(options.job, backend, start.state, signals.interruption());
  RunRecorder recorder(directory, options.job, start,
                       {options.checkpoint_every, options.checkpoint_minutes});
  if (!configuration.empty()) write_text_atomically(directory.configuration(), configuration);
  const auto stopped = [&] {
    progress.message(fmt::format("stopped after step {}; continue with: plaquette resume {}",
                                 optimisation.state().step, directory.root.string()));
    return signals.exit_status();
  };
  SearchSink* const sinks[] = {&recorder, &progress};
  if (search(optimisation, steps, sinks) == SearchEnd::interrupted) return stopped();
  RunSummary summary{.measured = {},
                     .steps = optimisation.state().step,
                     .seconds = recorder.seconds(),
                     .parameters = optimisation.state().parameters.size(),
                     .symmetry = symmetry_text(options.job.symmetry),
                     .backend = backend.description(),
                     .version = fmt::format("{} ({})", kVersion, kGitCommit)};
  try {
    summary.measured = optimisation.evaluate();
  } catch (const Interrupted&) {
    return stopped();
  }
  print_and_write(directory, summary, output.json);
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
