#include "plaquette/vmc/search.hpp"

namespace plaquette {
namespace {

/// What failed first is what the user must read.
void end_after_failure(const RunState& state, std::span<SearchSink* const> sinks) {
  for (SearchSink* sink : sinks) {
    try {
      sink->end(state);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    }
  }
}

}  // namespace

SearchEnd search(Optimisation& optimisation, std::uint64_t steps,
                 std::span<SearchSink* const> sinks) {
  SearchEnd end = SearchEnd::finished;
  for (SearchSink* sink : sinks) sink->begin(optimisation.state());
  try {
    while (optimisation.state().step < steps) {
      const StepRecord record = optimisation.step();
      for (SearchSink* sink : sinks) sink->step(record, optimisation.state());
    }
  } catch (const Interrupted&) {
    end = SearchEnd::interrupted;
  } catch (const std::exception&) {
    end_after_failure(optimisation.state(), sinks);
    throw;
  }
  for (SearchSink* sink : sinks) sink->end(optimisation.state());
  return end;
}

}  // namespace plaquette
