#include "plaquette/vmc/operation_rates.hpp"

#include <algorithm>

#include "plaquette/backend/registry.hpp"
#include "plaquette/base/repeat_timing.hpp"

namespace plaquette {

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
    if (is_backward(found.operation)) rows.push_back({network, "backward", found});
  }
  return rows;
}

std::vector<OperationRow> profile_attentions(BackendKind kind, std::span<const NetworkCase> cases,
                                             int repeats, ProfiledOperations wanted,
                                             const Resources& resources) {
  std::vector<OperationRow> rows;
  for (NetworkCase network : cases) {
    for (const Attention attention : {Attention::factored, Attention::t5, Attention::decoupled}) {
      network.shape.attention = attention;
      for (OperationRow& row : profile_rows(kind, network, repeats, resources)) {
        if (wanted == ProfiledOperations::all || is_attention(row.found.operation)) {
          rows.push_back(std::move(row));
        }
      }
    }
  }
  return rows;
}

OperationRates::OperationRates(const OperationRow& row, const Roofline& roofline)
    : median(plaquette::median(row.found.seconds)),
      gflops(1e-9 * row.found.work.flops / median),
      bytes_per_second(row.found.work.bytes / median),
      of_gemm_peak(gflops / roofline.gemm(row.network.precision)),
      of_copy_bandwidth(bytes_per_second / roofline.bandwidth),
      of_roofline(std::max(of_gemm_peak, of_copy_bandwidth)) {}

}  // namespace plaquette
