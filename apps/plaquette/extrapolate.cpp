#include "commands.hpp"
#include "fmt/core.h"
#include "json.hpp"
#include "options.hpp"
#include "plaquette/io/measured_run.hpp"

namespace plaquette {
namespace {

void print_fit(const std::vector<MeasuredRun>& runs, const ZeroVarianceFit& fit) {
  fmt::print("{:>12}  {:>26}  run\n", "variance", "energy per site");
  for (const MeasuredRun& run : runs) {
    fmt::print("{:>12.4e}  {:>12.8f} ± {:<11.8f}  {}\n", run.point.variance.mean,
               run.point.energy.mean, run.point.energy.error, run.directory);
  }
  fmt::print("energy per site at zero variance  {:.8f} ± {:.8f}\n", fit.intercept.mean,
             fit.intercept.error);
  if (fit.chi_square > 0) {
    fmt::print("chi²  {:.2f} with {} degrees of freedom\n", fit.chi_square, fit.degrees_of_freedom);
  }
}

}  // namespace

int extrapolate_command(const Arguments& arguments) {
  std::vector<std::string> roots;
  bool json = false;
  Options options("extrapolate", "Energy at zero variance from runs of different accuracy.");
  options.positionals("DIR", roots, "run directories, measured or at least finished");
  options.flag("--json", json, "print JSON");
  if (!options.parse(arguments)) return 0;

  std::vector<MeasuredRun> runs;
  std::vector<EnergyPoint> points;
  for (const std::string& root : roots) {
    runs.push_back(read_measured_run(root));
    points.push_back(runs.back().point);
  }
  require_same_magnet(runs);
  const ZeroVarianceFit fit = fit_zero_variance(points);
  if (json) {
    print_json(extrapolation_json(runs, fit));
  } else {
    print_fit(runs, fit);
  }
  return 0;
}

}  // namespace plaquette
