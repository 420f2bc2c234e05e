#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <memory>
#include <vector>

#include "plaquette/backend/network_profile.hpp"
#include "plaquette/backend/registry.hpp"
#include "plaquette/base/errors.hpp"
#include "plaquette/vmc/backend_agreement.hpp"
#include "plaquette/vmc/step_benchmark.hpp"
#include "support/dense_backend.hpp"
#include "support/messages.hpp"
#include "support/network_case.hpp"

// What the benchmark times, and that two backends are compared.

namespace plaquette {
namespace {

using testing_support::DenseBackend;

Job tiny_job() {
  Job job;
  job.L = 4;
  job.network = {.patch = 2, .d_model = 4, .heads = 2, .layers = 1, .ffn_ratio = 2};
  job.chains = 6;
  job.samples = 12;
  job.thermalisation = 2;
  return job;
}

std::unique_ptr<Backend> cpu_backend(const Job& job) {
  return make_backend(BackendKind::cpu, make_problem(job), {.threads = 1});
}

TEST(StepBenchmark, PhasesAddUpToTheStep) {
  const Job job = tiny_job();
  const auto backend = cpu_backend(job);
  StepBenchmark benchmark(job, *backend);
  benchmark.repeat();
  benchmark.forget();
  EXPECT_TRUE(benchmark.times().step.seconds.empty());
  for (int k = 0; k < 3; ++k) EXPECT_GT(benchmark.repeat(), 0);
  const StepTimes& times = benchmark.times();
  ASSERT_EQ(times.step.seconds.size(), 3u);
  ASSERT_EQ(times.forward.seconds.size(), 3u);
  EXPECT_GT(times.forward.least(), 0);
  for (std::size_t repeat = 0; repeat < 3; ++repeat) {
    double sum = 0;
    for (const WorkTiming& phase : times.phases) {
      ASSERT_EQ(phase.seconds.size(), 3u);
      EXPECT_GT(phase.seconds[repeat], 0);
      sum += phase.seconds[repeat];
    }
    // The step's clock starts and stops within the wall's.
    EXPECT_LE(sum, times.step.seconds[repeat] + 1e-9);
  }
}

/// FP32 log-derivatives make an FP32 Gram matrix, but not of march's scaled columns.
TEST(StepBenchmark, NamesTheGramMatrixsPrecision) {
  for (const Optimizer optimizer : {Optimizer::sr, Optimizer::march}) {
    Job job = tiny_job();
    job.precision.log_derivatives = Precision::fp32;
    job.optimizer = optimizer;
    job.diag_shift = 0.1;  // far above the rounding of FP32 products
    const auto backend = cpu_backend(job);
    StepBenchmark benchmark(job, *backend);
    benchmark.repeat();
    benchmark.repeat();  // march has no scales before the first update
    EXPECT_EQ(benchmark.times().of(Phase::gram).precision,
              optimizer == Optimizer::sr ? Precision::fp32 : Precision::fp64);
  }
}

TEST(StepBenchmark, CountsTheNetworksAndTheirWork) {
  const Job job = tiny_job();
  const Problem problem = make_problem(job);
  const auto backend = cpu_backend(job);
  StepBenchmark benchmark(job, *backend);
  benchmark.repeat();
  const StepTimes& times = benchmark.times();
  const NetworkWork work = network_work(problem.system, Precision::fp64, 12);
  EXPECT_NEAR(times.forward.flops, work.forward.flops, 1e-6 * work.forward.flops);
  const WorkTiming& derivatives = times.of(Phase::log_derivatives);
  EXPECT_NEAR(derivatives.flops, work.gradient.flops, 1e-6 * work.gradient.flops);
  // Every chain is refreshed after the parameters were set; of the 2 · 16 proposals of a chain most
  // are of unlike spins, none is evaluated twice.
  const WorkTiming& sampling = times.of(Phase::sampling);
  EXPECT_GT(sampling.evaluations, 6);
  EXPECT_LE(sampling.evaluations, 6 + 6 * 2 * 16);
  EXPECT_GT(times.of(Phase::local_energy).evaluations, 12);
  EXPECT_NEAR(sampling.flops * times.forward.evaluations,
              times.forward.flops * sampling.evaluations, 1e-6 * sampling.flops * 12);
}

TEST(StepBenchmark, EveryImageOfAProjectionCounts) {
  Job job = tiny_job();
  const auto plain = cpu_backend(job);
  const double one = StepBenchmark(job, *plain).times().forward.flops;
  job.symmetry.c4v = PointGroupIrrep::A1;
  const auto images = static_cast<double>(make_problem(job).system.symmetry.size());
  ASSERT_GT(images, 1);
  const auto projected = cpu_backend(job);
  EXPECT_NEAR(StepBenchmark(job, *projected).times().forward.flops, images * one, 1e-6 * one);
}

/// Parameters are set anew in every step, or their amplitudes would not be refreshed; they stay.
TEST(StepBenchmark, TimesTheSameNetworkInEveryStep) {
  class Counting : public DenseBackend {
   public:
    int times_set = 0;
    void set_parameters(std::span<const double> theta) override {
      ++times_set;
      DenseBackend::set_parameters(theta);
    }
  } backend;
  const Job job = tiny_job();
  backend.form = make_problem(job).gram_form;
  const auto P = static_cast<Eigen::Index>(make_problem(job).system.parameters.size);
  backend.log_derivatives = Eigen::MatrixXcd::Random(12, P);
  backend.energies = Eigen::VectorXcd::Random(12).array() - 8.0;
  backend.log_psi_values = Eigen::VectorXcd::Random(12);
  StepBenchmark benchmark(job, backend);
  const std::vector<double> start = backend.parameters;
  const int before = backend.times_set;
  benchmark.repeat();
  benchmark.repeat();
  EXPECT_EQ(backend.times_set, before + 2);
  EXPECT_EQ(backend.parameters.size(), start.size());
  for (std::size_t p = 0; p < start.size(); ++p)
    EXPECT_NEAR(backend.parameters[p], start[p], 1e-90);
  EXPECT_EQ(backend.sweeps_made[0], job.thermalisation);  // once, before the first step
  EXPECT_EQ(backend.sweeps_made.size(), 1u + 2 * 2);
}

TEST(StepBenchmark, TakesTheParametersGiven) {
  const Job job = tiny_job();
  const auto backend = cpu_backend(job);
  const auto log_psi = [&] {
    std::vector<std::complex<double>> out(make_problem(job).samples);
    backend->sample_log_psi(out);
    return out;
  };
  StepBenchmark(job, *backend).repeat();
  const auto own = log_psi();
  std::vector<double> parameters = test::random_parameters(make_problem(job).system.parameters, 3);
  StepBenchmark(job, *backend, parameters).repeat();
  const auto given = log_psi();
  StepBenchmark(job, *backend, initial_state(job, {}).parameters).repeat();
  EXPECT_EQ(log_psi(), own);
  EXPECT_NE(given, own);
}

TEST(StepBenchmark, MedianOfAnEvenNumberIsBetweenTheMiddleTwo) {
  const WorkTiming even{.seconds = {4, 1, 3, 100}};
  EXPECT_DOUBLE_EQ(even.median(), 3.5);
  const WorkTiming odd{.seconds = {4, 1, 3}};
  EXPECT_DOUBLE_EQ(odd.median(), 3);
}

/// n³/3 + 2n² + 2·n·P of a system in samples (n = 4, P = 10): by hand.
TEST(ReconfigurationWork, CountsByHand) {
  EXPECT_DOUBLE_EQ(gram_flops(GramForm::samples, 2, 10), 10 * 2 * 10.0);    // 10 entries of K = 10
  EXPECT_DOUBLE_EQ(gram_flops(GramForm::parameters, 20, 3), 6 * 2 * 40.0);  // 6 entries of K = 40
  EXPECT_NEAR(solve_flops(GramForm::samples, 2, 10), 64.0 / 3 + 32 + 80, 1e-12);
  EXPECT_NEAR(solve_flops(GramForm::parameters, 20, 3), 9 + 18 + 240, 1e-12);
}

TEST(BackendAgreement, AcceptsItself) {
  for (const std::size_t samples : {12u, 300u}) {  // either form of the Gram matrix
    for (const Precision precision : {Precision::fp64, Precision::fp32}) {
      Job job = tiny_job();
      job.samples = samples;
      job.precision = {precision, precision, precision};
      job.diag_shift = 1e-4;
      const auto a = cpu_backend(job);
      const auto b = cpu_backend(job);
      EXPECT_NO_THROW(require_agreement(job, *a, *b)) << samples;
    }
  }
}

/// The CPU's backend, spoiled in one place. Everything that the comparison calls goes through.
class Spoiled : public DenseBackend {
 public:
  enum class Place { log_psi, energies, force, solve, chains };
  Spoiled(Backend& sound, Place place) : sound_(sound), place_(place) {}

  void set_parameters(std::span<const double> theta) override { sound_.set_parameters(theta); }
  void set_chains(const ConfigurationBatch& states) override { sound_.set_chains(states); }
  ConfigurationBatch chains() const override {
    ConfigurationBatch states = sound_.chains();
    if (place_ == Place::chains) states[0][0] ^= 3;
    return states;
  }
  SweepCounts advance(std::uint64_t first, int sweeps) override {
    return sound_.advance(first, sweeps);
  }
  void record_samples(std::size_t slot) override { sound_.record_samples(slot); }
  void sample_log_psi(std::span<std::complex<double>> out) override {
    sound_.sample_log_psi(out);
    if (place_ == Place::log_psi) out[1] += 1e-3;
    out[0] += std::complex<double>(0, 2 * 3.14159265358979323846);  // the same amplitude
  }
  std::uint64_t sample_local_energies(std::span<std::complex<double>> out) override {
    const std::uint64_t evaluated = sound_.sample_local_energies(out);
    if (place_ == Place::energies) out[0] = std::nan("");
    return evaluated;
  }
  Precision accumulate_gram(std::span<const double> weights, std::span<const double> scale,
                            double shift, PhaseClock& clock) override {
    return sound_.accumulate_gram(weights, scale, shift, clock);
  }
  SolveReport solve(double shift, std::span<const double> rhs, std::span<double> x) override {
    const SolveReport report = sound_.solve(shift, rhs, x);
    if (place_ == Place::solve) x[0] *= 1.001;
    return report;
  }
  void apply(std::span<const double> direction, std::span<double> rows) override {
    sound_.apply(direction, rows);
  }
  void apply_transpose(std::span<const double> rows, std::span<double> direction) override {
    sound_.apply_transpose(rows, direction);
    if (place_ != Place::force) return;
    for (double& component : direction) component *= 1.001;
  }

 private:
  Backend& sound_;
  Place place_;
};

TEST(BackendAgreement, NamesWhatDiffers) {
  const Job job = tiny_job();
  const auto a = cpu_backend(job);
  const auto b = cpu_backend(job);
  struct Case {
    Spoiled::Place place;
    const char* named;
  };
  for (const Case& c :
       {Case{Spoiled::Place::log_psi, "log psi"}, Case{Spoiled::Place::energies, "local energies"},
        Case{Spoiled::Place::force, "forces"}, Case{Spoiled::Place::solve, "residual"},
        Case{Spoiled::Place::chains, "part after a sweep"}}) {
    Spoiled spoiled(*b, c.place);
    EXPECT_TRUE(test::mentions(
        test::message_of<NumericalError>([&] { require_agreement(job, *a, spoiled); }), {c.named}));
  }
}

}  // namespace
}  // namespace plaquette
