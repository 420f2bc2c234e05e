#include <chrono>
#include <ctime>
#include <filesystem>

#include "commands.hpp"
#include "fmt/chrono.h"
#include "fmt/core.h"
#include "options.hpp"
#include "plaquette/base/errors.hpp"
#include "plaquette/build_info.hpp"
#include "plaquette/exact/diagonalisation.hpp"
#include "plaquette/io/atomic_file.hpp"
#include "plaquette/io/run_report.hpp"

namespace plaquette {
namespace {

struct ReportOptions {
  std::vector<std::string> roots;
  std::string out;
  std::optional<double> reference;
  bool force = false;
};

/// In the run's directory; of several runs here.
std::filesystem::path page_of(const ReportOptions& given) {
  if (!given.out.empty()) return given.out;
  const std::filesystem::path name = "report.html";
  return given.roots.size() == 1 ? given.roots.front() / name : name;
}

void require_page(const std::filesystem::path& page, bool force) {
  if (std::filesystem::is_directory(page)) {
    throw InputError(concat("--out ", page.string(), ": is a directory; name the file"));
  }
  if (!force && std::filesystem::exists(page)) {
    throw InputError(
        concat(page.string(), ": exists; give another --out, or --force to replace it"));
  }
}

double exact_energy(const Hamiltonian& hamiltonian) { return ground_state(hamiltonian).energy; }

}  // namespace

int report_command(const Arguments& arguments) {
  ReportOptions given;
  Options options("report", "One HTML page about runs: how they went, and what to do next.");
  options.positionals("DIR", given.roots, "run directories, also of runs that go on");
  options.text("--out", given.out,
               "the page to write; default: report.html in DIR, or here for several");
  options.number("--reference", given.reference, "energy per site to compare with");
  options.flag("--force", given.force, "replace the page");
  if (!options.parse(arguments)) return 0;
  if (given.reference == 0.0) throw InputError("--reference 0: must not be 0, errors are relative");

  const std::vector<RunReading> runs = read_runs(given.roots, exact_energy, given.reference);
  const std::filesystem::path page = page_of(given);
  require_page(page, given.force);
  const std::time_t now = std::time(nullptr);
  write_text_atomically(
      page, report_page(runs, fmt::format("plaquette {} ({}), {:%F %T} UTC", kVersion, kGitCommit,
                                          fmt::gmtime(now))));
  fmt::print("{}\n", page.string());
  return 0;
}

}  // namespace plaquette
