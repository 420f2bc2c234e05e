#pragma once

#if !defined(PLAQUETTE_SIMT)
// The C interface: the C++ one came to the toolkit only with 12.9.
#include <nvtx3/nvToolsExt.h>
#endif

namespace plaquette::cuda {

/// Names a stretch of the host's time, so that Nsight shows the phases of a step by name.
class PhaseRange {
 public:
#if defined(PLAQUETTE_SIMT)
  explicit PhaseRange(const char*) {}
#else
  explicit PhaseRange(const char* name) { nvtxRangePushA(name); }
  ~PhaseRange() { nvtxRangePop(); }
#endif
  PhaseRange(const PhaseRange&) = delete;
  PhaseRange& operator=(const PhaseRange&) = delete;
};

}  // namespace plaquette::cuda
