#pragma once

#include "plaquette/backend/backend.hpp"
#include "plaquette/vmc/job.hpp"

namespace plaquette {

/// Throws NumericalError unless both backends, made for make_problem(job) with chains, find the
/// same but for rounding: log ψ, local energies and force of the job's first chains, and the chains
/// after a sweep; and unless each one's direction solves its own linear system. Parameters, chains
/// and samples of both are overwritten.
void require_agreement(const Job& job, Backend& first, Backend& second);

}  // namespace plaquette
