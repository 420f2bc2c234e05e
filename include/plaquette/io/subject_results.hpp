#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "plaquette/io/results.hpp"
#include "plaquette/io/subject.hpp"
#include "plaquette/vmc/attention_study.hpp"
#include "plaquette/vmc/measurement.hpp"

namespace plaquette {

/// What was measured of a subject, with the names that docs/guide.md lists; `step` if it is a run.
Results results_of(const Measurement& found, const Subject& subject);
Results results_of(const AttentionStudy& found, const Subject& subject);

/// Where results go: `out` if given, the run's own directory, or nowhere.
class ResultFiles {
 public:
  /// `stem` names the files. Throws InputError if one is there already and may not be replaced.
  ResultFiles(const Subject& subject, const std::string& out, const std::string& stem,
              Overwrite overwrite);

  void write(const Results& results) const;
  /// Where they went; empty if nowhere.
  std::string message() const;

 private:
  std::optional<std::filesystem::path> json_;
  std::filesystem::path hdf5_;
};

}  // namespace plaquette
