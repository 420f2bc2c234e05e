#include "bench_report.hpp"

#include "fmt/core.h"
#include "operation_table.hpp"
#include "plaquette/io/words.hpp"

namespace plaquette {
namespace {

void print_report(const BackendBenchmark& report) {
  fmt::print("{}: {}\n", word(report.kind), report.device);
  fmt::print("GEMM peak: {:.1f} GFLOP/s FP32, {:.1f} GFLOP/s FP64; memory {:.1f} MiB\n\n",
             report.fp32.best(), report.fp64.best(),
             static_cast<double>(report.memory_bytes) / (1 << 20));
  fmt::print("{:<16} {:>5} {:>10} {:>10} {:>10} {:>12} {:>9} {:>6}\n", "phase", "", "median s",
             "min s", "max s", "networks/s", "GFLOP/s", "peak");
  for (const auto& [name, row] : report.times.rows()) {
    const WorkTiming& timing = *row;
    fmt::print("{:<16} {:>5} {:>10.4f} {:>10.4f} {:>10.4f}", name,
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

void print_bench(const std::vector<BackendBenchmark>& reports) {
  for (const BackendBenchmark& report : reports) print_report(report);
  if (reports.size() != 2) return;
  fmt::print("{} over {}:", word(reports[0].kind), word(reports[1].kind));
  for (const auto& [name, ratio] : time_ratios(reports[0].times, reports[1].times)) {
    fmt::print(" {} {:.1f}", name, ratio);
  }
  fmt::print("\n");
}

}  // namespace plaquette
