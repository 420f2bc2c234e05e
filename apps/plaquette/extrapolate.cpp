#include <cmath>
#include <fstream>

#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "json.hpp"
#include "plaquette/io/bonds_file.hpp"
#include "plaquette/io/run_directory.hpp"
#include "plaquette/vmc/extrapolation.hpp"

namespace plaquette {
namespace {

struct Run {
  std::string directory;
  std::string source;  // the file that the numbers come from
  EnergyPoint point;
  Hamiltonian hamiltonian;
};

/// A run may have gone on since it was measured.
void require_current(const RunDirectory& directory, const std::filesystem::path& source,
                     const nlohmann::json& document) {
  if (!document.is_object() || !document.contains("step")) return;
  const std::uint64_t now = read_checkpoint(directory.checkpoint()).state.step;
  if (document["step"] != now) {
    throw InputError(concat(source.string(), ": was measured after step ", document["step"].dump(),
                            ", the run is at step ", now, "; measure it again: plaquette measure ",
                            directory.root.string(), " --force"));
  }
}

/// Whose energies these are: as `source` says it was measured, or as the run was configured.
/// Throws InputError that names the source.
Hamiltonian hamiltonian_of(const std::string& root, const std::filesystem::path& source,
                           const nlohmann::json& document) {
  const Job job = read_configuration(RunDirectory{root}.configuration()).job;
  const Lattice lattice = make_lattice(job.lattice, job.L);
  if (!document.is_object() || !document.contains("marshall")) {
    return make_hamiltonian(lattice, job.couplings);
  }
  try {
    Couplings measured;
    document.at("marshall").get_to(measured.marshall);
    if (document.contains("bonds")) {
      std::vector<double> table;
      for (const auto& row : document.at("bonds")) {
        for (const auto& number : row) table.push_back(number.get<double>());
      }
      measured.bonds = bonds_from_table(table, lattice.sites());
    } else {
      document.at("J1").get_to(measured.J1);
      document.at("J2").get_to(measured.J2);
    }
    return make_hamiltonian(lattice, measured);
  } catch (const nlohmann::json::exception& error) {
    throw InputError(concat(source.string(), ": its couplings cannot be read: ", error.what()));
  } catch (const InputError& error) {
    throw InputError(concat(source.string(), ": ", error.what()));
  }
}

/// From measure.json if there is one, else from summary.json.
Run read_run(const std::string& root) {
  const RunDirectory directory{root};
  require_run(directory);
  const std::filesystem::path measured = directory.root / "measure.json";
  const std::filesystem::path source =
      std::filesystem::exists(measured) ? measured : directory.summary();
  std::ifstream file(source);
  if (!file) {
    throw InputError(concat(root,
                            ": has neither measure.json nor summary.json; the run is not "
                            "finished"));
  }
  const auto document = nlohmann::json::parse(file, nullptr, false);
  const auto number = [&](const char* key) {
    if (!document.is_object() || !document.contains(key) || !document[key].is_number()) {
      throw InputError(concat(source.string(), ": has no number '", key, "'"));
    }
    return document[key].get<double>();
  };
  require_current(directory, source, document);
  const double variance_error =
      document.is_object() && document.contains("variance_error") ? number("variance_error") : 0.0;
  return {
      root,
      source.string(),
      {{number("variance"), variance_error}, {number("energy_per_site"), number("energy_error")}},
      hamiltonian_of(root, source, document)};
}

/// Only energies of one magnet lie on one line, whatever frames its runs worked in.
void require_same_magnet(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    if (!same_up_to_rotation(run.hamiltonian, runs.front().hamiltonian)) {
      throw InputError(concat(run.directory, ": its lattice or couplings are not those of ",
                              runs.front().directory));
    }
  }
}

nlohmann::ordered_json estimate_json(const Estimate& value) {
  return {{"mean", value.mean}, {"error", value.error}};
}

void print_runs(const std::vector<Run>& runs, const ZeroVarianceFit& fit) {
  nlohmann::ordered_json points = nlohmann::ordered_json::array();
  for (const Run& run : runs) {
    points.push_back({{"source", run.source},
                      {"variance", estimate_json(run.point.variance)},
                      {"energy_per_site", estimate_json(run.point.energy)}});
  }
  print_json(nlohmann::ordered_json{{"energy_per_site", fit.intercept.mean},
                                    {"energy_error", fit.intercept.error},
                                    {"slope", estimate_json(fit.slope)},
                                    {"chi_square", fit.chi_square},
                                    {"degrees_of_freedom", fit.degrees_of_freedom},
                                    {"runs", points}});
}

}  // namespace

int extrapolate_command(const Arguments& arguments) {
  std::vector<std::string> roots;
  bool json = false;
  Options options("extrapolate", "Energy at zero variance from runs of different accuracy.");
  options.positionals("DIR", roots, "run directories, measured or at least finished");
  options.flag("--json", json, "print JSON");
  if (!options.parse(arguments)) return 0;

  std::vector<Run> runs;
  std::vector<EnergyPoint> points;
  for (const std::string& root : roots) {
    runs.push_back(read_run(root));
    points.push_back(runs.back().point);
  }
  require_same_magnet(runs);
  const ZeroVarianceFit fit = fit_zero_variance(points);
  if (json) {
    print_runs(runs, fit);
    return 0;
  }
  fmt::print("{:>12}  {:>26}  run\n", "variance", "energy per site");
  for (const Run& run : runs) {
    fmt::print("{:>12.4e}  {:>12.8f} ± {:<11.8f}  {}\n", run.point.variance.mean,
               run.point.energy.mean, run.point.energy.error, run.directory);
  }
  fmt::print("energy per site at zero variance  {:.8f} ± {:.8f}\n", fit.intercept.mean,
             fit.intercept.error);
  if (fit.chi_square > 0) {
    fmt::print("chi²  {:.2f} with {} degrees of freedom\n", fit.chi_square, fit.degrees_of_freedom);
  }
  return 0;
}

}  // namespace plaquette
