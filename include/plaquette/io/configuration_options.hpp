#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "plaquette/io/configuration.hpp"
#include "plaquette/io/value_form.hpp"

namespace plaquette {

/// What an option is to a run that has begun.
enum class Role {
  identity,    ///< decides the numbers: a checkpoint belongs to jobs that have the same
  how_to_run,  ///< may change on resume
  output,      ///< what is written, and when; may change on resume
  origin       ///< says where a run came from; what was read from there counts instead
};

/// Which options a command takes together.
enum class OptionGroup { magnet, network, symmetry, sampling, optimisation, resources, output };

/// One option of a configuration: a flag `--key`, a key of a file, a line of a written config.toml.
struct ConfigurationOption {
  std::string key;
  std::string help;
  OptionGroup group;
  Role role;
  Notation notation;
  std::string allowed;   ///< "one of square, chain"
  std::string negation;  ///< the flag that says false, if there is one
  /// Throws InputError that says what is allowed, without the option and the value.
  std::function<void(Configuration&, const std::string&)> read;
  std::function<std::string(const Configuration&)> write;  ///< in TOML
};

/// All of them, in the order in which they are written.
const std::vector<ConfigurationOption>& configuration_options();

/// The option of that name; null, or std::logic_error, if there is none.
const ConfigurationOption* find_configuration_option(std::string_view key);
const ConfigurationOption& configuration_option(std::string_view key);

}  // namespace plaquette
