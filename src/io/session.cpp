#include "plaquette/io/session.hpp"

#include "plaquette/io/atomic_file.hpp"
#include "plaquette/io/run_recorder.hpp"
#include "plaquette/io/symmetry_text.hpp"

namespace plaquette {
namespace {

void write_configuration(const RunDirectory& directory, const SessionStart& start) {
  if (start.earlier_stage > 0) {
    write_text_atomically(directory.earlier_configuration(start.earlier_stage),
                          read_text(directory.configuration()));
  }
  if (!start.text.empty()) write_text_atomically(directory.configuration(), start.text);
}

}  // namespace

std::unique_ptr<Backend> make_session_backend(const Configuration& configuration,
                                              const Interruption& interruption) {
  Configuration stoppable = configuration;
  stoppable.resources.interruption = interruption;
  return make_backend(stoppable, make_problem(configuration.job));
}

SessionEnd conduct_session(const RunDirectory& directory, const SessionStart& start,
                           Backend& backend, const Interruption& interruption,
                           SearchSink& follower) {
  const Configuration& configuration = start.configuration;
  Optimisation optimisation(configuration.job, backend, start.checkpoint.state, interruption);
  RunRecorder recorder(directory, configuration.job, start.checkpoint,
                       {configuration.checkpoint_every, configuration.checkpoint_minutes});
  write_configuration(directory, start);
  SearchSink* const sinks[] = {&recorder, &follower};
  const auto steps = static_cast<std::uint64_t>(configuration.job.steps);
  const SearchEnd end = search(optimisation, steps, sinks);
  const RunState& state = optimisation.state();
  if (end == SearchEnd::interrupted) return {.step = state.step, .summary = {}};
  RunSummary summary{.measured = {},
                     .steps = state.step,
                     .seconds = recorder.seconds(),
                     .parameters = state.parameters.size(),
                     .symmetry = symmetry_text(configuration.job.symmetry),
                     .backend = backend.description(),
                     .version = {}};
  try {
    summary.measured = optimisation.evaluate();
  } catch (const Interrupted&) {
    return {.step = state.step, .summary = {}};
  }
  return {.step = state.step, .summary = std::move(summary)};
}

}  // namespace plaquette
