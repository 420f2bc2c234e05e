#pragma once

#include <vector>

#include "plaquette/vmc/operation_rates.hpp"

namespace plaquette {

/// A table of operations on stdout, after a line with the peaks.
void print_operations(const std::vector<OperationRow>& rows, const Roofline& roofline);

}  // namespace plaquette
