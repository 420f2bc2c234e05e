#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "plaquette/vmc/optimisation.hpp"

namespace plaquette {

/// What a run needs to go on as if it had never stopped.
struct Checkpoint {
  RunState state;
  std::uint64_t log_bytes = 0;  ///< length of log.jsonl when this was written
  double seconds = 0;           ///< wall clock of the run so far
  std::string job_fingerprint;  ///< the options that decide the numbers
};

/// Replaces the file atomically; the one before is kept as checkpoint.previous.h5 beside it.
/// Throws IoError.
void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// Throws InputError that names the file and what is wrong with it.
Checkpoint read_checkpoint(const std::filesystem::path& path);

}  // namespace plaquette
