#include <complex>

#include "backend_choice.hpp"
#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "json.hpp"
#include "messages.hpp"
#include "plaquette/io/configurations_file.hpp"
#include "plaquette/io/description.hpp"
#include "plaquette/io/provenance.hpp"
#include "plaquette/vmc/amplitudes.hpp"

namespace plaquette {
namespace {

void print_lines(const Amplitudes& found) {
  for (std::size_t k = 0; k < found.log_psi.size(); ++k) {
    fmt::print("{:.17g} {:.17g}", found.log_psi[k].real(), found.log_psi[k].imag());
    if (!found.local_energies.empty()) {
      const std::complex<double> energy = found.local_energies[k];
      fmt::print(" {:.17g} {:.17g}", energy.real(), energy.imag());
    }
    fmt::print("\n");
  }
}

/// A local energy is a sum of ratios ψ(s')/ψ(s), which may lie beyond what a number can hold.
void tell_overflow(const Amplitudes& found) {
  const std::size_t count = found.overflowing();
  if (count == 0) return;
  tell_line(
      "{} of {} local energies overflow: the amplitude is smaller than that of a connected "
      "configuration by more than e^700; log psi holds all the same",
      count, found.local_energies.size());
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
  for (const char* key : kCouplingsKeys) options.configuration(key);
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
  const auto backend = make_backend(configuration, problem);
  announce_auto_backend(configuration, false);
  backend->set_parameters(model.parameters);
  const Amplitudes found =
      evaluate_amplitudes(*backend, states, local_energy ? LocalEnergies::yes : LocalEnergies::no,
                          job.precision.sampling);
  tell_overflow(found);
  if (json) {
    print_json(description_of(states, found));
  } else {
    print_lines(found);
  }
  return 0;
}

}  // namespace plaquette
