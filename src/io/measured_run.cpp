#include "plaquette/io/measured_run.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "plaquette/base/errors.hpp"
#include "plaquette/io/bonds_file.hpp"
#include "plaquette/io/checkpoint.hpp"
#include "plaquette/io/configuration.hpp"
#include "plaquette/io/run_directory.hpp"

namespace plaquette {
namespace {

/// What a run was found to be: a JSON object in a file.
class Findings {
 public:
  explicit Findings(std::filesystem::path path) : path_(std::move(path)) {
    std::ifstream file(path_);
    if (!file) {
      throw InputError(concat(path_.parent_path().string(),
                              ": has neither measure.json nor summary.json; the run is not "
                              "finished"));
    }
    document_ = nlohmann::json::parse(file, nullptr, false);
    if (document_.is_discarded())
      throw InputError(concat(path_.string(), ": is not JSON, or is cut off"));
  }

  std::string path() const { return path_.string(); }
  bool has(const char* key) const { return document_.is_object() && document_.contains(key); }
  const nlohmann::json& operator[](const char* key) const { return document_.at(key); }
  double number(const char* key) const {
    if (!has(key) || !document_[key].is_number()) {
      throw InputError(concat(path(), ": has no number '", key, "'"));
    }
    return document_[key].get<double>();
  }

 private:
  std::filesystem::path path_;
  nlohmann::json document_;
};

/// A run may have gone on since it was measured.
void require_current(const RunDirectory& directory, const Findings& found) {
  if (!found.has("step")) return;
  const std::uint64_t now = read_checkpoint(directory.checkpoint()).state.step;
  if (found["step"] != now) {
    throw InputError(concat(found.path(), ": was measured after step ", found["step"].dump(),
                            ", the run is at step ", now, "; measure it again: plaquette measure ",
                            directory.root.string(), " --force"));
  }
}

Couplings couplings_of(const Findings& found, int sites) {
  Couplings couplings;
  found["marshall"].get_to(couplings.marshall);
  if (found.has("bonds")) {
    std::vector<double> table;
    for (const auto& row : found["bonds"]) {
      for (const auto& number : row) table.push_back(number.get<double>());
    }
    couplings.bonds = bonds_from_table(table, sites);
  } else {
    found["J1"].get_to(couplings.J1);
    found["J2"].get_to(couplings.J2);
  }
  return couplings;
}

/// Whose energies these are: as the file says it was measured, or as the run was configured. The
/// magnet alone: the projection that was measured need not be the run's.
Hamiltonian hamiltonian_of(const RunDirectory& directory, const Findings& found) {
  const Job job = read_configuration(directory.configuration()).job;
  const Lattice lattice = make_lattice(job.lattice, job.L);
  if (!found.has("marshall")) return make_hamiltonian(lattice, job.couplings);
  try {
    return make_hamiltonian(lattice, couplings_of(found, lattice.sites()));
  } catch (const nlohmann::json::exception& error) {
    throw InputError(concat(found.path(), ": its couplings cannot be read: ", error.what()));
  } catch (const InputError& error) {
    throw InputError(concat(found.path(), ": ", error.what()));
  }
}

nlohmann::ordered_json estimate_json(const Estimate& value) {
  return {{"mean", value.mean}, {"error", value.error}};
}

}  // namespace

MeasuredRun read_measured_run(const std::string& root) {
  const RunDirectory directory{root};
  require_run(directory);
  const bool measured = std::filesystem::exists(directory.measurement());
  const Findings found(measured ? directory.measurement() : directory.summary());
  require_current(directory, found);
  const double variance_error = found.has("variance_error") ? found.number("variance_error") : 0.0;
  return {.directory = root,
          .source = found.path(),
          .point = {{found.number("variance"), variance_error},
                    {found.number("energy_per_site"), found.number("energy_error")}},
          .hamiltonian = hamiltonian_of(directory, found)};
}

void require_same_magnet(std::span<const MeasuredRun> runs) {
  for (const MeasuredRun& run : runs) {
    if (!same_up_to_rotation(run.hamiltonian, runs.front().hamiltonian)) {
      throw InputError(concat(run.directory, ": its lattice or couplings are not those of ",
                              runs.front().directory));
    }
  }
}

nlohmann::ordered_json extrapolation_json(std::span<const MeasuredRun> runs,
                                          const ZeroVarianceFit& fit) {
  nlohmann::ordered_json points = nlohmann::ordered_json::array();
  for (const MeasuredRun& run : runs) {
    points.push_back({{"source", run.source},
                      {"variance", estimate_json(run.point.variance)},
                      {"energy_per_site", estimate_json(run.point.energy)}});
  }
  return {{"energy_per_site", fit.intercept.mean},
          {"energy_error", fit.intercept.error},
          {"slope", estimate_json(fit.slope)},
          {"chi_square", fit.chi_square},
          {"degrees_of_freedom", fit.degrees_of_freedom},
          {"runs", points}};
}

}  // namespace plaquette
