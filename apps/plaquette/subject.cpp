#include "subject.hpp"

#include <unistd.h>

#include "fmt/core.h"
#include "messages.hpp"
#include "plaquette/io/provenance.hpp"
#include "plaquette/io/symmetry_text.hpp"
#include "plaquette/model/system_warnings.hpp"

namespace plaquette {
namespace {

constexpr const char* kCouplings[] = {"J1", "J2", "marshall", "bonds"};

}  // namespace

SamplingPlan Subject::sampling(bool quiet) const {
  const Job& job = options.job;
  SamplingPlan plan{.samples = job.samples,
                    .thermalisation = job.thermalisation,
                    .chains = {},
                    .first_sweep = state.sweeps,
                    .on_round = {}};
  if (state.chains.count() == job.chains) plan.chains = state.chains;
  if (!quiet && isatty(STDERR_FILENO) == 1) {
    plan.on_round = [samples = job.samples](std::size_t done) {
      tell(fmt::format("\r{} of {} samples{}", done, samples, done == samples ? "\n" : ""));
    };
  }
  return plan;
}

Subject find_subject(const std::string& path) {
  Subject subject;
  if (std::filesystem::is_directory(path)) {
    subject.directory = RunDirectory{path};
    require_run(*subject.directory);
    subject.options = read_configuration(subject.directory->configuration());
    Checkpoint checkpoint = read_checkpoint(subject.directory->checkpoint());
    require_belongs(*subject.directory, subject.options, checkpoint);
    subject.state = std::move(checkpoint.state);
    subject.parameters = subject.state.parameters;
    subject.couplings_from = "run";
    return subject;
  }
  Model model = read_model(path);
  subject.options = configuration_of(model);
  subject.couplings_from = model.provenance ? "model file" : "defaults";
  subject.parameters = std::move(model.parameters);
  return subject;
}

void tell_magnet(const Subject& subject, bool json) {
  const Job& job = subject.options.job;
  const std::string couplings = couplings_text(job.couplings);
  for (const std::string& warning : warnings(make_system(job))) tell_line("{}", warning);
  if (subject.couplings_from == "defaults") {
    tell_line(
        "the model file does not say whose ground state it is; taken are the defaults {}; "
        "give --J1, --J2, --marshall or --bonds for others",
        couplings);
  }
  if (json) return;
  fmt::print("{:<22} {} (of the {})\n", "couplings", couplings, subject.couplings_from);
  if (!job.symmetry.none()) fmt::print("{:<22} {}\n", "symmetry", symmetry_text(job.symmetry));
  if (observables_frame(job) != "physical") {
    fmt::print(
        "{:<22} of the frame of the bonds: Jxy < 0 where Jz > 0; if these are Marshall signs, "
        "give the bonds without them and --marshall\n",
        "spin correlations");
  }
}

void record_magnet(Results& results, const Subject& subject) {
  record_magnet(results, subject.options.job);
  results.text("couplings_from", subject.couplings_from);
}

void define_subject_options(Options& options, const Configuration& defaults) {
  for (const char* key : kCouplings) options.configuration(key, defaults);
  for (const OptionGroup group :
       {OptionGroup::symmetry, OptionGroup::sampling, OptionGroup::resources}) {
    options.configuration(group, defaults);
  }
}

namespace {

void resolve_samples(const Options& options, const Job& found, Job& job) {
  const bool chains = options.given("--chains");
  const bool samples = options.given("--samples");
  if (chains && !samples) job.samples = job.chains * (found.samples / found.chains);
  if (samples && !chains && job.samples % job.chains != 0) job.chains = job.samples;
}

}  // namespace

void resolve_subject_options(const Options& options, Subject& subject) {
  Job& job = subject.options.job;
  const Job found = job;
  options.values().apply(subject.options);
  resolve_couplings(options.values(), subject.options);
  for (const char* key : kCouplings) {
    if (options.values().has(key)) subject.couplings_from = "command line";
  }
  resolve_samples(options, found, job);
  // Chains that start anywhere, or from another distribution, have a way to go.
  const bool at_home = subject.state.chains.count() == job.chains && !options.given("--symmetry") &&
                       !options.given("--sampling-power");
  if (!at_home && !options.given("--thermalisation")) {
    job.thermalisation = std::max(job.thermalisation, kSweepsFromAfar);
  }
}

ResultFiles::ResultFiles(const Subject& subject, const std::string& out, const std::string& stem,
                         Overwrite overwrite) {
  if (out.empty() && !subject.directory) return;
  const std::filesystem::path root =
      out.empty() ? subject.directory->root : std::filesystem::path(out);
  if (std::filesystem::exists(root) && !std::filesystem::is_directory(root)) {
    throw InputError(concat("--out ", root.string(), ": is not a directory"));
  }
  json_ = root / (stem + ".json");
  hdf5_ = root / (stem + ".h5");
  for (const std::filesystem::path& file : {*json_, hdf5_}) {
    if (overwrite == Overwrite::no && std::filesystem::exists(file)) {
      throw InputError(concat(file.string(),
                              ": exists; give another --out, or --force to replace "
                              "it"));
    }
  }
}

void ResultFiles::write(const Results& results) const {
  if (!json_) return;
  std::error_code error;
  std::filesystem::create_directories(json_->parent_path(), error);
  if (error) throw IoError(concat("--out ", json_->parent_path().string(), ": ", error.message()));
  results.write(*json_, hdf5_);
}

std::string ResultFiles::message() const {
  return json_ ? concat("written to ", json_->string(), " and ", hdf5_.string()) : "";
}

}  // namespace plaquette
