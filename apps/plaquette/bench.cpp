#include <algorithm>
#include <sstream>

#include "backend_choice.hpp"
#include "bench_report.hpp"
#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "messages.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/vmc/backend_agreement.hpp"

namespace plaquette {
namespace {

/// Samples that an operation is profiled with: full batches, in seconds.
constexpr std::size_t kMostProfiled = 1024;

/// "cpu,cuda", or the job's own backend if `given` is empty.
std::vector<BackendKind> chosen_backends(const std::string& given, const JobOptions& job) {
  if (given.empty()) return {job.chosen_backend()};
  std::vector<BackendKind> kinds;
  std::istringstream words(given);
  for (std::string text; std::getline(words, text, ',');) {
    const std::optional<BackendKind> kind = parse_word<BackendKind>(text);
    if (!kind || std::find(kinds.begin(), kinds.end(), *kind) != kinds.end()) {
      throw InputError(concat("--backends ", given, ": must be different ones of ",
                              allowed_words<BackendKind>(), ", separated by commas"));
    }
    kinds.push_back(*kind);
  }
  return kinds;
}

/// What the command line asks for beside the job.
struct BenchOptions {
  JobOptions job;
  int repeats = 3;
  bool operations = false;
  bool json = false;
  std::string backends;
};

/// Returns false if there is nothing to do. Throws InputError.
bool parse(const Arguments& arguments, BenchOptions& given) {
  Options options("bench", "Time per phase of one step of a job, against the GEMM peak.");
  define_job_options(options);
  options.configuration_file();
  options.text("--backends", given.backends, "several side by side, such as cpu,cuda");
  options.integer("--repeats", given.repeats, "timed repeats, after one to warm up");
  options.flag("--operations", given.operations,
               "every operation of the network as well, against the roofline");
  options.flag("--json", given.json, "print JSON");
  if (!options.parse(arguments)) return false;
  resolve_job_options(options, given.job);
  if (given.repeats < 1 || given.repeats > 1000) {
    throw InputError(concat("--repeats ", given.repeats, ": must be from 1 to 1000"));
  }
  if (given.job.job.sampler == SamplerKind::full_sum) {
    throw InputError("--sampler full-sum: bench times Markov chains; use --sampler exchange");
  }
  return true;
}

StepTimes time_steps(const BenchOptions& given, Backend& backend) {
  StepBenchmark benchmark(given.job.job, backend);
  const double step = benchmark.repeat();
  tell_line("{}: one step takes about {:.3f} s; {} to time", word(backend.kind()), step,
            given.repeats);
  benchmark.forget();
  for (int k = 0; k < given.repeats; ++k) benchmark.repeat();
  return benchmark.times();
}

/// With no backend that holds memory: the products need some as well.
void measure_peaks(std::vector<BenchReport>& reports, double GemmPeak::*when,
                   const Resources& resources) {
  for (BenchReport& report : reports) {
    report.fp32.*when = measure_gemm_peak(report.kind, Precision::fp32, resources);
    report.fp64.*when = measure_gemm_peak(report.kind, Precision::fp64, resources);
  }
}

void warn_if_unsteady(const BenchReport& report) {
  for (const Precision precision : {Precision::fp32, Precision::fp64}) {
    const GemmPeak& peak = report.peak(precision);
    if (!peak.unsteady()) continue;
    tell_line(
        "warning: {}: the {} GEMM peak was {:.1f} GFLOP/s before the steps and {:.1f} after; "
        "times and fractions of it are no better than that",
        word(report.kind), word(precision), peak.before, peak.after);
  }
}

void profile_operations(BenchReport& report, const Problem& problem, const BenchOptions& given) {
  report.roofline = {.bandwidth = measure_copy_bandwidth(report.kind, given.job.resources),
                     .fp32 = report.fp32.best(),
                     .fp64 = report.fp64.best()};
  const NetworkCase network{.shape = problem.system.network,
                            .precision = problem.precision.local_energy,
                            .batch = std::min(problem.samples, kMostProfiled)};
  report.operations = profile_rows(report.kind, network, given.repeats, given.job.resources);
}

/// Verifies, if there are two backends, and times the steps of one after the other.
void time_backends(std::vector<BenchReport>& reports, const Problem& problem,
                   const BenchOptions& given) {
  std::vector<std::unique_ptr<Backend>> backends;
  for (BenchReport& report : reports) {
    backends.push_back(make_backend(report.kind, problem, given.job.resources));
    report.device = backends.back()->description();
    report.memory_bytes = backends.back()->memory_plan().total();
  }
  if (backends.size() == 2) require_agreement(given.job.job, *backends[0], *backends[1]);
  for (std::size_t k = 0; k < reports.size(); ++k) {
    reports[k].times = time_steps(given, *backends[k]);
  }
}

}  // namespace

int bench_command(const Arguments& arguments) {
  BenchOptions given;
  if (!parse(arguments, given)) return 0;
  const Problem problem = make_problem(given.job.job);
  if (given.backends.empty()) announce_auto_backend(given.job, false);
  std::vector<BenchReport> reports;
  for (const BackendKind kind : chosen_backends(given.backends, given.job)) {
    reports.push_back({.kind = kind, .device = {}, .fp32 = {}, .fp64 = {}, .times = {}});
  }
  measure_peaks(reports, &GemmPeak::before, given.job.resources);
  time_backends(reports, problem, given);
  measure_peaks(reports, &GemmPeak::after, given.job.resources);
  for (BenchReport& report : reports) {
    warn_if_unsteady(report);
    if (given.operations) profile_operations(report, problem, given);
  }
  if (given.json) {
    print_json(bench_json(reports, configuration_text(given.job)));
  } else {
    print_bench(reports);
  }
  return 0;
}

}  // namespace plaquette
