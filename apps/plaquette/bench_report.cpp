#include "bench_report.hpp"

#include <algorithm>
#include <utility>

#include "fmt/core.h"
#include "plaquette/build_info.hpp"
#include "plaquette/io/words.hpp"

namespace plaquette {
namespace {

struct NamedTiming {
  const char* name;
  const WorkTiming& timing;
};

/// The forward pass, and the phases in the order in which they run.
std::vector<NamedTiming> rows_of(const StepTimes& times) {
  std::vector<NamedTiming> rows = {{"forward", times.forward}};
  for (std::size_t k = 0; k < kPhaseNames.size(); ++k) {
    rows.push_back({kPhaseNames[k], times.phases[k]});
  }
  return rows;
}

nlohmann::ordered_json phase_json(const BenchReport& report, const NamedTiming& row) {
  const WorkTiming& timing = row.timing;
  return {{"phase", row.name},
          {"precision", word(timing.precision)},
          {"seconds_median", timing.median()},
          {"seconds_min", timing.least()},
          {"seconds_max", timing.most()},
          {"evaluations", timing.evaluations},
          {"evaluations_per_second", timing.evaluations / timing.median()},
          {"flops", timing.flops},
          {"gflops", timing.gflops()},
          {"fraction_of_gemm_peak", timing.gflops() / report.peak(timing.precision).best()}};
}

nlohmann::ordered_json report_json(const BenchReport& report) {
  nlohmann::ordered_json phases = nlohmann::ordered_json::array();
  for (const NamedTiming& row : rows_of(report.times)) phases.push_back(phase_json(report, row));
  const GemmPeak& fp32 = report.fp32;
  const GemmPeak& fp64 = report.fp64;
  nlohmann::ordered_json found = {
      {"backend", word(report.kind)},
      {"device", report.device},
      {"gemm_peak_gflops", {{"fp32", fp32.best()}, {"fp64", fp64.best()}}},
      {"gemm_gflops_before", {{"fp32", fp32.before}, {"fp64", fp64.before}}},
      {"gemm_gflops_after", {{"fp32", fp32.after}, {"fp64", fp64.after}}},
      {"gemm_peak_steady", !fp32.unsteady() && !fp64.unsteady()},
      {"memory_bytes", report.memory_bytes},
      {"step_seconds", report.times.step.median()},
      {"step_seconds_min", report.times.step.least()},
      {"step_seconds_max", report.times.step.most()},
      {"phases", phases}};
  if (report.roofline) {
    found["copy_gigabytes_per_second"] = 1e-9 * report.roofline->bandwidth;
    found["operations"] = operations_json(report.operations, *report.roofline);
  }
  return found;
}

/// Seconds of the first over seconds of the second, by phase, and of the step.
std::vector<std::pair<const char*, double>> ratios(const StepTimes& first,
                                                   const StepTimes& second) {
  const auto ratio = [](const WorkTiming& a, const WorkTiming& b) {
    return a.median() / b.median();
  };
  std::vector<std::pair<const char*, double>> found = {
      {"forward", ratio(first.forward, second.forward)}};
  for (std::size_t k = 0; k < kPhaseNames.size(); ++k) {
    found.emplace_back(kPhaseNames[k], ratio(first.phases[k], second.phases[k]));
  }
  found.emplace_back("step", ratio(first.step, second.step));
  return found;
}

void print_report(const BenchReport& report) {
  fmt::print("{}: {}\n", word(report.kind), report.device);
  fmt::print("GEMM peak: {:.1f} GFLOP/s FP32, {:.1f} GFLOP/s FP64; memory {:.1f} MiB\n\n",
             report.fp32.best(), report.fp64.best(),
             static_cast<double>(report.memory_bytes) / (1 << 20));
  fmt::print("{:<16} {:>5} {:>10} {:>10} {:>10} {:>12} {:>9} {:>6}\n", "phase", "", "median s",
             "min s", "max s", "networks/s", "GFLOP/s", "peak");
  for (const NamedTiming& row : rows_of(report.times)) {
    const WorkTiming& timing = row.timing;
    fmt::print("{:<16} {:>5} {:>10.4f} {:>10.4f} {:>10.4f}", row.name,
               timing.flops > 0 ? word(timing.precision) : "", timing.median(), timing.least(),
               timing.most());
    if (timing.flops > 0) {
      const std::string rate =
          timing.evaluations > 0 ? fmt::format("{:.0f}", timing.evaluations / timing.median()) : "";
      fmt::print(" {:>12} {:>9.1f} {:>5.0f}%", rate, timing.gflops(),
                 100 * timing.gflops() / report.peak(timing.precision).best());
    }
    fmt::print("\n");
  }
  const WorkTiming& step = report.times.step;
  fmt::print("{:<16} {:>5} {:>10.4f} {:>10.4f} {:>10.4f}\n\n", "step", "", step.median(),
             step.least(), step.most());
  if (report.roofline) {
    print_operations(report.operations, *report.roofline);
    fmt::print("\n");
  }
}

}  // namespace

double GemmPeak::best() const { return std::max(before, after); }
bool GemmPeak::unsteady() const { return std::min(before, after) < 0.95 * best(); }

nlohmann::ordered_json bench_json(const std::vector<BenchReport>& reports,
                                  const std::string& configuration) {
  nlohmann::ordered_json backends = nlohmann::ordered_json::array();
  for (const BenchReport& report : reports) backends.push_back(report_json(report));
  nlohmann::ordered_json found = {{"version", kVersion},
                                  {"commit", kGitCommit},
                                  {"config", configuration},
                                  {"backends", backends}};
  if (reports.size() == 2) {
    found["agree"] = true;  // or an error would have been reported
    for (const auto& [name, ratio] : ratios(reports[0].times, reports[1].times)) {
      found["seconds_ratio"][name] = ratio;
    }
  }
  return found;
}

void print_bench(const std::vector<BenchReport>& reports) {
  for (const BenchReport& report : reports) print_report(report);
  if (reports.size() != 2) return;
  fmt::print("{} over {}:", word(reports[0].kind), word(reports[1].kind));
  for (const auto& [name, ratio] : ratios(reports[0].times, reports[1].times)) {
    fmt::print(" {} {:.1f}", name, ratio);
  }
  fmt::print("\n");
}

}  // namespace plaquette
