#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "plaquette/physics/hamiltonian.hpp"

namespace plaquette {

/// Reads bonds, one on a line: `i j Jz Jxy`, sites counted from 0, separated by blanks; `#` starts
/// a comment. A pair may appear more than once, its terms add up. Throws InputError that names the
/// file, the line and what is wrong: not four numbers, a site that the lattice lacks, i = j, a
/// coupling that is not finite, no bond at all.
std::vector<Bond> read_bonds(const std::filesystem::path& path, int sites);

/// i, j, Jz, Jxy of one bond after the other: (bonds, 4).
std::vector<double> bonds_table(const std::vector<Bond>& bonds);

/// The bonds of such a table. Throws InputError that says what is wrong: as read_bonds, or a site
/// that is no integer.
std::vector<Bond> bonds_from_table(const std::vector<double>& table, int sites);

/// The same format; reading it back gives the same bonds to the bit.
std::string bonds_text(const std::vector<Bond>& bonds);

}  // namespace plaquette
