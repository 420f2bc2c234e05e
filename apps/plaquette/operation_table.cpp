#include "operation_table.hpp"

#include <algorithm>

#include "fmt/core.h"
#include "plaquette/backend/registry.hpp"
#include "plaquette/io/words.hpp"

namespace plaquette {
namespace {

double median(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

/// What an operation achieved.
struct Rates {
  double median;            // s
  double gflops;            // GFLOP/s
  double bytes_per_second;  // B/s
  double of_roofline;

  Rates(const OperationRow& row, const Roofline& roofline)
      : median(plaquette::median(row.found.seconds)),
        gflops(1e-9 * row.found.work.flops / median),
        bytes_per_second(row.found.work.bytes / median),
        of_roofline(std::max(gflops / roofline.gemm(row.network.precision),
                             bytes_per_second / roofline.bandwidth)) {}
};

std::string_view name_of(const OperationRow& row) {
  return kOperationNames[static_cast<std::size_t>(row.found.operation)];
}

}  // namespace

Roofline measure_roofline(BackendKind kind, const Resources& resources) {
  return {.bandwidth = measure_copy_bandwidth(kind, resources),
          .fp32 = measure_gemm_peak(kind, Precision::fp32, resources),
          .fp64 = measure_gemm_peak(kind, Precision::fp64, resources)};
}

std::vector<OperationRow> profile_rows(BackendKind kind, const NetworkCase& network, int repeats,
                                       const Resources& resources) {
  const NetworkProfile profile = profile_network(kind, network, repeats, resources);
  std::vector<OperationRow> rows;
  for (const OperationProfile& found : profile.forward) rows.push_back({network, "forward", found});
  for (const OperationProfile& found : profile.gradient) {
    // The forward part of a gradient has been shown.
    if (found.operation < Operation::layer_norm_backward) continue;
    rows.push_back({network, "backward", found});
  }
  return rows;
}

nlohmann::ordered_json operations_json(const std::vector<OperationRow>& rows,
                                       const Roofline& roofline) {
  nlohmann::ordered_json operations = nlohmann::ordered_json::array();
  for (const OperationRow& row : rows) {
    const Rates rates(row, roofline);
    const NetworkCase& network = row.network;
    const auto [least, most] =
        std::minmax_element(row.found.seconds.begin(), row.found.seconds.end());
    operations.push_back(
        {{"attention", word(network.shape.attention)},
         {"pass", row.pass},
         {"operation", name_of(row)},
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
         {"fraction_of_copy_bandwidth", rates.bytes_per_second / roofline.bandwidth},
         {"fraction_of_gemm_peak", rates.gflops / roofline.gemm(network.precision)},
         {"fraction_of_roofline", rates.of_roofline}});
  }
  return operations;
}

void print_operations(const std::vector<OperationRow>& rows, const Roofline& roofline) {
  fmt::print("copy {:.0f} GB/s; GEMM peak {:.0f} GFLOP/s FP32, {:.0f} GFLOP/s FP64\n\n",
             1e-9 * roofline.bandwidth, roofline.fp32, roofline.fp64);
  fmt::print("{:<10} {:<20} {:>5} {:>5} {:>4} {:>6} {:>11} {:>9} {:>8} {:>8}\n", "attention",
             "operation", "n", "d", "h", "B", "median ms", "GFLOP/s", "GB/s", "roofline");
  for (const OperationRow& row : rows) {
    const Rates rates(row, roofline);
    const NetworkShape& shape = row.network.shape;
    fmt::print("{:<10} {:<20} {:>5} {:>5} {:>4} {:>6} {:>11.4f} {:>9.1f} {:>8.1f} {:>7.1f}%\n",
               word(shape.attention), name_of(row), shape.tokens(), shape.d_model, shape.heads,
               row.network.batch, 1e3 * rates.median, rates.gflops, 1e-9 * rates.bytes_per_second,
               100 * rates.of_roofline);
  }
}

}  // namespace plaquette
