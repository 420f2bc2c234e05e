#include <complex>

#include "backend_choice.hpp"
#include "commands.hpp"
#include "configurations.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "json.hpp"
#include "messages.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/io/provenance.hpp"

namespace plaquette {
namespace {

void print_json(const ConfigurationBatch& states, const std::vector<std::complex<double>>& log_psi,
                const std::vector<std::complex<double>>& energies) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (std::size_t k = 0; k < states.count(); ++k) {
    nlohmann::ordered_json row{{"configuration", format_configuration(states[k], states.sites())},
                               {"log_psi", {log_psi[k].real(), log_psi[k].imag()}}};
    if (!energies.empty()) row["local_energy"] = {energies[k].real(), energies[k].imag()};
    rows.push_back(std::move(row));
  }
  fmt::print("{}\n", rows.dump(2));
}

/// Those of the model file, or the defaults, with what was given in their place.
Couplings resolved_couplings(const Options& options, const Couplings& given,
                             const std::string& bonds_file, const Model& model) {
  Couplings couplings = model.provenance ? model.provenance->couplings : Couplings{};
  if (options.given("--J1") || options.given("--J2")) couplings.bonds.clear();
  if (options.given("--J1")) couplings.J1 = given.J1;
  if (options.given("--J2")) couplings.J2 = given.J2;
  if (options.given("--marshall")) couplings.marshall = given.marshall;
  resolve_couplings(options, make_lattice(model.lattice, model.L), bonds_file, couplings);
  return couplings;
}

}  // namespace

int log_psi_command(const Arguments& arguments) {
  std::string path;
  std::string source;
  Couplings couplings;
  std::string bonds_file;
  bool local_energy = false;
  bool json = false;
  JobOptions shared;
  Options options("log-psi", "Amplitudes log ψ, and total local energies, of configurations.");
  options.no_longer_in_files();
  options.positional("MODEL", path, "model file");
  options.text("--configurations", source, "one +/- (or 1/0) line a configuration; - for stdin");
  options.flag("--local-energy", local_energy, "print local energies as well");
  define_couplings(options, couplings, bonds_file);
  define_symmetry(options, shared.job.symmetry);
  define_resources(options, shared);
  options.flag("--json", json, "print JSON");
  if (!options.parse(arguments)) return 0;
  if (source.empty()) throw InputError("--configurations: must be given, a file or -");

  const Model model = read_model(path);
  const Lattice lattice = make_lattice(model.lattice, model.L);
  const ConfigurationBatch states = read_configurations(source, lattice.sites());
  Job job = shared.job;
  job.lattice = model.lattice;
  job.L = model.L;
  job.network = model.network;
  job.couplings = resolved_couplings(options, couplings, bonds_file, model);
  if (model.provenance && !options.given("--symmetry")) job.symmetry = model.provenance->symmetry;
  if (local_energy) {
    tell_line("local energies of {}{}", couplings_text(job.couplings),
              model.provenance ? "" : "; the model file does not say whose ground state it is");
  }
  const Problem problem{.system = make_system(job), .precision = job.precision};
  const auto backend = make_backend(shared.chosen_backend(), problem, shared.resources);
  announce_auto_backend(shared, false);
  backend->set_parameters(model.parameters);
  std::vector<std::complex<double>> log_psi(states.count());
  backend->log_psi(states, log_psi);
  std::vector<std::complex<double>> energies(local_energy ? states.count() : 0);
  if (local_energy) backend->local_energies(states, energies);
  if (json) {
    print_json(states, log_psi, energies);
    return 0;
  }
  for (std::size_t k = 0; k < states.count(); ++k) {
    fmt::print("{:.17g} {:.17g}", log_psi[k].real(), log_psi[k].imag());
    if (local_energy) fmt::print(" {:.17g} {:.17g}", energies[k].real(), energies[k].imag());
    fmt::print("\n");
  }
  return 0;
}

}  // namespace plaquette
