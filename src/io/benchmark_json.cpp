#include "plaquette/io/benchmark_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "plaquette/io/words.hpp"

namespace plaquette {
namespace {

nlohmann::ordered_json phase_json(const char* name, const WorkTiming& timing,
                                  const BackendBenchmark& found) {
  return {{"phase", name},
          {"precision", word(timing.precision)},
          {"seconds_median", timing.median()},
          {"seconds_min", timing.least()},
          {"seconds_max", timing.most()},
          {"evaluations", timing.evaluations},
          {"evaluations_per_second", timing.evaluations / timing.median()},
          {"flops", timing.flops},
          {"gflops", timing.gflops()},
          {"fraction_of_gemm_peak", timing.gflops() / found.peak(timing.precision).best()}};
}

nlohmann::ordered_json backend_json(const BackendBenchmark& found) {
  nlohmann::ordered_json phases = nlohmann::ordered_json::array();
  for (const auto& [name, timing] : found.times.rows()) {
    phases.push_back(phase_json(name, *timing, found));
  }
  const GemmPeak& fp32 = found.fp32;
  const GemmPeak& fp64 = found.fp64;
  nlohmann::ordered_json document = {
      {"backend", word(found.kind)},
      {"device", found.device},
      {"gemm_peak_gflops", {{"fp32", fp32.best()}, {"fp64", fp64.best()}}},
      {"gemm_gflops_before", {{"fp32", fp32.before}, {"fp64", fp64.before}}},
      {"gemm_gflops_after", {{"fp32", fp32.after}, {"fp64", fp64.after}}},
      {"gemm_peak_steady", !fp32.unsteady() && !fp64.unsteady()},
      {"memory_bytes", found.memory_bytes},
      {"step_seconds", found.times.step.median()},
      {"step_seconds_min", found.times.step.least()},
      {"step_seconds_max", found.times.step.most()},
      {"phases", phases}};
  if (found.roofline) {
    document["copy_gigabytes_per_second"] = 1e-9 * found.roofline->bandwidth;
    document["operations"] = operations_json(found.operations, *found.roofline);
  }
  return document;
}

}  // namespace

nlohmann::ordered_json benchmark_json(const std::vector<BackendBenchmark>& found,
                                      const std::string& configuration) {
  nlohmann::ordered_json backends = nlohmann::ordered_json::array();
  for (const BackendBenchmark& one : found) backends.push_back(backend_json(one));
  nlohmann::ordered_json document = {{"config", configuration}, {"backends", backends}};
  if (found.size() == 2) {
    document["agree"] = true;  // or an error would have been reported
    for (const auto& [name, ratio] : time_ratios(found[0].times, found[1].times)) {
      document["seconds_ratio"][name] = ratio;
    }
  }
  return document;
}

nlohmann::ordered_json operations_json(const std::vector<OperationRow>& rows,
                                       const Roofline& roofline) {
  nlohmann::ordered_json operations = nlohmann::ordered_json::array();
  for (const OperationRow& row : rows) {
    const OperationRates rates(row, roofline);
    const NetworkCase& network = row.network;
    const auto [least, most] =
        std::minmax_element(row.found.seconds.begin(), row.found.seconds.end());
    operations.push_back({{"attention", word(network.shape.attention)},
                          {"pass", row.pass},
                          {"operation", row.name()},
                          {"precision", word(network.precision)},
                          {"tokens", network.shape.tokens()},
                          {"d_model", network.shape.d_model},
                          {"heads", network.shape.heads},
                          {"batch", network.batch},
                          {"seconds_median", rates.median},
                          {"seconds_min", *least},
                          {"seconds_max", *most},
                          {"flops", row.found.work.flops},
                          {"bytes", row.found.work.bytes},
                          {"gflops", rates.gflops},
                          {"gigabytes_per_second", 1e-9 * rates.bytes_per_second},
                          {"fraction_of_copy_bandwidth", rates.of_copy_bandwidth},
                          {"fraction_of_gemm_peak", rates.of_gemm_peak},
                          {"fraction_of_roofline", rates.of_roofline}});
  }
  return operations;
}

}  // namespace plaquette
