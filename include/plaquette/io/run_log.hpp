#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "plaquette/io/posix_file.hpp"
#include "plaquette/vmc/optimisation.hpp"

namespace plaquette {

/// log.jsonl: one JSON object a step. Energies per site; keys are the members of StepRecord, with
/// null for what is not known yet and `seconds` an object by phase. `energy` stands there a second
/// time as `energy_per_site`, the name that summary.json and exact have for it: old logs have
/// `energy` alone. `attention_spread` (layers, heads) stands in the steps that look at it.
class RunLog {
 public:
  /// Opens or creates the file and cuts off what stands behind `bytes`: after a kill the log may be
  /// ahead of the checkpoint. Throws IoError; InputError if the file is shorter than that.
  RunLog(const std::filesystem::path& path, std::uint64_t bytes);

  void append(const StepRecord& record);
  void sync() { file_.sync(); }
  std::uint64_t bytes() const { return bytes_; }

 private:
  PosixFile file_;
  std::uint64_t bytes_;
};

/// One line of the log, without its end.
std::string to_json_line(const StepRecord& record);

}  // namespace plaquette
