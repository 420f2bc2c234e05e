#pragma once

#include "plaquette/vmc/job.hpp"

namespace plaquette {

/// C4v's trivial representation on the 4×4 square lattice with its own bonds and J1 > 0, which
/// holds the ground state at any J2: the next state of its momentum, of another representation,
/// comes within 0.16 of it. None for a full sum, which eight images of all configurations would
/// make long, and none elsewhere: on 6×6 or 10×10 the representation of the ground state changes
/// with J2.
SymmetryChoice default_symmetry(const Job& job);

/// `job` with what a search begins with where nothing is said, by its lattice, couplings, sampler
/// and symmetry; docs/results/defaults is the evidence. The members of Job{} have other values,
/// which never change: a file of an older program means them where it lacks a key.
///
/// The sign rule is on for the lattice's own bonds with J1 > 0, at any J2; off for listed bonds,
/// whose sublattices are not known. Patches are single sites up to 36 sites, so that every
/// translation is a symmetry of the network; 2 on larger lattices, and where the magnet lacks some
/// translations or the search projects on them. Up to 20 sites the samples see every configuration
/// of weight, with chains that follow |ψ|, and steps may carry momentum; above, momentum takes a
/// search away to what its samples do not see.
Job default_job(Job job);

}  // namespace plaquette
