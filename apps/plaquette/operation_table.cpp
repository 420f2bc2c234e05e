#include "operation_table.hpp"

#include "fmt/core.h"
#include "plaquette/io/words.hpp"

namespace plaquette {

void print_operations(const std::vector<OperationRow>& rows, const Roofline& roofline) {
  fmt::print("copy {:.0f} GB/s; GEMM peak {:.0f} GFLOP/s FP32, {:.0f} GFLOP/s FP64\n\n",
             1e-9 * roofline.bandwidth, roofline.fp32, roofline.fp64);
  fmt::print("{:<10} {:<20} {:>5} {:>5} {:>4} {:>6} {:>11} {:>9} {:>8} {:>8}\n", "attention",
             "operation", "n", "d", "h", "B", "median ms", "GFLOP/s", "GB/s", "roofline");
  for (const OperationRow& row : rows) {
    const OperationRates rates(row, roofline);
    const NetworkShape& shape = row.network.shape;
    fmt::print("{:<10} {:<20} {:>5} {:>5} {:>4} {:>6} {:>11.4f} {:>9.1f} {:>8.1f} {:>7.1f}%\n",
               word(shape.attention), row.name(), shape.tokens(), shape.d_model, shape.heads,
               row.network.batch, 1e3 * rates.median, rates.gflops, 1e-9 * rates.bytes_per_second,
               100 * rates.of_roofline);
  }
}

}  // namespace plaquette
