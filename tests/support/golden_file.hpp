#pragma once

#include <complex>
#include <cstddef>
#include <string>
#include <vector>

#include "reference/network.hpp"

namespace plaquette::test {

/// Local energies of every configuration for one Hamiltonian (J1 = 1). Total, unit of J1.
struct GoldenEnergies {
  double J2;
  bool marshall;
  std::vector<std::complex<double>> values;  // (B)
};

/// ∂ log ψ/∂θ at some flat indices of one tensor, for the first configurations.
struct GoldenGradient {
  std::string tensor;
  std::vector<std::size_t> indices;                       // (K)
  std::vector<std::vector<std::complex<double>>> values;  // (configurations, K)
};

/// A model file with values that an independent implementation computed.
struct GoldenFile {
  oracle::OracleNetwork network;
  std::string lattice;
  std::vector<oracle::Spins> configurations;  // (B, N)
  std::vector<std::complex<double>> log_psi;  // (B)
  std::vector<GoldenEnergies> energies;
  std::vector<GoldenGradient> gradients;
};

/// The golden files' folder: $PLAQUETTE_TEST_DATA where the program was carried elsewhere.
std::string golden_directory();

/// Throws std::runtime_error that names what could not be read.
GoldenFile read_golden_file(const std::string& path);

}  // namespace plaquette::test
