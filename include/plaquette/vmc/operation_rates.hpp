#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "plaquette/backend/network_profile.hpp"

namespace plaquette {

/// What bounds an operation: copies and matrix products.
struct Roofline {
  double bandwidth = 0;  ///< bytes/s
  double fp32 = 0;       ///< GFLOP/s
  double fp64 = 0;
  double gemm(Precision precision) const { return precision == Precision::fp32 ? fp32 : fp64; }
};

/// Throws InputError if the backend is not usable.
Roofline measure_roofline(BackendKind kind, const Resources& resources);

/// One operation in one pass of a network.
struct OperationRow {
  NetworkCase network;
  const char* pass;  ///< "forward" or "backward"
  OperationProfile found;

  std::string_view name() const {
    return kOperationNames[static_cast<std::size_t>(found.operation)];
  }
};

/// The operations of a network, forward, then those that its gradient adds. Throws as
/// profile_network does.
std::vector<OperationRow> profile_rows(BackendKind kind, const NetworkCase& network, int repeats,
                                       const Resources& resources);

enum class ProfiledOperations { all, attention };

/// The same of each case with one attention after the other.
std::vector<OperationRow> profile_attentions(BackendKind kind, std::span<const NetworkCase> cases,
                                             int repeats, ProfiledOperations wanted,
                                             const Resources& resources);

/// What an operation achieved.
struct OperationRates {
  double median;            ///< s
  double gflops;            ///< GFLOP/s
  double bytes_per_second;  ///< B/s
  double of_gemm_peak;
  double of_copy_bandwidth;
  /// The time that its FLOPs at the GEMM peak, or its bytes at the copy bandwidth, take at least,
  /// over the median time taken.
  double of_roofline;

  OperationRates(const OperationRow& row, const Roofline& roofline);
};

}  // namespace plaquette
