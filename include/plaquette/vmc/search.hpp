#pragma once

#include <cstdint>
#include <span>

#include "plaquette/vmc/optimisation.hpp"

namespace plaquette {

/// What follows a search: a log, a checkpoint, a line of progress. What a sink throws ends the
/// search.
class SearchSink {
 public:
  SearchSink() = default;
  SearchSink(const SearchSink&) = delete;
  SearchSink& operator=(const SearchSink&) = delete;
  virtual ~SearchSink() = default;

  virtual void begin(const RunState& state) { (void)state; }
  /// After a step; `state` is the one that it led to.
  virtual void step(const StepRecord& record, const RunState& state) = 0;
  /// Once at the end of a search that began, whatever ended it.
  virtual void end(const RunState& state) { (void)state; }
};

enum class SearchEnd { finished, interrupted };

/// Steps until `steps` are done in all, or until the optimisation's interruption asks to stop: then
/// the step in hand is undone. What a step throws is passed on after the sinks were told the end.
SearchEnd search(Optimisation& optimisation, std::uint64_t steps,
                 std::span<SearchSink* const> sinks);

}  // namespace plaquette
