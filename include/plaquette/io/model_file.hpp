#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "plaquette/model/network_shape.hpp"
#include "plaquette/physics/lattice.hpp"
#include "plaquette/vmc/job.hpp"

namespace plaquette {

/// Whose ground state a network was made to be, in which frame, and how it was projected.
struct Provenance {
  Couplings couplings;
  SymmetryChoice symmetry;
};

/// What a model file holds: a lattice, a network, its parameters in the order of ParameterTable.
struct Model {
  LatticeKind lattice = LatticeKind::square;
  int L = 0;
  NetworkChoice network;
  std::vector<double> parameters;             ///< (P)
  std::optional<Provenance> provenance = {};  ///< empty where the file does not say
};

/// What the parameters are those of.
NetworkShape network_shape_of(const Model& model);

/// The job's network with these parameters.
Model model_of(const Job& job, std::vector<double> parameters);

/// The format is described in docs/guide.md. Throws InputError that names the file and what is
/// wrong with it: not HDF5, another format or version, an impossible network, a missing tensor, a
/// wrong shape, a number that is not finite.
Model read_model(const std::filesystem::path& path);

/// Replaces the file atomically. Throws IoError.
void write_model(const std::filesystem::path& path, const Model& model);

}  // namespace plaquette
