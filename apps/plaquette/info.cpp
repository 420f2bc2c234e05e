#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "json.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/build_info.hpp"
#include "plaquette/io/description.hpp"
#include "session.hpp"

namespace plaquette {
namespace {

nlohmann::ordered_json build_json() {
  nlohmann::ordered_json backends = nlohmann::ordered_json::array();
  for (const BackendStatus& status : backend_statuses()) {
    backends.push_back({{"backend", word(status.kind)},
                        {"usable", status.usable},
                        {"description", status.description}});
  }
  return {{"version", kVersion},      {"commit", kGitCommit},
          {"compiler", kCompiler},    {"build_type", kBuildType},
          {"architecture", kCpuArch}, {"cuda_architectures", kCudaArchitectures},
          {"backends", backends}};
}

void print_build() {
  fmt::print("plaquette {} ({}), {}, {}, -march={}, CUDA architectures {}\n", kVersion, kGitCommit,
             kCompiler, kBuildType, kCpuArch, kCudaArchitectures);
  for (const BackendStatus& status : backend_statuses()) {
    fmt::print("{:<5} {}: {}\n", word(status.kind), status.usable ? "usable" : "not usable",
               status.description);
  }
}

/// What a model file or a run directory holds.
int describe(const std::string& path, bool json) {
  const nlohmann::ordered_json found = description_of(path);
  if (json) {
    print_json(found);
    return 0;
  }
  for (const auto& [key, value] : found.items()) {
    fmt::print("{:<22} {}\n", key,
               value.is_string() ? value.get<std::string>() : json_text(value, -1));
  }
  return 0;
}

}  // namespace

int info_command(const Arguments& arguments) {
  JobOptions job = default_configuration();
  std::string path;
  bool json = false;
  Options options("info", "The build, the devices and a job's memory plan; or what PATH holds.");
  define_job_options(options, job);
  options.configuration_file();
  options.optional_positional("PATH", path, "a model file or a run directory");
  options.flag("--json", json, "print JSON");
  if (!options.parse(arguments)) return 0;
  if (!path.empty()) return describe(path, json);

  options.values().apply(job);
  resolve_search(options.values(), job);
  const Problem problem = make_problem(job.job);
  const BackendKind kind = job.chosen_backend();
  if (json) {
    nlohmann::ordered_json found = build_json();
    found["memory_plan"] = description_of(plan_memory(kind, problem, job.resources));
    print_json(found);
    return 0;
  }
  print_build();
  // The build and the devices are shown even where the job then turns out not to fit.
  std::fflush(stdout);
  const MemoryPlan plan = plan_memory(kind, problem, job.resources);
  fmt::print("\nmemory plan of this job on {}\n", word(kind));
  print_memory_plan(plan);
  return 0;
}

}  // namespace plaquette
