#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "backend_choice.hpp"
#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "json.hpp"
#include "operation_table.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/build_info.hpp"
#include "plaquette/io/benchmark_json.hpp"

namespace plaquette {
namespace {

/// n:d:h:B of the default table: the tutorial's network, and the paper's from 6×6 to 20×20.
constexpr const char* kDefaultCases =
    "9:72:12:4096,25:60:10:4096,25:72:12:4096,36:72:12:4096,64:72:12:2048,100:72:12:1024";

[[noreturn]] void refuse(const std::string& text) {
  throw InputError(concat("--cases ", text,
                          ": must be n:d:h:B, separated by commas, with n a square up to 1024, "
                          "d up to 4096, h a divisor of d and B up to 1048576"));
}

/// One layer of the case, translation invariant, with any attention.
NetworkCase parse_case(const std::string& text) {
  int numbers[4] = {};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int k = 0; k < 4; ++k) {
    const auto [next, error] = std::from_chars(at, end, numbers[k]);
    const bool last = k == 3;
    if (error != std::errc{} || (last ? next != end : next == end || *next != ':')) refuse(text);
    at = next + (last ? 0 : 1);
  }
  const auto [n, d, h, B] = numbers;
  const int side = static_cast<int>(std::lround(std::sqrt(std::max(n, 0))));
  if (n < 1 || n > 1024 || side * side != n || d < 1 || d > 4096 || h < 1 || d % h != 0 || B < 1 ||
      B > (1 << 20)) {
    refuse(text);
  }
  return {
      .shape = {.token_rows = side, .token_columns = side, .d_model = d, .heads = h, .layers = 1},
      .batch = static_cast<std::size_t>(B)};
}

std::vector<NetworkCase> parse_cases(const std::string& list, Precision precision) {
  std::vector<NetworkCase> cases;
  std::istringstream texts(list);
  for (std::string text; std::getline(texts, text, ',');) {
    cases.push_back(parse_case(text));
    cases.back().precision = precision;
  }
  if (cases.empty()) refuse(list);
  return cases;
}

nlohmann::ordered_json to_json(const std::vector<OperationRow>& rows, const Roofline& roofline,
                               const std::string& device) {
  return {{"device", device},
          {"version", kVersion},
          {"commit", kGitCommit},
          {"copy_gigabytes_per_second", 1e-9 * roofline.bandwidth},
          {"gemm_peak_gflops", {{"fp32", roofline.fp32}, {"fp64", roofline.fp64}}},
          {"kernels", operations_json(rows, roofline)}};
}

}  // namespace

int profile_command(const Arguments& arguments) {
  JobOptions job;
  job.job.precision = {Precision::fp32, Precision::fp32, Precision::fp32};
  std::string cases = kDefaultCases;
  int repeats = 5;
  bool every_operation = false;
  bool json = false;
  Options options("profile", "Time of a layer's operations, against copy and GEMM peaks.");
  options.configuration(OptionGroup::resources, job);
  options.text("--cases", cases, "tokens:d:heads:batch, separated by commas");
  options.flag("--all", every_operation, "every operation, not attention alone");
  options.integer("--repeats", repeats, "timed repeats");
  options.flag("--json", json, "print JSON");
  if (!options.parse(arguments)) return 0;
  options.values().apply(job);
  if (repeats < 1 || repeats > 1000) {
    throw InputError(concat("--repeats ", repeats, ": must be from 1 to 1000"));
  }
  const std::vector<NetworkCase> wanted = parse_cases(cases, job.job.precision.sampling);
  announce_auto_backend(job, false);
  const BackendKind kind = job.chosen_backend();
  const Roofline roofline = measure_roofline(kind, job.resources);
  const std::vector<OperationRow> rows = profile_attentions(
      kind, wanted, repeats,
      every_operation ? ProfiledOperations::all : ProfiledOperations::attention, job.resources);
  const std::string device = backend_status(kind).description;
  if (json) {
    print_json(to_json(rows, roofline, device));
  } else {
    fmt::print("{}\n", device);
    print_operations(rows, roofline);
  }
  return 0;
}

}  // namespace plaquette
