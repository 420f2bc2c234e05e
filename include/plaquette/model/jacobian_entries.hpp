#pragma once

#include <cstddef>

#include "plaquette/base/host_device.hpp"

namespace plaquette {

/// Per-sample derivatives in the backend's memory: real parts of m samples, then imaginary parts.
template <class Real>
struct JacobianEntries {
  const Real* data;           ///< (2m, stride), the first W columns
  std::size_t stride;         ///< elements from row to row
  std::size_t samples;        ///< m
  std::size_t columns;        ///< W
  std::size_t imaginary = 0;  ///< rows from a sample's real part to its imaginary part; 0: m

  PLAQUETTE_HD std::size_t row(std::size_t part, std::size_t sample) const {
    return part * (imaginary > 0 ? imaginary : samples) + sample;
  }
};

}  // namespace plaquette
