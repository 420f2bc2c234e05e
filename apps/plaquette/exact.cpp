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
  J1J2Couplings couplings;
  int threads = 0;
  bool json = false;
  Options options("exact", "Ground state in the Sz = 0 sector by exact diagonalisation.");
  options.word("--lattice", kind, "lattice");
  options.integer("--L", L, "linear size, even");
  define_couplings(options, couplings);
  options.integer("--threads", threads, "CPU threads; 0: all");
  options.no_longer_in_files();
  options.configuration_file("--config");
  options.flag("--json", json, "print JSON");
  if (!options.parse(arguments)) return 0;
  if (threads < 0) throw InputError(concat("--threads ", threads, ": must be at least 0"));

  const Lattice lattice = make_lattice(kind, L);
  if (lattice.sites() > kMaxEnumeratedSites) {
    throw InputError(concat("--L ", L, ": the lattice has ", lattice.sites(),
                            " sites; exact diagonalisation takes at most ", kMaxEnumeratedSites));
  }
  const GroundState found = ground_state(j1j2_hamiltonian(lattice, couplings), threads);
  const double per_site = found.energy / lattice.sites();
  if (json) {
    fmt::print("{}\n", nlohmann::ordered_json{{"lattice", word(kind)},
                                              {"L", L},
                                              {"J1", couplings.J1},
                                              {"J2", couplings.J2},
                                              {"marshall", couplings.marshall},
                                              {"sites", lattice.sites()},
                                              {"states", found.amplitudes.size()},
                                              {"energy", found.energy},
                                              {"energy_per_site", per_site}}
                           .dump(2));
  } else {
    fmt::print("energy per site  {:.10f}\n", per_site);
    fmt::print("total energy     {:.10f}\n", found.energy);
    fmt::print("states           {}\n", found.amplitudes.size());
  }
  return 0;
}

}  // namespace plaquette
