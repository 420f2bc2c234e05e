#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "backend_choice.hpp"
#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "json.hpp"
#include "plaquette/backend/network_profile.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/build_info.hpp"

namespace plaquette {
namespace {

/// n:d:h:B of the default table: the tutorial's network, and the paper's from 6×6 to 20×20.
constexpr const char* kDefaultCases =
    "9:72:12:4096,25:60:10:4096,25:72:12:4096,36:72:12:4096,64:72:12:2048,100:72:12:1024";

struct Roofline {
  double bandwidth = 0;  ///< bytes/s
  double fp32 = 0;       ///< GFLOP/s
  double fp64 = 0;
  double gemm(Precision precision) const { return precision == Precision::fp32 ? fp32 : fp64; }
};

/// A case of the list, and one of its operations.
struct Case {
  int side = 5;  ///< n = side² tokens, translation invariant
  int d_model = 60;
  int heads = 10;
  std::size_t batch = 1;
};

struct Row {
  Case given;
  Attention attention;
  const char* pass;
  OperationProfile found;

  double median() const {
    std::vector<double> sorted = found.seconds;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
  double gflops() const { return 1e-9 * found.work.flops / median(); }
  double bytes_per_second() const { return found.work.bytes / median(); }
};

/// The part of the roofline's time that the operation could not have gone below.
double fraction_of_roofline(const Row& row, const Roofline& roofline, Precision precision) {
  const double least = std::max(row.found.work.flops / (1e9 * roofline.gemm(precision)),
                                row.found.work.bytes / roofline.bandwidth);
  return least / row.median();
}

bool is_attention(Operation operation) {
  switch (operation) {
    case Operation::token_mixing:
    case Operation::softmax_attention:
    case Operation::token_mixing_backward:
    case Operation::softmax_attention_backward:
      return true;
    case Operation::embed:
    case Operation::layer_norm:
    case Operation::dense:
    case Operation::dense_gelu:
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
void profile_case(std::vector<Row>& rows, const Case& given, Attention attention, BackendKind kind,
                  Precision precision, int repeats, bool every_operation,
                  const Resources& resources) {
  const NetworkCase network{.shape = {.token_rows = given.side,
                                      .token_columns = given.side,
                                      .d_model = given.d_model,
                                      .heads = given.heads,
                                      .layers = 1,
                                      .attention = attention},
                            .precision = precision,
                            .batch = given.batch};
  const NetworkProfile found = profile_network(kind, network, repeats, resources);
  const auto add = [&](const char* pass, const std::vector<OperationProfile>& operations) {
    for (const OperationProfile& operation : operations) {
      const bool backward = operation.operation >= Operation::layer_norm_backward;
      // The forward part of a gradient has been shown.
      if (std::string_view(pass) == "backward" && !backward) continue;
      if (every_operation || is_attention(operation.operation)) {
        rows.push_back({given, attention, pass, operation});
      }
    }
  };
  add("forward", found.forward);
  add("backward", found.gradient);
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

nlohmann::ordered_json to_json(const std::vector<Row>& rows, const Roofline& roofline,
                               Precision precision, const std::string& device) {
  nlohmann::ordered_json kernels = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    const auto [least, most] =
        std::minmax_element(row.found.seconds.begin(), row.found.seconds.end());
    kernels.push_back(
        {{"attention", word(row.attention)},
         {"pass", row.pass},
         {"operation", kOperationNames[static_cast<std::size_t>(row.found.operation)]},
         {"precision", word(precision)},
         {"tokens", row.given.side * row.given.side},
         {"d_model", row.given.d_model},
         {"heads", row.given.heads},
         {"batch", row.given.batch},
         {"seconds_median", row.median()},
         {"seconds_min", *least},
         {"seconds_max", *most},
         {"flops", row.found.work.flops},
         {"bytes", row.found.work.bytes},
         {"gflops", row.gflops()},
         {"gigabytes_per_second", 1e-9 * row.bytes_per_second()},
         {"fraction_of_copy_bandwidth", row.bytes_per_second() / roofline.bandwidth},
         {"fraction_of_gemm_peak", row.gflops() / roofline.gemm(precision)},
         {"fraction_of_roofline", fraction_of_roofline(row, roofline, precision)}});
  }
  return {{"device", device},
          {"version", kVersion},
          {"commit", kGitCommit},
          {"copy_gigabytes_per_second", 1e-9 * roofline.bandwidth},
          {"gemm_peak_gflops", {{"fp32", roofline.fp32}, {"fp64", roofline.fp64}}},
          {"kernels", kernels}};
}

void print_table(const std::vector<Row>& rows, const Roofline& roofline, Precision precision,
                 const std::string& device) {
  fmt::print("{}\n", device);
  fmt::print("copy {:.0f} GB/s; GEMM peak {:.0f} GFLOP/s FP32, {:.0f} GFLOP/s FP64\n\n",
             1e-9 * roofline.bandwidth, roofline.fp32, roofline.fp64);
  fmt::print("{:<10} {:<20} {:>5} {:>5} {:>4} {:>6} {:>11} {:>9} {:>8} {:>8}\n", "attention",
             "operation", "n", "d", "h", "B", "median ms", "GFLOP/s", "GB/s", "roofline");
  for (const Row& row : rows) {
    fmt::print("{:<10} {:<20} {:>5} {:>5} {:>4} {:>6} {:>11.4f} {:>9.1f} {:>8.1f} {:>7.1f}%\n",
               word(row.attention), kOperationNames[static_cast<std::size_t>(row.found.operation)],
               row.given.side * row.given.side, row.given.d_model, row.given.heads, row.given.batch,
               1e3 * row.median(), row.gflops(), 1e-9 * row.bytes_per_second(),
               100 * fraction_of_roofline(row, roofline, precision));
  }
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
  const Roofline roofline{measure_copy_bandwidth(kind, job.resources),
                          measure_gemm_peak(kind, Precision::fp32, job.resources),
                          measure_gemm_peak(kind, Precision::fp64, job.resources)};
  const Precision precision = job.job.precision.sampling;
  std::vector<Row> rows;
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
    print_json(to_json(rows, roofline, precision, device));
  } else {
    print_table(rows, roofline, precision, device);
  }
  return 0;
}

}  // namespace plaquette
