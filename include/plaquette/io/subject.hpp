#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plaquette/io/checkpoint.hpp"
#include "plaquette/io/configuration_values.hpp"
#include "plaquette/io/run_directory.hpp"
#include "plaquette/vmc/sample_rounds.hpp"

namespace plaquette {

/// What `measure` and `attention` look at: the wave function of a run or of a model file, and how
/// it is sampled unless something else was asked for.
struct Subject {
  Configuration configuration;
  std::vector<double> parameters;
  std::optional<RunDirectory> directory;
  RunState state;              ///< of a run's checkpoint, else without chains
  std::string couplings_from;  ///< "run", "model file", "defaults" or "command line"

  /// The job's samples, from the run's chains if there are as many as the job wants.
  SamplingPlan sampling() const;
};

/// Reads the run directory or model file. Throws InputError.
Subject find_subject(const std::string& path);

/// What was given, over what was found. `chains` alone keeps the samples of a chain, `samples`
/// alone keeps the chains if they divide them; chains that start anywhere, or from another
/// distribution, walk at least kSweepsFromAfar before the first sample. Throws InputError.
void resolve(const ConfigurationValues& given, Subject& subject);

}  // namespace plaquette
