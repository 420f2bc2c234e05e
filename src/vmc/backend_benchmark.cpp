#include "plaquette/vmc/backend_benchmark.hpp"

#include <algorithm>
#include <memory>

#include "plaquette/backend/registry.hpp"
#include "plaquette/vmc/backend_agreement.hpp"

namespace plaquette {
namespace {

/// Samples that an operation is profiled with: full batches, in seconds.
constexpr std::size_t kMostProfiled = 1024;

StepTimes time_steps(const Job& job, const BenchmarkPlan& plan, Backend& backend) {
  StepBenchmark benchmark(job, backend, plan.parameters);
  const double step = benchmark.repeat();
  if (plan.on_first_step) plan.on_first_step(backend.kind(), step);
  benchmark.forget();
  for (int k = 0; k < plan.repeats; ++k) benchmark.repeat();
  return benchmark.times();
}

/// With no backend that holds memory: the products need some as well.
void measure_peaks(std::vector<BackendBenchmark>& found, double GemmPeak::*when,
                   const Resources& resources) {
  for (BackendBenchmark& one : found) {
    one.fp32.*when = measure_gemm_peak(one.kind, Precision::fp32, resources);
    one.fp64.*when = measure_gemm_peak(one.kind, Precision::fp64, resources);
  }
}

/// Compares, if there are two backends, and times the steps of one after the other.
void time_backends(std::vector<BackendBenchmark>& found, const Job& job, const Problem& problem,
                   const Resources& resources, const BenchmarkPlan& plan) {
  std::vector<std::unique_ptr<Backend>> backends;
  for (BackendBenchmark& one : found) {
    backends.push_back(make_backend(one.kind, problem, resources));
    one.device = backends.back()->description();
    one.memory_bytes = backends.back()->memory_plan().total();
  }
  if (backends.size() == 2) require_agreement(job, *backends[0], *backends[1]);
  for (std::size_t k = 0; k < found.size(); ++k) {
    found[k].times = time_steps(job, plan, *backends[k]);
  }
}

void profile_operations(BackendBenchmark& found, const Problem& problem, int repeats,
                        const Resources& resources) {
  found.roofline = {.bandwidth = measure_copy_bandwidth(found.kind, resources),
                    .fp32 = found.fp32.best(),
                    .fp64 = found.fp64.best()};
  const NetworkCase network{.shape = problem.system.network,
                            .precision = problem.precision.local_energy,
                            .batch = std::min(problem.samples, kMostProfiled)};
  found.operations = profile_rows(found.kind, network, repeats, resources);
}

}  // namespace

double GemmPeak::best() const { return std::max(before, after); }
bool GemmPeak::unsteady() const { return std::min(before, after) < 0.95 * best(); }

std::vector<BackendBenchmark> benchmark_backends(const Job& job, std::span<const BackendKind> kinds,
                                                 const Resources& resources,
                                                 const BenchmarkPlan& plan) {
  const Problem problem = make_problem(job);
  std::vector<BackendBenchmark> found;
  for (const BackendKind kind : kinds) found.push_back({.kind = kind});
  measure_peaks(found, &GemmPeak::before, resources);
  time_backends(found, job, problem, resources, plan);
  measure_peaks(found, &GemmPeak::after, resources);
  for (BackendBenchmark& one : found) {
    if (plan.operations) profile_operations(one, problem, plan.repeats, resources);
  }
  return found;
}

std::vector<std::pair<const char*, double>> time_ratios(const StepTimes& first,
                                                        const StepTimes& second) {
  const auto ratio = [](const WorkTiming& a, const WorkTiming& b) {
    return a.median() / b.median();
  };
  std::vector<std::pair<const char*, double>> found;
  const std::vector<StepTimes::Row> others = second.rows();
  for (const auto& [name, timing] : first.rows()) {
    found.emplace_back(name, ratio(*timing, *others[found.size()].timing));
  }
  found.emplace_back("step", ratio(first.step, second.step));
  return found;
}

}  // namespace plaquette
