#include "plaquette/io/job_identity.hpp"

#include <sstream>

#include "plaquette/io/bonds_file.hpp"
#include "plaquette/io/configuration_options.hpp"

namespace plaquette {
namespace {

constexpr const char* kBonds = "bonds' lines";

std::string bonds_lines(const Configuration& configuration) {
  const std::vector<Bond>& bonds = configuration.job.couplings.bonds;
  return bonds.empty() ? "" : bonds_text(bonds);
}

/// Those of an identity that a fingerprint names; an older program may have named more.
JobIdentity parse_fingerprint(const std::string& text) {
  JobIdentity identity;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find(" = ");
    if (equals == std::string::npos) {
      identity[kBonds] += line + "\n";
      continue;
    }
    const std::string key = line.substr(0, equals);
    const ConfigurationOption* const option = find_configuration_option(key);
    if (option == nullptr || option->role == Role::identity) {
      identity[key] = line.substr(equals + 3);
    }
  }
  return identity;
}

/// "steps, threads, ..."
std::string changeable_options() {
  std::string list;
  for (const ConfigurationOption& option : configuration_options()) {
    if (option.role == Role::how_to_run || option.role == Role::output) {
      list += (list.empty() ? "" : ", ") + option.key;
    }
  }
  return list;
}

/// Throws InputError unless the checkpoint is one of this job, in `directory`.
void require_belongs(const RunDirectory& directory, const Configuration& configuration,
                     const Checkpoint& checkpoint) {
  if (!same_job(configuration, checkpoint.job_fingerprint)) {
    const bool bonds = !configuration.job.couplings.bonds.empty();
    throw InputError(concat(directory.configuration().string(), bonds ? " or bonds.txt" : "",
                            ": has changed since the checkpoint was written; only ",
                            changeable_options(),
                            " may change. With other options, start anew: plaquette run "
                            "--initial-model ",
                            directory.model().string()));
  }
  try {
    require_fits(checkpoint.state, configuration.job);
  } catch (const InputError& error) {
    throw InputError(concat(directory.root.string(), ": the checkpoint ", error.what()));
  }
}

}  // namespace

JobIdentity job_identity(const Configuration& configuration) {
  JobIdentity identity;
  for (const ConfigurationOption& option : configuration_options()) {
    if (option.role == Role::identity) identity[option.key] = option.write(configuration);
  }
  if (const std::string lines = bonds_lines(configuration); !lines.empty()) {
    identity[kBonds] = lines;
  }
  return identity;
}

std::string job_fingerprint(const Configuration& configuration) {
  std::string text;
  for (const ConfigurationOption& option : configuration_options()) {
    if (option.role == Role::identity) {
      text += option.key + " = " + option.write(configuration) + "\n";
    }
  }
  return text + bonds_lines(configuration);
}

bool same_job(const Configuration& configuration, const std::string& fingerprint) {
  JobIdentity found = parse_fingerprint(fingerprint);
  found.merge(job_identity({}));
  return found == job_identity(configuration);
}

Configuration configuration_of_checkpoint(const RunDirectory& directory, const Configuration& last,
                                          const Checkpoint& checkpoint) {
  if (!same_job(last, checkpoint.job_fingerprint)) {
    for (int stage = last.stage - 1; stage >= 1; --stage) {
      const std::filesystem::path path = directory.earlier_configuration(stage);
      if (!std::filesystem::exists(path)) continue;
      Configuration earlier = read_configuration(path);
      if (!same_job(earlier, checkpoint.job_fingerprint)) continue;
      require_belongs(directory, earlier, checkpoint);
      return earlier;
    }
  }
  require_belongs(directory, last, checkpoint);
  return last;
}

}  // namespace plaquette
