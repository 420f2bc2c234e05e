#include "plaquette/io/run_directory.hpp"

#include <fcntl.h>

#include <system_error>

#include "plaquette/base/errors.hpp"

namespace plaquette {

namespace fs = std::filesystem;

namespace {

/// Creates the directory if there is none.
void create(const RunDirectory& directory) {
  std::error_code error;
  fs::create_directories(directory.root, error);
  if (error) {
    throw IoError(concat("--out ", directory.root.string(), ": ", error.message()));
  }
}

/// Removes what an earlier run left.
void clear(const RunDirectory& directory) {
  std::error_code error;
  for (int stage = 1; fs::remove(directory.earlier_configuration(stage), error); ++stage) {
  }
  for (const fs::path& file :
       {directory.configuration(), directory.bonds(), directory.initial_model(), directory.log(),
        directory.checkpoint(), directory.previous_checkpoint(), directory.model(),
        directory.summary(), directory.measurement(), directory.root / "measure.h5",
        directory.root / "attention.json", directory.root / "attention.h5",
        directory.root / "report.html"}) {
    fs::remove(file, error);
    if (error) throw IoError(concat(file.string(), ": ", error.message()));
  }
}

}  // namespace

fs::path RunDirectory::earlier_configuration(int number) const {
  return root / concat("config.stage-", number, ".toml");
}

void require_free(const RunDirectory& directory, Overwrite overwrite) {
  std::error_code error;
  const fs::file_status status = fs::status(directory.root, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status)) {
    throw InputError(concat("--out ", directory.root.string(), ": is not a directory"));
  }
  if (overwrite == Overwrite::no && !fs::is_empty(directory.root, error)) {
    throw InputError(concat("--out ", directory.root.string(),
                            ": exists and is not empty; give another directory, or --force to "
                            "replace the run in it"));
  }
}

RunLock::RunLock(const RunDirectory& directory)
    : root_(std::make_unique<PosixFile>(directory.root, O_RDONLY | O_DIRECTORY)) {
  if (!root_->try_lock()) {
    throw InputError(concat(directory.root.string(),
                            ": another process is running there; wait for it, or stop it"));
  }
}

RunLock claim(const RunDirectory& directory, Overwrite overwrite) {
  create(directory);
  RunLock lock(directory);
  require_free(directory, overwrite);
  clear(directory);
  return lock;
}

void require_run(const RunDirectory& directory) {
  std::error_code error;
  if (!fs::is_directory(directory.root, error)) {
    throw InputError(concat(directory.root.string(), ": is not a run directory"));
  }
  if (!fs::exists(directory.configuration(), error)) {
    throw InputError(
        concat(directory.root.string(), ": is not a run directory (it has no config.toml)"));
  }
}

}  // namespace plaquette
