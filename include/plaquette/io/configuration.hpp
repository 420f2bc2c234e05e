#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "plaquette/backend/backend.hpp"
#include "plaquette/io/model_file.hpp"
#include "plaquette/vmc/job.hpp"

namespace plaquette {

/// A job as the command line or a configuration file gives it, and how to run it. The options that
/// make it up are listed in configuration_options.hpp.
struct Configuration {
  Job job;
  std::optional<BackendKind> backend;  ///< none: auto
  Resources resources;
  int checkpoint_every = 50;
  double checkpoint_minutes = 10;
  /// Which stage of a run this is: a resumption with other options begins the next.
  int stage = 1;
  std::string initial_model;
  std::string bonds_file;  ///< what job.couplings.bonds is read from

  BackendKind chosen_backend() const;
};

/// Where and with what the configuration says. Throws as the registry's make_backend.
std::unique_ptr<Backend> make_backend(const Configuration& configuration, const Problem& problem);

/// The wave function that a model file holds, with its couplings and projection where it says so.
Configuration configuration_of(const Model& model);

/// Reads a run's config.toml, resolved. Throws InputError that names the file, the line and the
/// key.
Configuration read_configuration(const std::filesystem::path& path);

/// The configuration file that repeats this job.
std::string configuration_text(const Configuration& configuration);

}  // namespace plaquette
