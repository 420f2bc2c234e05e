#include "plaquette/io/configuration.hpp"

#include "plaquette/backend/registry.hpp"
#include "plaquette/io/configuration_values.hpp"

namespace plaquette {

BackendKind Configuration::chosen_backend() const { return backend.value_or(preferred_backend()); }

std::unique_ptr<Backend> make_backend(const Configuration& configuration, const Problem& problem) {
  return make_backend(configuration.chosen_backend(), problem, configuration.resources);
}

Configuration configuration_of(const Model& model) {
  Configuration configuration;
  Job& job = configuration.job;
  job.lattice = model.lattice;
  job.L = model.L;
  job.network = model.network;
  if (model.provenance) {
    job.couplings = model.provenance->couplings;
    job.symmetry = model.provenance->symmetry;
  }
  return configuration;
}

Configuration read_configuration(const std::filesystem::path& path) {
  const ConfigurationValues given = read_configuration_values(path);
  Configuration configuration;
  given.apply(configuration);
  try {
    resolve(given, configuration);
  } catch (const InputError& error) {
    throw InputError(concat(path.string(), ": ", error.what()));
  }
  return configuration;
}

std::string configuration_text(const Configuration& configuration) {
  std::string text;
  for (const ConfigurationOption& option : configuration_options()) {
    text += option.key + " = " + option.write(configuration) + "\n";
  }
  return text;
}

}  // namespace plaquette
