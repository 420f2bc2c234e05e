#include <algorithm>
#include <sstream>

#include "backend_choice.hpp"
#include "bench_report.hpp"
#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "json.hpp"
#include "messages.hpp"
#include "plaquette/build_info.hpp"
#include "plaquette/io/benchmark_json.hpp"
#include "plaquette/io/new_run.hpp"
#include "plaquette/io/words.hpp"

namespace plaquette {
namespace {

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

void warn_if_unsteady(const BackendBenchmark& report) {
  for (const Precision precision : {Precision::fp32, Precision::fp64}) {
    const GemmPeak& peak = report.peak(precision);
    if (!peak.unsteady()) continue;
    tell_line(
        "warning: {}: the {} GEMM peak was {:.1f} GFLOP/s before the steps and {:.1f} after; "
        "times and fractions of it are no better than that",
        word(report.kind), word(precision), peak.before, peak.after);
  }
}

}  // namespace

int bench_command(const Arguments& arguments) {
  BenchOptions given;
  if (!parse(arguments, given)) return 0;
  // What is wrong is refused before anything is told.
  const NetworkShape network = make_system(given.job.job).network;
  std::vector<double> parameters = starting_parameters(given.job, network);
  if (given.backends.empty()) announce_auto_backend(given.job, false);
  const std::vector<BackendKind> kinds = chosen_backends(given.backends, given.job);
  const BenchmarkPlan plan{.repeats = given.repeats,
                           .operations = given.operations,
                           .parameters = std::move(parameters),
                           .on_first_step = [&](BackendKind kind, double seconds) {
                             tell_line("{}: one step takes about {:.3f} s; {} to time", word(kind),
                                       seconds, given.repeats);
                           }};
  const std::vector<BackendBenchmark> reports =
      benchmark_backends(given.job.job, kinds, given.job.resources, plan);
  for (const BackendBenchmark& report : reports) warn_if_unsteady(report);
  if (given.json) {
    nlohmann::ordered_json document{{"version", kVersion}, {"commit", kGitCommit}};
    document.update(benchmark_json(reports, configuration_text(given.job)));
    print_json(document);
  } else {
    print_bench(reports);
  }
  return 0;
}

}  // namespace plaquette
