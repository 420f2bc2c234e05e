#include "plaquette/io/subject.hpp"

#include <algorithm>

#include "plaquette/io/job_identity.hpp"
#include "plaquette/io/model_file.hpp"

namespace plaquette {
namespace {

Subject subject_of(const RunDirectory& directory) {
  require_run(directory);
  Subject subject;
  Checkpoint checkpoint = read_checkpoint(directory.checkpoint());
  subject.configuration = configuration_of_checkpoint(
      directory, read_configuration(directory.configuration()), checkpoint);
  subject.directory = directory;
  subject.state = std::move(checkpoint.state);
  subject.parameters = subject.state.parameters;
  subject.couplings_from = "run";
  return subject;
}

Subject subject_of(Model model) {
  Subject subject;
  subject.configuration = configuration_of(model);
  subject.couplings_from = model.provenance ? "model file" : "defaults";
  subject.parameters = std::move(model.parameters);
  return subject;
}

void resolve_samples(const ConfigurationValues& given, const Job& found, Job& job) {
  const bool chains = given.has("chains");
  const bool samples = given.has("samples");
  if (chains && !samples) job.samples = job.chains * (found.samples / found.chains);
  if (samples && !chains && job.samples % job.chains != 0) job.chains = job.samples;
}

}  // namespace

SamplingPlan Subject::sampling() const {
  const Job& job = configuration.job;
  SamplingPlan plan{.samples = job.samples,
                    .thermalisation = job.thermalisation,
                    .chains = {},
                    .first_sweep = state.sweeps,
                    .on_round = {}};
  if (state.chains.count() == job.chains) plan.chains = state.chains;
  return plan;
}

Subject find_subject(const std::string& path) {
  return std::filesystem::is_directory(path) ? subject_of(RunDirectory{path})
                                             : subject_of(read_model(path));
}

void resolve(const ConfigurationValues& given, Subject& subject) {
  Job& job = subject.configuration.job;
  const Job found = job;
  given.apply(subject.configuration);
  resolve_couplings(given, subject.configuration);
  for (const char* key : kCouplingsKeys) {
    if (given.has(key)) subject.couplings_from = "command line";
  }
  resolve_samples(given, found, job);
  const bool at_home = subject.state.chains.count() == job.chains && !given.has("symmetry") &&
                       !given.has("sampling-power");
  if (!at_home && !given.has("thermalisation")) {
    job.thermalisation = std::max(job.thermalisation, kSweepsFromAfar);
  }
}

}  // namespace plaquette
