#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "json.hpp"
#include "options.hpp"
#include "plaquette/exact/diagonalisation.hpp"
#include "plaquette/physics/sector.hpp"

namespace plaquette {

int exact_command(const Arguments& arguments) {
  Configuration configuration;
  bool json = false;
  Options options("exact", "Ground state in the Sz = 0 sector by exact diagonalisation.");
  options.configuration(OptionGroup::magnet);
  options.configuration("threads");
  options.configuration_file();
  options.flag("--json", json, "print JSON");
  if (!options.parse(arguments)) return 0;
  options.values().apply(configuration);
  const int threads = configuration.resources.threads;
  constexpr int kMostThreads = 128;
  if (threads < 0 || threads > kMostThreads) {
    throw InputError(
        concat("--threads ", threads, ": must be from 1 to ", kMostThreads, ", or 0 for all"));
  }

  // The magnet alone: a file's network need not fit.
  const auto [kind, L] = std::pair(configuration.job.lattice, configuration.job.L);
  const Lattice lattice = make_lattice(kind, L);
  if (lattice.sites() > kMaxEnumeratedSites) {
    throw InputError(concat("--L ", L, ": the lattice has ", lattice.sites(),
                            " sites; exact diagonalisation takes at most ", kMaxEnumeratedSites));
  }
  resolve_couplings(options.values(), configuration);
  const Couplings& couplings = configuration.job.couplings;
  const std::string& bonds_file = configuration.bonds_file;
  const GroundState found = ground_state(make_hamiltonian(lattice, couplings), threads);
  const double per_site = found.energy / lattice.sites();
  if (json) {
    nlohmann::ordered_json document{{"lattice", word(kind)}, {"L", L}};
    if (bonds_file.empty()) {
      document.update(
          {{"J1", couplings.J1}, {"J2", couplings.J2}, {"marshall", couplings.marshall}});
    } else {
      document["bonds"] = bonds_file;
    }
    document.update({{"sites", lattice.sites()},
                     {"states", found.amplitudes.size()},
                     {"energy", found.energy},
                     {"energy_per_site", per_site}});
    print_json(document);
  } else {
    fmt::print("energy per site  {:.10f}\n", per_site);
    fmt::print("total energy     {:.10f}\n", found.energy);
    fmt::print("states           {}\n", found.amplitudes.size());
  }
  return 0;
}

}  // namespace plaquette
