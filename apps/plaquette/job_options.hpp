#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "options.hpp"
#include "plaquette/backend/backend.hpp"
#include "plaquette/io/checkpoint.hpp"
#include "plaquette/io/model_file.hpp"
#include "plaquette/io/run_directory.hpp"
#include "plaquette/vmc/job.hpp"

namespace plaquette {

/// A job as the command line or a configuration file gives it, and how to run it.
struct JobOptions {
  Job job;
  std::optional<BackendKind> backend;  ///< none: auto
  Resources resources;
  int checkpoint_every = 50;
  double checkpoint_minutes = 10;
  /// Which stage of a run this is: a resumption with other options begins the next.
  int stage = 1;
  std::string initial_model;
  std::string bonds_file;

  BackendKind chosen_backend() const;
};

/// Defines every option of a job on `options`; `target` must outlive it.
void define_job_options(Options& options, JobOptions& target);
/// What follows from options that were left out; to be called after parsing. Throws InputError.
void resolve_job_options(const Options& options, JobOptions& target);
/// Reads a run's config.toml. Throws InputError.
JobOptions read_configuration(const std::filesystem::path& path);
/// The configuration file that repeats this job.
std::string configuration_text(const JobOptions& target);
/// The lines of it that decide the numbers.
std::string job_fingerprint(const JobOptions& target);
/// Throws InputError unless the checkpoint is one of this job, in `directory`.
void require_belongs(const RunDirectory& directory, const JobOptions& options,
                     const Checkpoint& checkpoint);
/// Whether two fingerprints mean the same numbers. One of an older program lacks the options that
/// came later; they then had their defaults.
bool same_job(const std::string& a, const std::string& b);

/// Groups of options that more than one subcommand takes: --J1, --J2, --marshall, --bonds;
/// --precision, --backend, --threads, --memory-limit.
void define_couplings(Options& options, Couplings& couplings, std::string& bonds_file);
void define_symmetry(Options& options, SymmetryChoice& symmetry);
/// Reads the bonds' file, if one is given; to be called after parsing. Throws InputError.
void resolve_couplings(const Options& options, const Lattice& lattice,
                       const std::string& bonds_file, Couplings& couplings);
void define_resources(Options& options, JobOptions& target);
/// --sampler to --sampling-power, and --seed.
void define_sampling(Options& options, Job& job);
/// Of --chains and --samples, one that was not given follows the other. To be called after parsing.
void resolve_chains(const Options& options, Job& job);

}  // namespace plaquette
