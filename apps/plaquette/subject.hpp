#pragma once

#include <functional>
#include <optional>
#include <string>

#include "options.hpp"
#include "plaquette/io/subject.hpp"
#include "plaquette/io/subject_results.hpp"

namespace plaquette {

/// What `measure` and `attention` do with what they found.
struct SubjectOutput {
  std::string stem;  ///< of the files
  std::string out = {};
  bool force = false;
  bool quiet = false;
  bool json = false;
};

/// --out, --force, which `forced` explains, --quiet and --json.
void define_subject_output(Options& options, SubjectOutput& output, const std::string& forced);

/// Throws as ResultFiles do.
ResultFiles result_files(const Subject& subject, const SubjectOutput& output);

/// Writes the results, and prints them as JSON or as `print` does.
void conclude(const Results& results, const ResultFiles& files, const SubjectOutput& output,
              const std::function<void()>& print);

/// The subject's sampling, which counts the samples on stderr where somebody watches, unless quiet.
SamplingPlan told_sampling(const Subject& subject, bool quiet);

/// Says on stderr what a person should know of it, and on stdout which magnet it is; the latter
/// unless `json`.
void tell_magnet(const Subject& subject, bool json);

/// Options that say how a subject is sampled and computed.
void define_subject_options(Options& options, const Configuration& defaults);

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
  adjust(subject.configuration.job);
  resolve(options.values(), subject);
  return subject;
}

}  // namespace plaquette
