#include "plaquette/io/new_run.hpp"

#include "plaquette/io/atomic_file.hpp"
#include "plaquette/io/bonds_file.hpp"
#include "plaquette/io/job_identity.hpp"
#include "plaquette/io/model_file.hpp"

namespace plaquette {

void require_first_stage(const Configuration& configuration) {
  const int stage = configuration.stage;
  if (stage == 1) return;
  throw InputError(concat(
      "--stage ", stage, ": the configuration is the last of ", stage,
      " stages of a run that was resumed with other options; to repeat that run, give --config "
      "config.stage-1.toml of its directory, then resume with what each next stage's file changes; "
      "to start anew with these options, add --stage 1 --schedule-start 0 --schedule-steps 0"));
}

std::vector<double> starting_parameters(const Configuration& configuration,
                                        const NetworkShape& network) {
  if (configuration.initial_model.empty()) return {};
  Model model;
  try {
    model = read_model(configuration.initial_model);
  } catch (const InputError& error) {
    throw InputError(concat("--initial-model ", error.what()));
  }
  if (!(network_shape_of(model) == network)) {
    throw InputError(concat("--initial-model ", configuration.initial_model,
                            ": its lattice or network is not the one of this job"));
  }
  return std::move(model.parameters);
}

NewRun begin_run(const RunDirectory& directory, const Configuration& configuration,
                 std::vector<double> parameters, Overwrite overwrite) {
  const Job& job = configuration.job;
  RunLock lock = claim(directory, overwrite);
  Configuration resolved = configuration;
  resolved.backend = configuration.chosen_backend();
  if (!job.couplings.bonds.empty()) {
    write_text_atomically(directory.bonds(), bonds_text(job.couplings.bonds));
    resolved.bonds_file = directory.bonds().filename();
  }
  if (!parameters.empty()) {
    write_model(directory.initial_model(), model_of(job, parameters));
    resolved.initial_model = directory.initial_model().filename();
  }
  return {.lock = std::move(lock),
          .start = {.configuration = configuration,
                    .checkpoint = {.state = initial_state(job, std::move(parameters)),
                                   .log_bytes = 0,
                                   .seconds = 0,
                                   .job_fingerprint = job_fingerprint(configuration)},
                    .text = configuration_text(resolved)}};
}

}  // namespace plaquette
