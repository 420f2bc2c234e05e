#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "backend_choice.hpp"
#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "json.hpp"
#include "plaquette/backend/attention_profile.hpp"
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

struct Row {
  AttentionCase given;
  AttentionPass pass;
  std::vector<double> seconds;

  double median() const {
    std::vector<double> sorted = seconds;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
  double gflops() const { return 1e-9 * attention_work(given, pass).flops / median(); }
  double bytes_per_second() const { return attention_work(given, pass).bytes / median(); }
};

const char* name(AttentionPass pass) {
  return pass == AttentionPass::forward ? "forward" : "backward";
}

[[noreturn]] void refuse(const std::string& text) {
  throw InputError(concat("--cases ", text,
                          ": must be n:d:h:B, separated by commas, with n a square up to 1024, "
                          "d up to 4096, h a divisor of d and B up to 1048576"));
}

/// One case of the list, for any attention.
AttentionCase parse_case(const std::string& text) {
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

std::vector<AttentionCase> parse_cases(const std::string& list) {
  std::vector<AttentionCase> cases;
  std::istringstream texts(list);
  for (std::string text; std::getline(texts, text, ',');) cases.push_back(parse_case(text));
  if (cases.empty()) refuse(list);
  return cases;
}

nlohmann::ordered_json to_json(const std::vector<Row>& rows, const Roofline& roofline,
                               const std::string& device) {
  nlohmann::ordered_json kernels = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    const auto [least, most] = std::minmax_element(row.seconds.begin(), row.seconds.end());
    const AttentionWork work = attention_work(row.given, row.pass);
    kernels.push_back(
        {{"attention", word(row.given.attention)},
         {"pass", name(row.pass)},
         {"precision", word(row.given.precision)},
         {"tokens", row.given.tokens()},
         {"d_model", row.given.d_model},
         {"heads", row.given.heads},
         {"batch", row.given.batch},
         {"seconds_median", row.median()},
         {"seconds_min", *least},
         {"seconds_max", *most},
         {"flops", work.flops},
         {"bytes", work.bytes},
         {"gflops", row.gflops()},
         {"gigabytes_per_second", 1e-9 * row.bytes_per_second()},
         {"fraction_of_copy_bandwidth", row.bytes_per_second() / roofline.bandwidth},
         {"fraction_of_gemm_peak", row.gflops() / roofline.gemm(row.given.precision)}});
  }
  return {{"device", device},
          {"version", kVersion},
          {"commit", kGitCommit},
          {"copy_gigabytes_per_second", 1e-9 * roofline.bandwidth},
          {"gemm_peak_gflops", {{"fp32", roofline.fp32}, {"fp64", roofline.fp64}}},
          {"kernels", kernels}};
}

void print_table(const std::vector<Row>& rows, const Roofline& roofline,
                 const std::string& device) {
  fmt::print("{}\n", device);
  fmt::print("copy {:.0f} GB/s; GEMM peak {:.0f} GFLOP/s FP32, {:.0f} GFLOP/s FP64\n\n",
             1e-9 * roofline.bandwidth, roofline.fp32, roofline.fp64);
  fmt::print("{:<10} {:<9} {:>5} {:>5} {:>4} {:>6} {:>11} {:>9} {:>6} {:>8} {:>6}\n", "attention",
             "pass", "n", "d", "h", "B", "median ms", "GFLOP/s", "peak", "GB/s", "copy");
  for (const Row& row : rows) {
    fmt::print(
        "{:<10} {:<9} {:>5} {:>5} {:>4} {:>6} {:>11.4f} {:>9.1f} {:>5.1f}% {:>8.1f} {:>5.1f}%\n",
        word(row.given.attention), name(row.pass), row.given.tokens(), row.given.d_model,
        row.given.heads, row.given.batch, 1e3 * row.median(), row.gflops(),
        100 * row.gflops() / roofline.gemm(row.given.precision), 1e-9 * row.bytes_per_second(),
        100 * row.bytes_per_second() / roofline.bandwidth);
  }
}

}  // namespace

int profile_command(const Arguments& arguments) {
  JobOptions job;
  job.job.precision = {Precision::fp32, Precision::fp32, Precision::fp32};
  std::string cases = kDefaultCases;
  int repeats = 5;
  bool json = false;
  Options options("profile", "Time of the attention kernels, against copy and GEMM peaks.");
  define_resources(options, job);
  options.text("--cases", cases, "tokens:d:heads:batch, separated by commas");
  options.integer("--repeats", repeats, "timed repeats");
  options.flag("--json", json, "print JSON");
  if (!options.parse(arguments)) return 0;
  if (repeats < 1 || repeats > 1000) {
    throw InputError(concat("--repeats ", repeats, ": must be from 1 to 1000"));
  }
  const std::vector<AttentionCase> wanted = parse_cases(cases);
  announce_auto_backend(job, false);
  const BackendKind kind = job.chosen_backend();
  const Roofline roofline{measure_copy_bandwidth(kind, job.resources),
                          measure_gemm_peak(kind, Precision::fp32, job.resources),
                          measure_gemm_peak(kind, Precision::fp64, job.resources)};
  std::vector<Row> rows;
  for (AttentionCase given : wanted) {
    given.precision = job.job.precision.sampling;
    for (const Attention attention : {Attention::factored, Attention::t5, Attention::decoupled}) {
      given.attention = attention;
      for (const AttentionPass pass : {AttentionPass::forward, AttentionPass::backward}) {
        rows.push_back({given, pass, time_attention(kind, given, pass, repeats, job.resources)});
      }
    }
  }
  std::string device;
  for (const BackendStatus& status : backend_statuses()) {
    if (status.kind == kind) device = status.description;
  }
  if (json) {
    fmt::print("{}\n", to_json(rows, roofline, device).dump(2));
  } else {
    print_table(rows, roofline, device);
  }
  return 0;
}

}  // namespace plaquette
