#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "plaquette/backend/backend.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/model/network_shape.hpp"
#include "plaquette/model/parameter_table.hpp"
#include "plaquette/physics/hamiltonian.hpp"
#include "plaquette/physics/lattice.hpp"
#include "reference/local_energy.hpp"
#include "reference/network.hpp"

namespace plaquette::test {

/// A lattice and a network on it, small enough for a table of cases.
struct NetworkCase {
  LatticeKind lattice = LatticeKind::square;
  int L = 4;
  NetworkChoice network;

  Lattice make_lattice() const { return plaquette::make_lattice(lattice, L); }
  NetworkShape shape() const { return make_network_shape(make_lattice(), network); }
  ParameterTable table() const { return make_parameter_table(shape()); }
  int sites() const { return make_lattice().sites(); }
  /// Letters and digits only, as the name of a test.
  std::string name() const;
};

/// Every tensor random, biases and scales too, so that no term of a gradient vanishes by chance.
std::vector<double> random_parameters(const ParameterTable& table, std::uint64_t seed);

/// The oracle's network with the same parameters.
oracle::OracleNetwork make_oracle(const NetworkCase& network_case,
                                  const std::vector<double>& theta);

/// The oracle's parameters as one flat array.
std::vector<double> flat_parameters(const oracle::OracleNetwork& network,
                                    const ParameterTable& table);

/// Configurations with Σ s = 0, each equally likely.
std::vector<oracle::Spins> random_spins(int sites, std::size_t count, std::uint64_t seed);

ConfigurationBatch pack(const std::vector<oracle::Spins>& configurations);
oracle::Spins unpack(const std::uint64_t* words, int sites);
/// A state of at most 64 sites given as a number, bit i = site i.
oracle::Spins unpack(std::uint64_t state, int sites);

/// The same Hamiltonian twice: for the backend and for the oracle.
Problem make_problem(const NetworkCase& network_case, const Couplings& couplings,
                     int exchange_range = 1);
std::vector<oracle::OracleBond> make_oracle_bonds(const NetworkCase& network_case,
                                                  const Couplings& couplings);

/// Backends that this program contains, for value-parameterised suites.
std::vector<BackendKind> built_backends();

}  // namespace plaquette::test
