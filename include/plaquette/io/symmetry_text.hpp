#pragma once

#include <string>
#include <string_view>

#include "plaquette/physics/symmetry.hpp"

namespace plaquette {

/// Reads `none`, or some of `translations`, `c4v`, `spin-flip`, separated by commas; each may name
/// its representation: translations=1x0, c4v=B1, spin-flip=odd (0x0, A1 and even if not said).
/// Throws InputError that names --symmetry.
SymmetryChoice parse_symmetry(std::string_view text);

/// The text that parse_symmetry reads as `choice`.
std::string symmetry_text(const SymmetryChoice& choice);

}  // namespace plaquette
