#include <algorithm>
#include <chrono>
#include <cmath>
#include <complex>
#include <numbers>
#include <sstream>

#include "backend_choice.hpp"
#include "commands.hpp"
#include "fmt/core.h"
#include "job_options.hpp"
#include "json.hpp"
#include "messages.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/build_info.hpp"
#include "plaquette/model/parameter_table.hpp"
#include "plaquette/vmc/optimisation.hpp"

namespace plaquette {
namespace {

/// One phase over all repeats. FLOPs are those of the mathematics, a multiply-add counted as two.
struct PhaseTimes {
  std::string name;
  Precision precision;
  std::vector<double> seconds;
  double evaluations = 0;  ///< networks evaluated (or differentiated) a repeat; 0: does not apply
  double flops = 0;        ///< a repeat

  double median() const {
    std::vector<double> sorted = seconds;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
  double least() const { return *std::min_element(seconds.begin(), seconds.end()); }
  double most() const { return *std::max_element(seconds.begin(), seconds.end()); }
  double gflops() const { return 1e-9 * flops / median(); }
};

/// A backward pass costs twice a forward one in cotangents and once more in weight gradients, and
/// runs for the real and the imaginary part: 1 + 2·(1 + 1) forwards in all.
constexpr double kForwardsPerDerivative = 5;

double shift_of(const Job& job) { return std::max(job.diag_shift, 1e-6); }

/// Solves (gram + shift) x = rhs. Throws NumericalError if there is no such solution.
void solve_shifted(Backend& backend, const Job& job, std::span<const double> rhs,
                   std::span<double> x) {
  if (!backend.solve(shift_of(job), rhs, x).positive_definite) {
    throw NumericalError(concat("bench: the Gram matrix with --diag-shift ", shift_of(job),
                                " is not positive definite"));
  }
}

class Bench {
 public:
  Bench(const Job& job, Backend& backend)
      : job_(job),
        problem_(make_problem(job)),
        backend_(backend),
        parameters_(problem_.system.parameters.size),
        state_(initial_state(job, {})),
        energies_(problem_.samples),
        weights_(problem_.samples, 1.0 / static_cast<double>(problem_.samples)) {
    backend_.set_parameters(state_.parameters);
    backend_.set_chains(state_.chains);
    backend_.advance(0, job.thermalisation);
    state_.sweeps = static_cast<std::uint64_t>(job.thermalisation);
    sample();
    const double forward = problem_.system.network.forward_flops();
    const auto M = static_cast<double>(problem_.samples);
    const auto P = static_cast<double>(parameters_);
    const bool by_samples = problem_.gram_form == GramForm::samples;
    const double n = by_samples ? 2 * M : P;
    const PrecisionPolicy& precision = problem_.precision;
    rows_ = {
        {"forward", precision.local_energy, {}, M, M * forward},
        {"sampling", precision.sampling, {}, 0, 0},
        {"local_energy", precision.local_energy, {}, 0, 0},
        {"log_derivatives", precision.log_derivatives, {}, M, M * forward * kForwardsPerDerivative},
        // The lower triangle: n(n+1)/2 entries of 2·K FLOPs.
        {"gram", Precision::fp64, {}, 0, n * (n + 1) * (by_samples ? P : 2 * M)},
        // Factor, two triangles, and the product with Bᵀ.
        {"solve", Precision::fp64, {}, 0, n * n * n / 3 + 2 * n * n + 4 * M * P}};
  }

  void repeat() {
    PhaseClock clock;
    std::vector<std::complex<double>> log_psi(problem_.samples);
    timed(0, [&] { backend_.sample_log_psi(log_psi); });
    timed(1, [&] { record_evaluations(1, sample()); });
    timed(2, [&] {
      const auto evaluated = static_cast<double>(backend_.sample_local_energies(energies_));
      record_evaluations(2, evaluated);
    });
    backend_.accumulate_gram(weights_, {}, clock);
    rows_[3].seconds.push_back(clock.seconds(Phase::log_derivatives));
    rows_[4].seconds.push_back(clock.seconds(Phase::gram));
    timed(5, [&] { solve(); });
  }

  const std::vector<PhaseTimes>& rows() const { return rows_; }
  double step_seconds() const {
    double sum = 0;
    for (const PhaseTimes& row : rows_) {
      if (row.name != "forward") sum += row.median();
    }
    return sum;
  }
  double forget_warm_up() {
    double step = 0;
    for (std::size_t k = 1; k < rows_.size(); ++k) step += rows_[k].seconds.back();
    for (PhaseTimes& row : rows_) row.seconds.clear();
    return step;
  }

 private:
  template <class Work>
  void timed(std::size_t row, Work&& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    rows_[row].seconds.push_back(elapsed.count());
  }

  void record_evaluations(std::size_t row, double evaluated) {
    rows_[row].evaluations = evaluated;
    rows_[row].flops = evaluated * problem_.system.network.forward_flops();
  }

  /// Returns the networks evaluated.
  double sample() {
    double evaluated = 0;
    for (std::size_t slot = 0; slot < problem_.samples / problem_.chains; ++slot) {
      evaluated += static_cast<double>(backend_.advance(state_.sweeps, job_.sweeps).evaluated);
      state_.sweeps += static_cast<std::uint64_t>(job_.sweeps);
      backend_.record_samples(slot);
    }
    return evaluated;
  }

  /// From a right-hand side to the direction, as a step of SR does.
  void solve() {
    const bool by_samples = problem_.gram_form == GramForm::samples;
    std::vector<double> rows(2 * problem_.samples, 1.0);
    std::vector<double> direction(parameters_);
    if (by_samples) {
      std::vector<double> x(rows.size());
      solve_shifted(backend_, job_, rows, x);
      backend_.apply_transpose(x, direction);
    } else {
      std::vector<double> rhs(parameters_);
      backend_.apply_transpose(rows, rhs);
      solve_shifted(backend_, job_, rhs, direction);
    }
  }

  Job job_;
  Problem problem_;
  Backend& backend_;
  std::size_t parameters_;
  RunState state_;
  std::vector<std::complex<double>> energies_;
  std::vector<double> weights_;
  std::vector<PhaseTimes> rows_;
};

struct Peaks {
  double fp32 = 0;
  double fp64 = 0;
  double of(Precision precision) const { return precision == Precision::fp32 ? fp32 : fp64; }
};

/// What one step computes from the same chains: the numbers that backends must agree on.
struct StepNumbers {
  ConfigurationBatch chains;                   // after a sweep
  std::vector<std::complex<double>> log_psi;   // (M)
  std::vector<std::complex<double>> energies;  // (M)
  std::vector<double> force;                   // (P)
  double residual = 0;                         // of the solve, relative
};

/// |B Bᵀ x + λx − ε| / |ε| of the backend's own solution x of its own Gram matrix: Gram, solve and
/// both products with B must belong together. (Solutions of two backends may differ by their
/// rounding over λ, so they are not compared.)
double solve_residual(const Job& job, Backend& backend, std::span<const double> rows) {
  const Problem problem = make_problem(job);
  const bool by_samples = problem.gram_form == GramForm::samples;
  std::vector<double> force(problem.system.parameters.size);
  std::vector<double> rhs(rows.begin(), rows.end());
  if (!by_samples) {
    backend.apply_transpose(rows, force);
    rhs = force;
  }
  std::vector<double> x(rhs.size());
  solve_shifted(backend, job, rhs, x);
  std::vector<double> product(rhs.size());
  if (by_samples) {
    backend.apply_transpose(x, force);
    backend.apply(force, product);
  } else {
    std::vector<double> seen(rows.size());
    backend.apply(x, seen);
    backend.apply_transpose(seen, product);
  }
  double squares = 0;
  double largest = 0;
  for (std::size_t k = 0; k < rhs.size(); ++k) {
    const double difference = product[k] + shift_of(job) * x[k] - rhs[k];
    squares += difference * difference;
    largest += rhs[k] * rhs[k];
  }
  return largest > 0 ? std::sqrt(squares / largest) : std::sqrt(squares);
}

StepNumbers step_numbers(const Job& job, Backend& backend) {
  const Problem problem = make_problem(job);
  const RunState start = initial_state(job, {});
  StepNumbers numbers;
  backend.set_parameters(start.parameters);
  for (std::size_t slot = 0; slot < problem.samples / problem.chains; ++slot) {
    backend.set_chains(start.chains);
    backend.record_samples(slot);
  }
  numbers.log_psi.resize(problem.samples);
  numbers.energies.resize(problem.samples);
  backend.sample_log_psi(numbers.log_psi);
  backend.sample_local_energies(numbers.energies);
  const std::vector<double> weights(problem.samples, 1.0 / static_cast<double>(problem.samples));
  PhaseClock clock;
  backend.accumulate_gram(weights, {}, clock);
  std::vector<double> rows(2 * problem.samples);
  for (std::size_t k = 0; k < problem.samples; ++k) {
    rows[k] = numbers.energies[k].real();
    rows[problem.samples + k] = numbers.energies[k].imag();
  }
  numbers.force.resize(problem.system.parameters.size);
  backend.apply_transpose(rows, numbers.force);
  numbers.residual = solve_residual(job, backend, rows);
  backend.advance(0, 1);
  numbers.chains = backend.chains();
  return numbers;
}

/// As distance() below, of logarithms whose imaginary parts are phases.
double phase_distance(const std::vector<std::complex<double>>& a,
                      const std::vector<std::complex<double>>& b) {
  double difference = 0;
  double largest = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const std::complex<double> d = a[k] - b[k];
    difference =
        std::max(difference, std::hypot(d.real(), std::remainder(d.imag(), 2 * std::numbers::pi)));
    largest = std::max(largest, std::abs(b[k]));
  }
  return largest > 0 ? difference / largest : difference;
}

/// The fraction of chains that are in another state.
double parted(const ConfigurationBatch& a, const ConfigurationBatch& b) {
  std::size_t count = 0;
  const int words = a.words_per_configuration();
  for (std::size_t k = 0; k < a.count(); ++k) count += std::equal(a[k], a[k] + words, b[k]) ? 0 : 1;
  return static_cast<double>(count) / static_cast<double>(a.count());
}

/// max |a − b| / max |b|.
template <class Number>
double distance(const std::vector<Number>& a, const std::vector<Number>& b) {
  double difference = 0;
  double largest = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    difference = std::max(difference, std::abs(a[k] - b[k]));
    largest = std::max(largest, std::abs(b[k]));
  }
  return largest > 0 ? difference / largest : difference;
}

/// Throws NumericalError unless both found the same, but for rounding. FP64 leaves 1e-9 in any of
/// the numbers, FP32 a few 1e-4 in an amplitude's ratio: so near a random number lie the odds of
/// one proposal in FP64 in 1e9, and in FP32 of a chain in a hundred.
void require_agreement(const StepNumbers& a, const StepNumbers& b, Precision precision) {
  const bool fp64 = precision == Precision::fp64;
  const double allowed = fp64 ? 1e-8 : 1e-2;
  struct Comparison {
    const char* what;
    double found;
    double allowed;
  };
  const Comparison comparisons[] = {
      {"differ in log psi by", phase_distance(a.log_psi, b.log_psi), allowed},
      {"differ in local energies by", distance(a.energies, b.energies), allowed},
      {"differ in forces by", distance(a.force, b.force), allowed},
      {"solve with a residual of", std::max(a.residual, b.residual), 1e-6},
      {"part after a sweep in a fraction of chains of", parted(a.chains, b.chains),
       fp64 ? 0.0 : 0.05}};
  for (const Comparison& c : comparisons) {
    if (!(c.found <= c.allowed)) {
      throw NumericalError(concat("bench: the backends ", c.what, ' ', c.found, " (", c.allowed,
                                  " is allowed); nothing was timed"));
    }
  }
}

/// One backend with what it was found to do.
struct Contestant {
  BackendKind kind;
  std::unique_ptr<Backend> backend;
  Peaks peaks;
  std::optional<Bench> bench;
};

nlohmann::ordered_json to_json(const Contestant& contestant) {
  nlohmann::ordered_json phases = nlohmann::ordered_json::array();
  for (const PhaseTimes& row : contestant.bench->rows()) {
    phases.push_back(
        {{"phase", row.name},
         {"precision", word(row.precision)},
         {"seconds_median", row.median()},
         {"seconds_min", row.least()},
         {"seconds_max", row.most()},
         {"evaluations", row.evaluations},
         {"evaluations_per_second", row.evaluations / row.median()},
         {"flops", row.flops},
         {"gflops", row.gflops()},
         {"fraction_of_gemm_peak", row.gflops() / contestant.peaks.of(row.precision)}});
  }
  return {{"backend", word(contestant.kind)},
          {"device", contestant.backend->description()},
          {"gemm_peak_gflops", {{"fp32", contestant.peaks.fp32}, {"fp64", contestant.peaks.fp64}}},
          {"memory_bytes", contestant.backend->memory_plan().total()},
          {"step_seconds", contestant.bench->step_seconds()},
          {"phases", phases}};
}

nlohmann::ordered_json to_json(const std::vector<Contestant>& contestants,
                               const JobOptions& options) {
  nlohmann::ordered_json backends = nlohmann::ordered_json::array();
  for (const Contestant& contestant : contestants) backends.push_back(to_json(contestant));
  nlohmann::ordered_json found = {{"version", kVersion},
                                  {"commit", kGitCommit},
                                  {"config", configuration_text(options)},
                                  {"backends", backends}};
  if (contestants.size() == 2) {
    const auto& first = contestants[0].bench->rows();
    const auto& second = contestants[1].bench->rows();
    nlohmann::ordered_json ratios;
    for (std::size_t k = 0; k < first.size(); ++k) {
      ratios[first[k].name] = first[k].median() / second[k].median();
    }
    ratios["step"] = contestants[0].bench->step_seconds() / contestants[1].bench->step_seconds();
    found["agree"] = true;  // or an error would have been reported
    found["seconds_ratio"] = ratios;
  }
  return found;
}

void print_table(const Contestant& contestant) {
  fmt::print("{}: {}\n", word(contestant.kind), contestant.backend->description());
  fmt::print("GEMM peak: {:.1f} GFLOP/s FP32, {:.1f} GFLOP/s FP64; memory {:.1f} MiB\n\n",
             contestant.peaks.fp32, contestant.peaks.fp64,
             static_cast<double>(contestant.backend->memory_plan().total()) / (1 << 20));
  fmt::print("{:<16} {:>5} {:>10} {:>10} {:>10} {:>12} {:>9} {:>6}\n", "phase", "", "median s",
             "min s", "max s", "networks/s", "GFLOP/s", "peak");
  for (const PhaseTimes& row : contestant.bench->rows()) {
    const std::string rate =
        row.evaluations > 0 ? fmt::format("{:.0f}", row.evaluations / row.median()) : "";
    fmt::print("{:<16} {:>5} {:>10.4f} {:>10.4f} {:>10.4f} {:>12} {:>9.1f} {:>5.0f}%\n", row.name,
               word(row.precision), row.median(), row.least(), row.most(), rate, row.gflops(),
               100 * row.gflops() / contestant.peaks.of(row.precision));
  }
  fmt::print("{:<16} {:>5} {:>10.4f}\n\n", "step", "", contestant.bench->step_seconds());
}

void print_ratios(const Contestant& first, const Contestant& second) {
  fmt::print("{} over {}:", word(first.kind), word(second.kind));
  for (std::size_t k = 0; k < first.bench->rows().size(); ++k) {
    fmt::print(" {} {:.1f}", first.bench->rows()[k].name,
               first.bench->rows()[k].median() / second.bench->rows()[k].median());
  }
  fmt::print(" step {:.1f}\n", first.bench->step_seconds() / second.bench->step_seconds());
}

/// "cpu,cuda", or the job's own backend if `given` is empty.
std::vector<BackendKind> chosen_backends(const std::string& given, const JobOptions& job) {
  if (given.empty()) return {job.chosen_backend()};
  std::vector<BackendKind> kinds;
  std::istringstream words(given);
  for (std::string text; std::getline(words, text, ',');) {
    const std::optional<BackendKind> kind = parse_word<BackendKind>(text);
    if (!kind || std::find(kinds.begin(), kinds.end(), *kind) != kinds.end()) {
      throw InputError(concat("--backends ", given, ": must be different ones of ",
                              allowed_words<BackendKind>(), ", separated by commas"));
    }
    kinds.push_back(*kind);
  }
  return kinds;
}

}  // namespace

int bench_command(const Arguments& arguments) {
  JobOptions job;
  int repeats = 3;
  bool json = false;
  std::string backends;
  Options options("bench", "Time per phase of one step of a job, against the GEMM peak.");
  define_job_options(options);
  options.configuration_file();
  options.text("--backends", backends, "several side by side, such as cpu,cuda");
  options.integer("--repeats", repeats, "timed repeats, after one to warm up");
  options.flag("--json", json, "print JSON");
  if (!options.parse(arguments)) return 0;
  resolve_job_options(options, job);
  if (repeats < 1 || repeats > 1000) {
    throw InputError(concat("--repeats ", repeats, ": must be from 1 to 1000"));
  }
  if (job.job.sampler == SamplerKind::full_sum) {
    throw InputError("--sampler full-sum: bench times Markov chains; use --sampler exchange");
  }
  const Problem problem = make_problem(job.job);
  if (backends.empty()) announce_auto_backend(job, false);
  std::vector<Contestant> contestants;
  for (const BackendKind kind : chosen_backends(backends, job)) {
    contestants.push_back({.kind = kind, .backend = nullptr, .peaks = {}, .bench = {}});
  }
  // Before the backends take their memory: the products that are measured need some as well.
  for (Contestant& contestant : contestants) {
    contestant.peaks = {measure_gemm_peak(contestant.kind, Precision::fp32, job.resources),
                        measure_gemm_peak(contestant.kind, Precision::fp64, job.resources)};
  }
  for (Contestant& contestant : contestants) {
    contestant.backend = make_backend(contestant.kind, problem, job.resources);
  }
  if (contestants.size() == 2) {
    require_agreement(step_numbers(job.job, *contestants[0].backend),
                      step_numbers(job.job, *contestants[1].backend), job.job.precision.sampling);
  }
  for (Contestant& contestant : contestants) {
    contestant.bench.emplace(job.job, *contestant.backend);
    for (int k = 0; k <= repeats; ++k) {
      contestant.bench->repeat();
      if (k == 0) {
        const double step = contestant.bench->forget_warm_up();
        tell_line("{}: one step takes about {:.3f} s; {} to time", word(contestant.kind), step,
                  repeats);
      }
    }
  }
  if (json) {
    print_json(to_json(contestants, job));
    return 0;
  }
  for (const Contestant& contestant : contestants) print_table(contestant);
  if (contestants.size() == 2) print_ratios(contestants[0], contestants[1]);
  return 0;
}

}  // namespace plaquette
