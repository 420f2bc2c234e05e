#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "json.hpp"
#include "options.hpp"
#include "plaquette/exact/diagonalisation.hpp"
#include "plaquette/physics/sector.hpp"

namespace plaquette {

int exact_command(const Arguments& arguments) {
  LatticeKind kind = LatticeKind::square;
  int L = 4;
  Couplings couplings;
  std::string bonds_file;
  int threads = 0;
  bool json = false;
  Options options("exact", "Ground state in the Sz = 0 sector by exact diagonalisation.");
  options.word("--lattice", kind, "lattice");
  options.integer("--L", L, "linear size, even");
  define_couplings(options, couplings, bonds_file);
  options.integer("--threads", threads, "CPU threads; 0: all");
  options.no_longer_in_files();
  options.configuration_file("--config");
  options.flag("--json", json, "print JSON");
  if (!options.parse(arguments)) return 0;
  constexpr int kMostThreads = 128;
  if (threads < 0 || threads > kMostThreads) {
    throw InputError(
        concat("--threads ", threads, ": must be from 1 to ", kMostThreads, ", or 0 for all"));
  }

  const Lattice lattice = make_lattice(kind, L);
  if (lattice.sites() > kMaxEnumeratedSites) {
    throw InputError(concat("--L ", L, ": the lattice has ", lattice.sites(),
                            " sites; exact diagonalisation takes at most ", kMaxEnumeratedSites));
  }
  resolve_couplings(options, lattice, bonds_file, couplings);
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
    fmt::print("{}\n", document.dump(2));
  } else {
    fmt::print("energy per site  {:.10f}\n", per_site);
    fmt::print("total energy     {:.10f}\n", found.energy);
    fmt::print("states           {}\n", found.amplitudes.size());
  }
  return 0;
}

}  // namespace plaquette
