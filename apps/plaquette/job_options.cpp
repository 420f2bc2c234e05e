#include "job_options.hpp"

namespace plaquette {

void define_job_options(Options& options, const Configuration& defaults) {
  for (const ConfigurationOption& option : configuration_options()) {
    options.configuration(option.key, defaults);
  }
}

void resolve_job_options(const Options& options, Configuration& target) {
  options.values().apply(target);
  resolve(options.values(), target);
}

}  // namespace plaquette
