#include <cmath>
#include <complex>
#include <limits>

#include "backend_choice.hpp"
#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "json.hpp"
#include "messages.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/io/configurations_file.hpp"
#include "plaquette/io/provenance.hpp"

namespace plaquette {
namespace {

void print_rows(const ConfigurationBatch& states, const std::vector<std::complex<double>>& log_psi,
                const std::vector<std::complex<double>>& energies) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (std::size_t k = 0; k < states.count(); ++k) {
    nlohmann::ordered_json row{{"configuration", format_configuration(states[k], states.sites())},
                               {"log_psi", {log_psi[k].real(), log_psi[k].imag()}}};
    if (!energies.empty()) row["local_energy"] = {energies[k].real(), energies[k].imag()};
    rows.push_back(std::move(row));
  }
  print_json(rows);
}

/// −∞ is the logarithm of a projected amplitude that is zero; there, no local energy is defined.
bool vanishes(std::complex<double> log_psi) {
  return log_psi.real() == -std::numeric_limits<double>::infinity();
}

void require_numbers(const std::vector<std::complex<double>>& log_psi, Precision precision) {
  for (std::size_t k = 0; k < log_psi.size(); ++k) {
    if (vanishes(log_psi[k])) continue;
    if (!std::isfinite(log_psi[k].real()) || !std::isfinite(log_psi[k].imag())) {
      throw NumericalError(concat("the network's arithmetic overflows in ", word(precision),
                                  " at configuration ", k + 1, ": its parameters are too large",
                                  precision == Precision::fp32 ? "; try --precision fp64" : ""));
    }
  }
}

/// A local energy is a sum of ratios ψ(s')/ψ(s), which may lie beyond what a number can hold.
void tell_overflow(const std::vector<std::complex<double>>& log_psi,
                   const std::vector<std::complex<double>>& energies) {
  std::size_t count = 0;
  for (std::size_t k = 0; k < energies.size(); ++k) {
    const bool finite = std::isfinite(energies[k].real()) && std::isfinite(energies[k].imag());
    if (!finite && !vanishes(log_psi[k])) ++count;
  }
  if (count == 0) return;
  tell_line(
      "{} of {} local energies overflow: the amplitude is smaller than that of a connected "
      "configuration by more than e^700; log psi holds all the same",
      count, energies.size());
}

}  // namespace

int log_psi_command(const Arguments& arguments) {
  std::string path;
  std::string source;
  bool local_energy = false;
  bool json = false;
  Options options("log-psi", "Amplitudes log ψ, and total local energies, of configurations.");
  options.positional("MODEL", path, "model file");
  options.text("--configurations", source, "one +/- (or 1/0) line a configuration; - for stdin");
  options.flag("--local-energy", local_energy, "print local energies as well");
  for (const char* key : {"J1", "J2", "marshall", "bonds"}) options.configuration(key);
  options.configuration(OptionGroup::symmetry);
  options.configuration(OptionGroup::resources);
  options.flag("--json", json, "print JSON");
  if (!options.parse(arguments)) return 0;
  if (source.empty()) throw InputError("--configurations: must be given, a file or -");

  const Model model = read_model(path);
  Configuration configuration = configuration_of(model);
  options.values().apply(configuration);
  resolve_couplings(options.values(), configuration);
  const Job& job = configuration.job;
  const Problem problem{.system = make_system(job), .precision = job.precision};
  const ConfigurationBatch states = read_configurations(source, problem.system.lattice.sites());
  if (local_energy) {
    tell_line("local energies of {}{}", couplings_text(job.couplings),
              model.provenance ? "" : "; the model file does not say whose ground state it is");
  }
  const auto backend =
      make_backend(configuration.chosen_backend(), problem, configuration.resources);
  announce_auto_backend(configuration, false);
  backend->set_parameters(model.parameters);
  std::vector<std::complex<double>> log_psi(states.count());
  backend->log_psi(states, log_psi);
  std::vector<std::complex<double>> energies(local_energy ? states.count() : 0);
  if (local_energy) backend->local_energies(states, energies);
  require_numbers(log_psi, job.precision.sampling);
  tell_overflow(log_psi, energies);
  if (json) {
    print_rows(states, log_psi, energies);
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
