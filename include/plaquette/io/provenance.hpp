#pragma once

#include <string>

#include "plaquette/io/results.hpp"
#include "plaquette/vmc/job.hpp"

namespace plaquette {

/// "J1 = 1, J2 = 0.5, Marshall frame", or the number of bonds in place of J1 and J2.
std::string couplings_text(const Couplings& couplings);

/// In whose terms spin correlations are: "physical", or "bonds" where the bonds' own signs look
/// like a rotation that was not declared.
std::string observables_frame(const Job& job);

/// What was looked at: lattice, L, J1 and J2 or bonds (n, 4), marshall, frame, symmetry.
void record_magnet(Results& results, const Job& job);

}  // namespace plaquette
