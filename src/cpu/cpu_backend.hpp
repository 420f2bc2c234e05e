#pragma once

#include <memory>

#include "cpu/machine.hpp"
#include "plaquette/backend/backend.hpp"

namespace plaquette::cpu {

/// Bytes the CPU backend will hold. Throws CapacityError if the job does not fit the limit.
MemoryPlan plan_memory(const Problem& problem, const Resources& resources);

/// The CPU backend: every verb cuts its batch into fixed pieces, one thread works on a piece, and
/// pieces are summed in a fixed order, so that results do not depend on the thread count or on
/// the memory limit.
std::unique_ptr<Backend> make_backend(const Problem& problem, const Resources& resources);

}  // namespace plaquette::cpu
