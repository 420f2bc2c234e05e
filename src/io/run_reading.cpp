#include "plaquette/io/run_reading.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "plaquette/base/errors.hpp"
#include "plaquette/io/atomic_file.hpp"
#include "plaquette/io/found_values.hpp"
#include "plaquette/physics/sector.hpp"

namespace plaquette {
namespace {

namespace fs = std::filesystem;

/// The directory's own name, whatever slashes and dots the path ends with.
std::string last_name(const std::string& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  const fs::path last = whole.has_filename() ? whole.filename() : whole.parent_path().filename();
  return last.empty() ? path : last.string();
}

/// Short names, unless two runs would have the same.
void name_apart(std::vector<RunReading>& runs) {
  std::set<std::string> names;
  for (const RunReading& run : runs) names.insert(run.name);
  if (names.size() == runs.size()) return;
  for (RunReading& run : runs) run.name = run.directory.root.string();
}

Hamiltonian hamiltonian_of(const RunReading& run) {
  const Job& job = run.configuration.job;
  return make_hamiltonian(make_lattice(job.lattice, job.L), job.couplings);
}

/// What has been diagonalised: a series of runs is often one of one magnet.
class ExactEnergies {
 public:
  explicit ExactEnergies(const ExactEnergy& exact) : exact_(exact) {}

  double operator()(const Hamiltonian& hamiltonian) {
    for (const auto& [known, energy] : known_) {
      if (same_up_to_rotation(known, hamiltonian)) return energy;
    }
    known_.emplace_back(hamiltonian, exact_(hamiltonian));
    return known_.back().second;
  }

 private:
  const ExactEnergy& exact_;
  std::vector<std::pair<Hamiltonian, double>> known_;
};

std::optional<KnownEnergy> reference_of(const RunReading& run, ExactEnergies& exact,
                                        std::optional<double> given) {
  if (given) return KnownEnergy{*given, "--reference", true};
  if (run.sites() <= kMaxEnumeratedSites) {
    return KnownEnergy{exact(hamiltonian_of(run)) / run.sites(), "exact diagonalisation", true};
  }
  return published_energy(run.configuration.job);
}

}  // namespace

const FoundMeasurement* RunReading::current_measurement() const {
  if (!measurement || (measurement->step && *measurement->step != step())) return nullptr;
  return &*measurement;
}

int RunReading::sites() const {
  return make_lattice(configuration.job.lattice, configuration.job.L).sites();
}

RunReading read_run(const std::string& path) {
  const RunDirectory directory{path};
  require_run(directory);
  return {.name = last_name(path),
          .directory = directory,
          .configuration = read_configuration(directory.configuration()),
          .configuration_text = read_text(directory.configuration()),
          .log = read_step_log(directory.log()),
          .summary = found_summary(directory.summary()),
          .measurement = found_measurement(directory.measurement()),
          .attention = found_attention(directory.root / "attention.json"),
          .reference = {}};
}

std::vector<RunReading> read_runs(const std::vector<std::string>& paths, const ExactEnergy& exact,
                                  std::optional<double> given) {
  std::vector<RunReading> runs;
  ExactEnergies energies(exact);
  for (const std::string& path : paths) {
    runs.push_back(read_run(path));
    runs.back().reference = reference_of(runs.back(), energies, given);
  }
  name_apart(runs);
  return runs;
}

}  // namespace plaquette
