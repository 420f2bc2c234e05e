#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "backend_choice.hpp"
#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "operation_table.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/build_info.hpp"

namespace plaquette {
namespace {

/// n:d:h:B of the default table: the tutorial's network, and the paper's from 6×6 to 20×20.
constexpr const char* kDefaultCases =
    "9:72:12:4096,25:60:10:4096,25:72:12:4096,36:72:12:4096,64:72:12:2048,100:72:12:1024";

/// A case of the list.
struct Case {
  int side = 5;  ///< n = side² tokens, translation invariant
  int d_model = 60;
  int heads = 10;
  std::size_t batch = 1;
};

bool is_attention(Operation operation) {
  switch (operation) {
    case Operation::first_layer:
    case Operation::token_mixing:
    case Operation::softmax_attention:
    case Operation::token_mixing_backward:
    case Operation::softmax_attention_backward:
      return true;
    case Operation::embed:
    case Operation::layer_norm:
    case Operation::dense:
    case Operation::dense_gelu:
    case Operation::feed_forward:
    case Operation::head:
    case Operation::layer_norm_backward:
    case Operation::dense_backward:
    case Operation::gelu_backward:
    case Operation::weight_gradient:
    case Operation::head_backward:
      return false;
  }
  throw std::logic_error("an operation of no kind");
}

/// One layer of the case: what its operations cost in a pass over the batch.
void profile_case(std::vector<OperationRow>& rows, const Case& given, Attention attention,
                  BackendKind kind, Precision precision, int repeats, bool every_operation,
                  const Resources& resources) {
  const NetworkCase network{.shape = {.token_rows = given.side,
                                      .token_columns = given.side,
                                      .d_model = given.d_model,
                                      .heads = given.heads,
                                      .layers = 1,
                                      .attention = attention},
                            .precision = precision,
                            .batch = given.batch};
  for (OperationRow& row : profile_rows(kind, network, repeats, resources)) {
    if (every_operation || is_attention(row.found.operation)) rows.push_back(std::move(row));
  }
}

[[noreturn]] void refuse(const std::string& text) {
  throw InputError(concat("--cases ", text,
                          ": must be n:d:h:B, separated by commas, with n a square up to 1024, "
                          "d up to 4096, h a divisor of d and B up to 1048576"));
}

/// One case of the list, for any attention.
Case parse_case(const std::string& text) {
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
  return {.side = side, .d_model = d, .heads = h, .batch = static_cast<std::size_t>(B)};
}

std::vector<Case> parse_cases(const std::string& list) {
  std::vector<Case> cases;
  std::istringstream texts(list);
  for (std::string text; std::getline(texts, text, ',');) cases.push_back(parse_case(text));
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
  const std::vector<Case> wanted = parse_cases(cases);
  announce_auto_backend(job, false);
  const BackendKind kind = job.chosen_backend();
  const Roofline roofline = measure_roofline(kind, job.resources);
  const Precision precision = job.job.precision.sampling;
  std::vector<OperationRow> rows;
  for (const Case& given : wanted) {
    for (const Attention attention : {Attention::factored, Attention::t5, Attention::decoupled}) {
      profile_case(rows, given, attention, kind, precision, repeats, every_operation,
                   job.resources);
    }
  }
  std::string device;
  for (const BackendStatus& status : backend_statuses()) {
    if (status.kind == kind) device = status.description;
  }
  if (json) {
    print_json(to_json(rows, roofline, device));
  } else {
    fmt::print("{}\n", device);
    print_operations(rows, roofline);
  }
  return 0;
}

}  // namespace plaquette
