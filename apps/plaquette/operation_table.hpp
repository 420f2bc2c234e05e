#pragma once

#include <vector>

#include "json.hpp"
#include "plaquette/backend/network_profile.hpp"

namespace plaquette {

/// What bounds an operation: copies and matrix products.
struct Roofline {
  double bandwidth = 0;  ///< bytes/s
  double fp32 = 0;       ///< GFLOP/s
  double fp64 = 0;
  double gemm(Precision precision) const { return precision == Precision::fp32 ? fp32 : fp64; }
};

Roofline measure_roofline(BackendKind kind, const Resources& resources);

/// One operation in one pass of a network.
struct OperationRow {
  NetworkCase network;
  const char* pass;  ///< "forward" or "backward"
  OperationProfile found;
};

/// The operations of a network, forward, then those that its gradient adds. Throws as
/// profile_network does.
std::vector<OperationRow> profile_rows(BackendKind kind, const NetworkCase& network, int repeats,
                                       const Resources& resources);

/// One object an operation, with the fraction of the roofline: the time that its FLOPs at the GEMM
/// peak, or its bytes at the copy bandwidth, take at least, over the median time taken.
nlohmann::ordered_json operations_json(const std::vector<OperationRow>& rows,
                                       const Roofline& roofline);
/// The same as a table, after a line with the peaks.
void print_operations(const std::vector<OperationRow>& rows, const Roofline& roofline);

}  // namespace plaquette
