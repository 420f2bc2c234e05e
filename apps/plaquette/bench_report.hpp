#pragma once

#include <vector>

#include "plaquette/vmc/backend_benchmark.hpp"

namespace plaquette {

/// A table of phases a backend on stdout; with two, the ratios of their times as well.
void print_bench(const std::vector<BackendBenchmark>& reports);

}  // namespace plaquette
