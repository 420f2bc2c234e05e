#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plaquette/io/configuration_options.hpp"

namespace plaquette {

/// What was given of a configuration, before it is known what it is given over: the defaults, a
/// run's configuration, a model file's.
class ConfigurationValues {
 public:
  /// `origin` says in a message where the value stands: "--L abc", "job.toml, line 3: L = abc".
  void add(const ConfigurationOption& option, std::string text, std::string origin);
  void add(ConfigurationValues later);

  bool has(std::string_view key) const;
  /// In the order of add: the last one of a key counts. Throws InputError that names the origin.
  void apply(Configuration& target) const;

 private:
  struct Value {
    const ConfigurationOption* option;
    std::string text;
    std::string origin;
  };
  std::vector<Value> values_;
};

/// Reads a TOML file; relative paths in it are relative to its directory. Throws InputError that
/// names the file, the line and the key: no TOML, an unknown key, one of `flags_only` (which
/// belong on the command line), a value of another type.
ConfigurationValues read_configuration_values(const std::filesystem::path& path,
                                              std::span<const std::string> flags_only = {});

/// The options that say what the couplings are.
inline constexpr const char* kCouplingsKeys[] = {"J1", "J2", "marshall", "bonds"};

/// The bonds' file is read if one is given; J1 or J2 alone take the place of bonds. Throws
/// InputError.
void resolve_couplings(const ConfigurationValues& given, Configuration& target);

/// What follows from options that were left out. Throws InputError.
void resolve(const ConfigurationValues& given, Configuration& target);

/// What a search begins with: default_job() and how to run it.
Configuration default_configuration();

/// resolve() for a search that begins: what was not given is chosen by the magnet, as
/// vmc/default_job.hpp says. The flags that say the same, such as "--marshall --patch 1"; empty if
/// all was given. Throws InputError.
std::string resolve_search(const ConfigurationValues& given, Configuration& target);

}  // namespace plaquette
