#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "plaquette/physics/hamiltonian.hpp"
#include "plaquette/vmc/extrapolation.hpp"

namespace plaquette {

/// The energy of a run, as it was measured, and whose it is.
struct MeasuredRun {
  std::string directory;
  std::string source;  ///< the file that the numbers come from
  EnergyPoint point;
  Hamiltonian hamiltonian;
};

/// From measure.json if there is one, else from summary.json. Throws InputError that names the
/// file: there is neither, a number is missing, the run has gone on since it was measured.
MeasuredRun read_measured_run(const std::string& directory);

/// Only energies of one magnet lie on one line, whatever frames its runs worked in. Throws
/// InputError that names the run that is of another.
void require_same_magnet(std::span<const MeasuredRun> runs);

/// The fit through the runs, and what went in.
nlohmann::ordered_json extrapolation_json(std::span<const MeasuredRun> runs,
                                          const ZeroVarianceFit& fit);

}  // namespace plaquette
