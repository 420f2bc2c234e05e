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
void define_subject_options(Options& options, Subject& subject);
/// To be called after parsing; `found` is the job before that. --chains alone keeps the samples of
/// a chain, --samples alone keeps the chains if they divide them. Throws InputError.
void resolve_subject_options(const Options& options, const Job& found, Subject& subject);

/// The path among `arguments`, for options that are bound to what it holds: they are parsed twice.
/// `define` defines all of them on the Options and the Subject that it is given. Empty if help was
/// asked for. `adjust` changes a subject's defaults before the options are read.
template <class Define, class Adjust>
std::optional<Subject> parse_subject(const Arguments& arguments, const std::string& command,
                                     const std::string& purpose, const Define& define,
                                     const Adjust& adjust) {
  std::string path;
  const auto parse = [&](Subject& subject, const auto& then) {
    Options options(command, purpose);
    options.no_longer_in_files();
    options.positional("PATH", path, "a run directory or a model file");
    define_subject_options(options, subject);
    define(options);
    if (!options.parse(arguments)) return false;
    then(options);
    return true;
  };
  Subject defaults;
  adjust(defaults.options.job);
  if (!parse(defaults, [](const Options&) {})) return std::nullopt;
  Subject subject = find_subject(path);
  adjust(subject.options.job);
  const Job found = subject.options.job;
  (void)parse(subject,
              [&](const Options& given) { resolve_subject_options(given, found, subject); });
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
