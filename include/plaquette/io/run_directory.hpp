#pragma once

#include <filesystem>

#include "plaquette/io/posix_file.hpp"

namespace plaquette {

/// The files of one run. Everything else in the directory belongs to the user and is left alone.
struct RunDirectory {
  std::filesystem::path root;

  std::filesystem::path configuration() const { return root / "config.toml"; }
  std::filesystem::path bonds() const { return root / "bonds.txt"; }
  /// What --initial-model held: the run can be repeated when that file is gone.
  std::filesystem::path initial_model() const { return root / "initial.h5"; }
  std::filesystem::path log() const { return root / "log.jsonl"; }
  std::filesystem::path checkpoint() const { return root / "checkpoint.h5"; }
  std::filesystem::path previous_checkpoint() const { return root / "checkpoint.previous.h5"; }
  std::filesystem::path model() const { return root / "model.h5"; }
  std::filesystem::path summary() const { return root / "summary.json"; }
};

enum class Overwrite { no, yes };

/// Throws InputError if a new run may not go there: the path is a file, or a directory that is not
/// empty and overwriting was not asked for. Changes nothing.
void require_free(const RunDirectory& directory, Overwrite overwrite);

/// Creates the directory if there is none. Throws IoError.
void create(const RunDirectory& directory);

/// Keeps other processes from running there while it lives. Throws InputError if one does.
class RunLock {
 public:
  explicit RunLock(const RunDirectory& directory);

 private:
  PosixFile root_;  // the directory itself: nothing is left behind when a process is killed
};

/// Removes what an earlier run left. Throws IoError.
void clear(const RunDirectory& directory);

/// Throws InputError unless the directory holds a run that can be continued.
void require_run(const RunDirectory& directory);

}  // namespace plaquette
