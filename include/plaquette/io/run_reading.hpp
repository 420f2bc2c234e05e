#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "plaquette/io/configuration.hpp"
#include "plaquette/io/found_values.hpp"
#include "plaquette/io/known_energies.hpp"
#include "plaquette/io/logged_steps.hpp"
#include "plaquette/io/run_directory.hpp"
#include "plaquette/physics/hamiltonian.hpp"

namespace plaquette {

/// All that a run directory says of its run without the network: what a report shows.
struct RunReading {
  std::string name;  ///< what tells it from the others read with it
  RunDirectory directory;
  Configuration configuration;
  std::string configuration_text;
  StepLog log;
  std::optional<FoundSummary> summary;
  std::optional<FoundMeasurement> measurement;
  std::optional<FoundAttention> attention;
  std::optional<KnownEnergy> reference;

  std::uint64_t step() const { return log.steps.back().step; }
  /// Whether the summary is of the last step.
  bool finished() const { return summary && summary->steps == step(); }
  /// The measurement, if it is of the last step.
  const FoundMeasurement* current_measurement() const;
  int sites() const;
};

/// Reads a run that is finished, was stopped or goes on. Throws InputError in one line: no run
/// directory, no step yet, a file that is not what it should be.
RunReading read_run(const std::string& path);

/// Total ground-state energy of a magnet of at most kMaxEnumeratedSites sites.
using ExactEnergy = std::function<double(const Hamiltonian&)>;

/// Reads the runs, names them apart, and gives each what its energy is compared with: `given` if
/// there is one, else by `exact` where the lattice is small enough (once for a magnet), else by
/// published_energy. Throws InputError.
std::vector<RunReading> read_runs(const std::vector<std::string>& paths, const ExactEnergy& exact,
                                  std::optional<double> given = {});

}  // namespace plaquette
