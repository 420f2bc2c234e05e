#pragma once

#include "plaquette/vmc/job.hpp"

namespace plaquette {

/// What a search begins with where nothing is said; docs/results/defaults is the evidence. The
/// members of Job{} have other values, which never change: a file of an older program means them
/// where it lacks a key.
Job default_job();

/// On for the lattice's own bonds with J1 > 0, at any J2; off for listed bonds, whose sublattices
/// are not known.
bool default_marshall(const Job& job);

/// 1 up to 36 sites, so that every translation is a symmetry of the network. 2 on larger lattices,
/// and where the magnet lacks some translations or the search projects on them.
int default_patch(const Job& job);

/// 8 up to 20 sites, 16 above.
int default_d_model(const Job& job);

/// C4v's trivial representation on the 4×4 square lattice with its own bonds and J1 > 0, which
/// holds the ground state at any J2: the next state of its momentum, of another representation,
/// comes within 0.16 of it. None for a full sum, which eight images of all configurations would
/// make long, and none elsewhere: on 6×6 or 10×10 the representation of the ground state
/// changes with J2, and the eight images of a sample cost more than they gain.
SymmetryChoice default_symmetry(const Job& job);

/// 1024; a quarter where samples have eight images.
std::size_t default_chains(const Job& job);

/// 150 up to 20 sites, 300 above.
int default_steps(const Job& job);

/// 1 up to 20 sites, so that configurations of wrongly small amplitude are seen; 2 above, where
/// the weights would spread too far.
double default_sampling_power(const Job& job);

}  // namespace plaquette
