#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "plaquette/io/run_directory.hpp"
#include "plaquette/vmc/optimisation.hpp"

namespace plaquette {

/// What a finished run found: the energy of its final parameters on fresh samples.
struct RunSummary {
  StepRecord measured;
  std::uint64_t steps = 0;
  double seconds = 0;
  std::size_t parameters = 0;
  std::string symmetry;  ///< that model.h5 does not know of
  std::string backend;
  std::string version;
};

/// The summary as a JSON document, indented.
std::string to_json(const RunSummary& summary);
void write_summary(const RunDirectory& directory, const RunSummary& summary);

}  // namespace plaquette
