#pragma once

#if !defined(PLAQUETTE_SIMT)
#include <nvtx3/nvtx3.hpp>
#endif

namespace plaquette::cuda {

/// Names a stretch of the host's time, so that Nsight shows the phases of a step by name.
class PhaseRange {
 public:
#if defined(PLAQUETTE_SIMT)
  explicit PhaseRange(const char*) {}
#else
  explicit PhaseRange(const char* name) : range_(name) {}

 private:
  nvtx3::scoped_range range_;
#endif
};

}  // namespace plaquette::cuda
