#pragma once

#include <filesystem>
#include <memory>

#include "plaquette/io/posix_file.hpp"

namespace plaquette {

/// The files of one run. Everything else in the directory belongs to the user and is left alone.
struct RunDirectory {
  std::filesystem::path root;

  std::filesystem::path configuration() const { return root / "config.toml"; }
  /// The configuration of stage `number`, 1 for the first, once a later stage has taken its place.
  std::filesystem::path earlier_configuration(int number) const;
  std::filesystem::path bonds() const { return root / "bonds.txt"; }
  /// What --initial-model held: the run can be repeated when that file is gone.
  std::filesystem::path initial_model() const { return root / "initial.h5"; }
  std::filesystem::path log() const { return root / "log.jsonl"; }
  std::filesystem::path checkpoint() const { return root / "checkpoint.h5"; }
  std::filesystem::path previous_checkpoint() const { return root / "checkpoint.previous.h5"; }
  std::filesystem::path model() const { return root / "model.h5"; }
  std::filesystem::path summary() const { return root / "summary.json"; }
  std::filesystem::path measurement() const { return root / "measure.json"; }
};

enum class Overwrite { no, yes };

/// Throws InputError if a new run may not go there: the path is a file, or a directory that is not
/// empty and overwriting was not asked for. Changes nothing.
void require_free(const RunDirectory& directory, Overwrite overwrite);

/// Keeps other processes from running there while it lives. Throws InputError if one does.
class RunLock {
 public:
  explicit RunLock(const RunDirectory& directory);

 private:
  std::unique_ptr<PosixFile>
      root_;  // the directory itself: nothing is left behind when a process is killed
};

/// Makes the directory this process's own for a new run: creates it if there is none, locks it, and
/// only then looks whether it is free, as require_free does; removes what an earlier run left if
/// overwriting was asked for. Throws InputError, IoError.
RunLock claim(const RunDirectory& directory, Overwrite overwrite);

/// Throws InputError unless the directory holds a run that can be continued.
void require_run(const RunDirectory& directory);

}  // namespace plaquette
