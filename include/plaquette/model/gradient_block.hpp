#pragma once

#include <cstddef>

#include "plaquette/base/host_device.hpp"

namespace plaquette {

/// Where per-sample gradients go, in the backend's memory: the rows of a block of columns
/// [begin, end) of the flat parameter array, in the Jacobian's layout (backend.hpp). Row
/// part·samples + first_sample + s belongs to
/// sample s of the batch at hand, part 0 the real one, part 1 the imaginary one. Whatever lies
/// outside [begin, end) is neither computed nor written.
template <class Out>
struct GradientBlock {
  Out* entries;              ///< (2·samples, row_stride); column `begin` comes first
  std::size_t row_stride;    ///< elements from row to row, at least end − begin
  std::size_t samples;       ///< M
  std::size_t first_sample;  ///< of the batch
  std::size_t begin;
  std::size_t end;

  /// Whether any of `size` parameters from `offset` on are in the block.
  PLAQUETTE_HD bool wants(std::size_t offset, std::size_t size) const {
    return offset < end && begin < offset + size;
  }
  PLAQUETTE_HD Out* row(std::size_t part, std::size_t sample) const {
    return entries + (part * samples + first_sample + sample) * row_stride;
  }
  PLAQUETTE_HD void store(std::size_t part, std::size_t sample, std::size_t column,
                          Out value) const {
    if (column < begin || column >= end) return;
    row(part, sample)[column - begin] = value;
  }
};

}  // namespace plaquette
