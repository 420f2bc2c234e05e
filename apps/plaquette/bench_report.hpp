#pragma once

#include <optional>
#include <string>
#include <vector>

#include "json.hpp"
#include "operation_table.hpp"
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
struct BenchReport {
  BackendKind kind;
  std::string device;
  std::size_t memory_bytes = 0;
  GemmPeak fp32;
  GemmPeak fp64;
  StepTimes times;
  std::optional<Roofline> roofline = {};  ///< of `operations`
  std::vector<OperationRow> operations = {};

  const GemmPeak& peak(Precision precision) const {
    return precision == Precision::fp32 ? fp32 : fp64;
  }
};

/// With two reports, the ratios of their times as well.
nlohmann::ordered_json bench_json(const std::vector<BenchReport>& reports,
                                  const std::string& configuration);
void print_bench(const std::vector<BenchReport>& reports);

}  // namespace plaquette
