#pragma once

#include <optional>
#include <string>

#include "job_options.hpp"
#include "plaquette/io/checkpoint.hpp"
#include "plaquette/io/results.hpp"
#include "plaquette/io/run_directory.hpp"
#include "plaquette/vmc/sample_rounds.hpp"

namespace plaquette {

/// What `measure` and `attention` look at: the wave function of a run or of a model file, and how
/// it is sampled unless the command line says otherwise.
struct Subject {
  JobOptions options;
  std::vector<double> parameters;
  std::optional<RunDirectory> directory;
  RunState state;              ///< of a run's checkpoint, else without chains
  std::string couplings_from;  ///< "run", "model file", "defaults" or "command line"

  /// The job's samples, from the run's chains if there are as many as the job wants. Counts them on
  /// stderr where somebody watches, unless quiet.
  SamplingPlan sampling(bool quiet) const;
};

/// Sweeps before the first sample where the chains are not those of the wave function.
inline constexpr int kSweepsFromAfar = 100;

/// Reads the run directory or model file. Throws InputError.
Subject find_subject(const std::string& path);

/// Says on stderr what a person should know of it, and on stdout which magnet it is; the latter
/// unless `json`.
void tell_magnet(const Subject& subject, bool json);
/// The same for a file.
void record_magnet(Results& results, const Subject& subject);

/// Options that say how a subject is sampled and computed.
void define_subject_options(Options& options, const Configuration& defaults);
/// What was given, over what was found. --chains alone keeps the samples of a chain, --samples
/// alone keeps the chains if they divide them. Throws InputError.
void resolve_subject_options(const Options& options, Subject& subject);

/// The path among `arguments`, and what it holds with the options given over it. `define` defines
/// the command's own options. Empty if help was asked for. `adjust` changes a subject's defaults
/// before the options are read.
template <class Define, class Adjust>
std::optional<Subject> parse_subject(const Arguments& arguments, const std::string& command,
                                     const std::string& purpose, const Define& define,
                                     const Adjust& adjust) {
  std::string path;
  Configuration defaults;
  adjust(defaults.job);
  Options options(command, purpose);
  options.positional("PATH", path, "a run directory or a model file");
  define_subject_options(options, defaults);
  define(options);
  if (!options.parse(arguments)) return std::nullopt;
  Subject subject = find_subject(path);
  adjust(subject.options.job);
  resolve_subject_options(options, subject);
  return subject;
}

/// Where results go: `out` if given, the run's own directory, or nowhere.
class ResultFiles {
 public:
  /// `stem` names the files. Throws InputError if one is there already and may not be replaced.
  ResultFiles(const Subject& subject, const std::string& out, const std::string& stem,
              Overwrite overwrite);

  void write(const Results& results) const;
  std::string message() const;

 private:
  std::optional<std::filesystem::path> json_;
  std::filesystem::path hdf5_;
};

}  // namespace plaquette
