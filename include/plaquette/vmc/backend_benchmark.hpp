#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "plaquette/vmc/operation_rates.hpp"
#include "plaquette/vmc/step_benchmark.hpp"

namespace plaquette {

/// GFLOP/s of large matrix products, on an idle backend before and after the steps were timed.
struct GemmPeak {
  double before = 0;
  double after = 0;
  double best() const;
  /// Whether they differ by more than 5 %: other work or the clock has disturbed what was timed.
  bool unsteady() const;
};

/// What was found of one backend.
struct BackendBenchmark {
  BackendKind kind;
  std::string device = {};
  std::size_t memory_bytes = 0;
  GemmPeak fp32 = {};
  GemmPeak fp64 = {};
  StepTimes times = {};
  std::optional<Roofline> roofline = {};  ///< of `operations`
  std::vector<OperationRow> operations = {};

  const GemmPeak& peak(Precision precision) const {
    return precision == Precision::fp32 ? fp32 : fp64;
  }
};

struct BenchmarkPlan {
  int repeats = 3;          ///< timed, after one to warm up
  bool operations = false;  ///< every operation of the network as well
  /// (P) of the network; empty for the ones that the job's search starts with.
  std::vector<double> parameters = {};
  /// Told the backend and the seconds of the step that warms it up; empty for none.
  std::function<void(BackendKind, double)> on_first_step = {};
};

/// Steps of a job, by phase, against the GEMM peak, on one backend after the other. Two are
/// compared first. Throws as make_backend, require_agreement, Optimisation::step() and
/// profile_network do.
std::vector<BackendBenchmark> benchmark_backends(const Job& job, std::span<const BackendKind> kinds,
                                                 const Resources& resources,
                                                 const BenchmarkPlan& plan);

/// Seconds of the first over seconds of the second, by phase, and of the step.
std::vector<std::pair<const char*, double>> time_ratios(const StepTimes& first,
                                                        const StepTimes& second);

}  // namespace plaquette
