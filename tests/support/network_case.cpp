#include "network_case.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace plaquette::test {

std::string NetworkCase::name() const {
  constexpr const char* kAttention[] = {"factored", "t5", "decoupled"};
  return concat(lattice == LatticeKind::square ? "square" : "chain", L, "_b", network.patch, "_d",
                network.d_model, "_h", network.heads, "_l", network.layers, "_f", network.ffn_ratio,
                '_', kAttention[static_cast<int>(network.attention)],
                network.translation_invariant ? "" : "_full");
}

std::vector<double> random_parameters(const ParameterTable& table, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  std::vector<double> theta(table.size);
  for (const NamedTensor& tensor : table.tensors) {
    double centre = 0;
    double width = 0.2;
    if (tensor.name.ends_with("/scale")) centre = 1;
    if (tensor.name.ends_with("/kernel")) width = std::sqrt(3.0 / double(tensor.shape[0]));
    for (std::size_t k = 0; k < tensor.size(); ++k) {
      theta[tensor.offset + k] = centre + width * uniform(random);
    }
  }
  return theta;
}

oracle::OracleNetwork make_oracle(const NetworkCase& network_case,
                                  const std::vector<double>& theta) {
  const bool chain = network_case.lattice == LatticeKind::chain;
  const NetworkChoice& choice = network_case.network;
  oracle::OracleNetwork network;
  network.rows = chain ? 1 : network_case.L;
  network.columns = network_case.L;
  network.patch_rows = chain ? 1 : choice.patch;
  network.patch_columns = choice.patch;
  network.d = choice.d_model;
  network.heads = choice.heads;
  network.layers = choice.layers;
  network.ffn_ratio = choice.ffn_ratio;
  network.attention = choice.attention == Attention::factored ? oracle::Attention::factored
                      : choice.attention == Attention::t5     ? oracle::Attention::t5
                                                              : oracle::Attention::decoupled;
  network.translation_invariant = choice.translation_invariant;
  for (const NamedTensor& tensor : network_case.table().tensors) {
    const auto first = theta.begin() + static_cast<std::ptrdiff_t>(tensor.offset);
    network.parameters[tensor.name] =
        std::vector<double>(first, first + static_cast<std::ptrdiff_t>(tensor.size()));
  }
  return network;
}

std::vector<double> flat_parameters(const oracle::OracleNetwork& network,
                                    const ParameterTable& table) {
  std::vector<double> theta(table.size);
  for (const NamedTensor& tensor : table.tensors) {
    const std::vector<double>& values = network.parameters.at(tensor.name);
    PLAQUETTE_REQUIRE(values.size() == tensor.size(), tensor.name);
    std::copy(values.begin(), values.end(),
              theta.begin() + static_cast<std::ptrdiff_t>(tensor.offset));
  }
  return theta;
}

std::vector<oracle::Spins> random_spins(int sites, std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  oracle::Spins spins(static_cast<std::size_t>(sites), 1);
  std::fill(spins.begin(), spins.begin() + sites / 2, -1);
  std::vector<oracle::Spins> configurations;
  for (std::size_t k = 0; k < count; ++k) {
    std::shuffle(spins.begin(), spins.end(), random);
    configurations.push_back(spins);
  }
  return configurations;
}

ConfigurationBatch pack(const std::vector<oracle::Spins>& configurations) {
  const std::size_t sites = configurations.at(0).size();
  ConfigurationBatch batch(static_cast<int>(sites), configurations.size());
  for (std::size_t k = 0; k < configurations.size(); ++k) {
    for (std::size_t i = 0; i < sites; ++i) {
      if (configurations[k][i] > 0) batch[k][i / 64] |= std::uint64_t{1} << (i % 64);
    }
  }
  return batch;
}

oracle::Spins unpack(const std::uint64_t* words, int sites) {
  oracle::Spins spins;
  for (int i = 0; i < sites; ++i) spins.push_back((words[i / 64] >> (i % 64)) & 1 ? 1 : -1);
  return spins;
}

oracle::Spins unpack(std::uint64_t state, int sites) { return unpack(&state, sites); }

Problem make_problem(const NetworkCase& network_case, const Couplings& couplings,
                     int exchange_range) {
  const Lattice lattice = network_case.make_lattice();
  const NetworkShape shape = network_case.shape();
  return {.system = {.lattice = lattice,
                     .hamiltonian = make_hamiltonian(lattice, couplings),
                     .network = shape,
                     .parameters = make_parameter_table(shape),
                     .exchange_pairs = exchange_pairs(lattice, exchange_range)}};
}

std::vector<oracle::OracleBond> make_oracle_bonds(const NetworkCase& network_case,
                                                  const Couplings& couplings) {
  const int rows = network_case.lattice == LatticeKind::chain ? 1 : network_case.L;
  return oracle::j1j2_bonds(rows, network_case.L, couplings.J1, couplings.J2, couplings.marshall);
}

std::vector<BackendKind> built_backends() {
  std::vector<BackendKind> kinds;
  for (const BackendStatus& status : backend_statuses()) {
    if (status.built_in) kinds.push_back(status.kind);
  }
  return kinds;
}

}  // namespace plaquette::test
