#include "plaquette/io/provenance.hpp"

#include "fmt/core.h"
#include "plaquette/io/bonds_file.hpp"
#include "plaquette/io/symmetry_text.hpp"
#include "plaquette/io/words.hpp"

namespace plaquette {

std::string couplings_text(const Couplings& couplings) {
  const std::string text = couplings.bonds.empty()
                               ? fmt::format("J1 = {}, J2 = {}", couplings.J1, couplings.J2)
                               : fmt::format("{} given bonds", couplings.bonds.size());
  return text + (couplings.marshall ? ", Marshall frame" : "");
}

std::string observables_frame(const Job& job) {
  const Lattice lattice = make_lattice(job.lattice, job.L);
  return looks_rotated(make_hamiltonian(lattice, job.couplings)) ? "bonds" : "physical";
}

void record_magnet(Results& results, const Job& job) {
  const Couplings& couplings = job.couplings;
  results.text("lattice", std::string(word(job.lattice)));
  results.text("frame", observables_frame(job));
  results.text("symmetry", symmetry_text(job.symmetry));
  results.integer("L", job.L);
  results.flag("marshall", couplings.marshall);
  if (couplings.bonds.empty()) {
    results.number("J1", couplings.J1);
    results.number("J2", couplings.J2);
  } else {
    results.array("bonds", {couplings.bonds.size(), 4}, bonds_table(couplings.bonds));
  }
}

}  // namespace plaquette
