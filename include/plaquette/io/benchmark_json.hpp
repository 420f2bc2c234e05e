#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "plaquette/vmc/backend_benchmark.hpp"

namespace plaquette {

/// `configuration` is the text of what was timed. With two backends, the ratios of their times as
/// well.
nlohmann::ordered_json benchmark_json(const std::vector<BackendBenchmark>& found,
                                      const std::string& configuration);

/// One object an operation, with its rates.
nlohmann::ordered_json operations_json(const std::vector<OperationRow>& rows,
                                       const Roofline& roofline);

}  // namespace plaquette
