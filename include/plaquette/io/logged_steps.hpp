#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "plaquette/base/phase_clock.hpp"

namespace plaquette {

/// A line of log.jsonl as a reader finds it (units as in StepRecord). What is null there, or what
/// the program that wrote it did not know of, is missing.
struct LoggedStep {
  std::uint64_t step = 0;
  double energy = 0;
  std::optional<double> energy_error = {};
  std::optional<double> variance = {};
  std::optional<double> v_score = {};
  std::optional<double> acceptance = {};
  std::optional<double> r_hat = {};
  std::optional<double> tau = {};
  std::optional<double> learning_rate = {};
  std::optional<double> diag_shift = {};
  int diag_shift_raises = 0;
  std::vector<std::vector<double>> attention_spread = {};  ///< by layer and head
  std::optional<std::array<double, kPhaseNames.size()>> seconds = {};
};

/// A log up to its last whole line.
struct StepLog {
  std::vector<LoggedStep> steps;  ///< at least one, in the order of their numbers
  bool torn = false;  ///< a line behind them is not whole: it is being written, or was cut off
};

/// Reads the log of a run, which may be going on. Throws InputError that names the file, and the
/// line if there is one: no file, no whole line yet, no JSON object, no step or no energy.
StepLog read_step_log(const std::filesystem::path& path);

}  // namespace plaquette
