#include "cuda/cuda_backend.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <complex>

#include "cuda/cholesky.hpp"
#include "cuda/executor.hpp"
#include "cuda/jacobian_operations.hpp"
#include "cuda/local_energy.hpp"
#include "cuda/memory_plan.hpp"
#include "cuda/operations.hpp"
#include "cuda/phase_range.hpp"
#include "cuda/sampler.hpp"
#include "cuda/symmetry_images.hpp"
#include "kernels/gram_matrix.h"

namespace plaquette::cuda {
namespace {

using Complex = std::complex<double>;

/// The Gram matrix and its factor in one buffer, as gram_matrix.h says.
class GramMatrix {
 public:
  GramMatrix(std::size_t n, const Stream& stream)
      : n_(n), stream_(stream.get()), matrix_(n * n), diagonal_(n), x_(n), cholesky_(n, stream) {}

  std::size_t size() const { return n_; }
  double* data() { return matrix_.data(); }
  /// The lower triangle has been computed.
  void keep_diagonal() { copy_diagonal(diagonal_.data(), view(), stream_); }

  SolveReport solve(double shift, std::span<const double> rhs, std::span<double> x) {
    mirror_lower_triangle(view(), stream_);
    set_shifted_diagonal(view(), diagonal_.data(), shift, stream_);
    if (!cholesky_.factor(matrix_.data())) return {false};
    x_.upload(rhs, stream_);
    cholesky_.solve(matrix_.data(), x_.data());
    x_.download(x, stream_);
    return {std::all_of(x.begin(), x.end(), [](double value) { return std::isfinite(value); })};
  }

 private:
  TensorView<double, 2> view() { return TensorView<double, 2>(matrix_.data(), n_, n_); }

  std::size_t n_;
  cudaStream_t stream_;
  DeviceBuffer<double> matrix_;    // (n, n)
  DeviceBuffer<double> diagonal_;  // (n)
  DeviceBuffer<double> x_;         // (n)
  Cholesky cholesky_;
};

class CudaBackend final : public Backend {
 public:
  CudaBackend(const Problem& problem, const Resources& resources, std::size_t activation_bytes)
      : problem_(problem),
        plan_(cuda::plan_memory(problem, resources, activation_bytes)),
        blas_(stream_, problem.precision.tf32 ? FloatProducts::tf32 : FloatProducts::exact),
        layouts_(problem, activation_bytes),
        networks_(problem.system, layouts_, blas_),
        parameters_(problem.system.parameters.size),
        executor_(stream_, blas_, workspace_bytes(layouts_, problem), resources.interruption),
        sampler_(problem, stream_, resources.interruption),
        samples_(problem.system.hamiltonian.sites, problem.samples),
        local_energy_(problem.system.hamiltonian, local_energy_capacity(problem),
                      networks_.local_energy().window(), stream_, resources.interruption) {
    if (problem.samples == 0) return;
    const JacobianShape shape = jacobian_shape(problem, plan_);
    jacobian_ = networks_.with_log_derivatives(
        [&](const auto& state) { return make_jacobian(shape, state.wave_function()); });
    gram_.emplace(shape.gram_size(), stream_);
  }

  BackendKind kind() const override { return BackendKind::cuda; }
  std::string description() const override { return device_status().description; }
  const MemoryPlan& memory_plan() const override { return plan_; }

  void set_parameters(std::span<const double> theta) override {
    const PhaseRange range("update");
    networks_.set_parameters(theta);
    sampler_.forget_amplitudes();
    forget_jacobian();
  }

  void set_chains(const ConfigurationBatch& states) override {
    PLAQUETTE_REQUIRE(
        states.count() == problem_.chains && states.sites() == problem_.system.hamiltonian.sites,
        states.count(), " chains");
    sampler_.set_states(states);
  }
  ConfigurationBatch chains() const override { return sampler_.states().download(stream_.get()); }

  SweepCounts advance(std::uint64_t first_sweep, int sweeps) override {
    const PhaseRange range("sampling");
    return sampler_.advance(networks_.sampling(), first_sweep, sweeps, executor_.workspace());
  }

  void record_samples(std::size_t slot) override {
    const std::size_t first = slot * problem_.chains;
    PLAQUETTE_REQUIRE(first + problem_.chains <= samples_.count(), "slot ", slot);
    const TensorView<const std::uint64_t, 2> states = sampler_.states().all();
    copy_on_device(samples_.data() + first * samples_.words(), states.data(),
                   states.size() * sizeof(std::uint64_t), stream_.get());
    forget_jacobian();
  }
  void set_samples(const ConfigurationBatch& states) override {
    PLAQUETTE_REQUIRE(
        states.count() == samples_.count() && states.sites() == problem_.system.hamiltonian.sites,
        states.count(), " samples");
    samples_.upload(states, 0, states.count(), stream_.get());
    forget_jacobian();
  }
  ConfigurationBatch samples() const override { return samples_.download(stream_.get()); }

  void sample_log_psi(std::span<Complex> out) override {
    const PhaseRange range("log psi");
    PLAQUETTE_REQUIRE(out.size() == samples_.count(), out.size(), " results");
    for_pieces(samples_.count(), [&](IndexRange piece) {
      log_psi_of(samples_.rows(piece.begin, piece.size()), out.subspan(piece.begin, piece.size()));
    });
  }
  std::uint64_t sample_local_energies(std::span<Complex> out) override {
    PLAQUETTE_REQUIRE(out.size() == samples_.count(), out.size(), " results");
    const PhaseRange range("local energy");
    std::uint64_t evaluated = 0;
    for_pieces(samples_.count(), [&](IndexRange piece) {
      evaluated +=
          local_energy_.evaluate(networks_.local_energy(), out.subspan(piece.begin, piece.size()),
                                 samples_.rows(piece.begin, piece.size()), executor_.workspace());
    });
    return evaluated;
  }

  Precision accumulate_gram(std::span<const double> weights, std::span<const double> column_scale,
                            double shift, PhaseClock& clock) override {
    const PhaseRange range("log-derivatives and Gram matrix");
    jacobian().define(samples_.all(), weights, column_scale);
    const Precision products = jacobian().gram(gram_->data(), shift, clock);
    gram_->keep_diagonal();
    return products;
  }

  SolveReport solve(double shift, std::span<const double> rhs, std::span<double> x) override {
    PLAQUETTE_REQUIRE(gram_.has_value(), "this backend was made without samples");
    PLAQUETTE_REQUIRE(rhs.size() == gram_->size() && x.size() == gram_->size(), rhs.size());
    const PhaseRange range("solve");
    return gram_->solve(shift, rhs, x);
  }

  void apply(std::span<const double> direction, std::span<double> rows) override {
    const PhaseRange range("apply Jacobian");
    jacobian().apply(direction, rows);
  }
  void apply_transpose(std::span<const double> rows, std::span<double> direction) override {
    const PhaseRange range("apply Jacobian");
    jacobian().apply_transpose(rows, direction);
  }

  void log_psi(const ConfigurationBatch& states, std::span<Complex> out) override {
    PLAQUETTE_REQUIRE(out.size() == states.count(), out.size(), " results");
    for_host_pieces(states, [&](IndexRange piece, TensorView<const std::uint64_t, 2> rows) {
      log_psi_of(rows, out.subspan(piece.begin, piece.size()));
    });
  }
  void local_energies(const ConfigurationBatch& states, std::span<Complex> out) override {
    PLAQUETTE_REQUIRE(out.size() == states.count(), out.size(), " results");
    for_host_pieces(states, [&](IndexRange piece, TensorView<const std::uint64_t, 2> rows) {
      local_energy_.evaluate(networks_.local_energy(), out.subspan(piece.begin, piece.size()), rows,
                             executor_.workspace());
    });
  }
  void gradients(const ConfigurationBatch& states, std::span<Complex> out) override {
    PLAQUETTE_REQUIRE(out.size() == states.count() * parameters_, out.size(), " numbers");
    networks_.with_log_derivatives(
        [&](const auto& state) { gradients_of(state.wave_function(), states, out); });
  }

  void softmax_weights(const ConfigurationBatch& states, std::span<double> out) override {
    PLAQUETTE_REQUIRE(states.count() > 0 && out.size() % states.count() == 0, out.size());
    const std::size_t width = out.size() / states.count();
    networks_.with_log_derivatives([&](const auto& state) {
      for_given_pieces(states, state.network().gradient_window(),
                       [&](IndexRange piece, TensorView<const std::uint64_t, 2> rows) {
                         state.network().softmax_weights(
                             out.subspan(piece.begin * width, piece.size() * width), rows,
                             executor_.workspace());
                       });
    });
  }

 private:
  void forget_jacobian() {
    if (jacobian_) jacobian_->forget();
  }
  Jacobian& jacobian() {
    PLAQUETTE_REQUIRE(jacobian_ != nullptr, "this backend was made without samples");
    return *jacobian_;
  }

  /// The pieces in which samples are measured.
  template <class Work>
  void for_pieces(std::size_t count, const Work& work) {
    executor_.for_each({count, local_energy_.capacity()},
                       [&](IndexRange piece, Workspace&) { work(piece); });
  }
  /// Configurations of the host, brought to the device `most` at a time: work(piece, rows). Not for
  /// a step: it allocates.
  template <class Work>
  void for_pieces_of(const ConfigurationBatch& states, std::size_t most, const Work& work) {
    const FixedPartition pieces{states.count(), most};
    Configurations device(states.sites(), std::min(states.count(), most));
    executor_.for_each(pieces, [&](IndexRange piece, Workspace&) {
      device.upload(states, piece.begin, piece.size(), stream_.get());
      work(piece, device.rows(0, piece.size()));
    });
  }
  template <class Work>
  void for_host_pieces(const ConfigurationBatch& states, const Work& work) {
    for_pieces_of(states, local_energy_.capacity(), work);
  }
  template <class Work>
  void for_given_pieces(const ConfigurationBatch& states, std::size_t window, const Work& work) {
    for_pieces_of(states, std::min(kGivenConfigurations, window), work);
  }

  void log_psi_of(TensorView<const std::uint64_t, 2> configurations, std::span<Complex> out) {
    local_energy_.log_psi(networks_.local_energy(), out, configurations, executor_.workspace());
  }

  template <class Real>
  std::unique_ptr<Jacobian> make_jacobian(const JacobianShape& shape,
                                          const Differentiable<Real>& psi) {
    return std::make_unique<JacobianOf<Executor, Real>>(shape, psi, executor_);
  }

  template <class Real>
  void gradients_of(const Differentiable<Real>& psi, const ConfigurationBatch& states,
                    std::span<Complex> out) {
    const std::size_t rows =
        std::min({states.count(), kGivenConfigurations, psi.gradient_window()});
    DeviceBuffer<Real> entries(2 * rows * parameters_);
    std::vector<Real> values(entries.size());
    for_given_pieces(
        states, psi.gradient_window(),
        [&](IndexRange piece, TensorView<const std::uint64_t, 2> given) {
          psi.gradients({.entries = entries.data(),
                         .row_stride = parameters_,
                         .samples = piece.size(),
                         .first_sample = 0,
                         .begin = 0,
                         .end = parameters_},
                        given, executor_.workspace());
          const std::size_t size = piece.size() * parameters_;
          executor_.download(std::span<Real>(values.data(), 2 * size), entries);
          Complex* first = out.data() + piece.begin * parameters_;
          for (std::size_t k = 0; k < size; ++k) {
            first[k] = {static_cast<double>(values[k]), static_cast<double>(values[size + k])};
          }
        });
  }

  Problem problem_;
  MemoryPlan plan_;
  Stream stream_;
  Blas blas_;
  PhaseLayouts<Operations> layouts_;
  PhaseNetworks<Operations, SymmetryImages> networks_;
  std::size_t parameters_;
  Executor executor_;
  Sampler sampler_;
  Configurations samples_;
  LocalEnergy local_energy_;
  std::unique_ptr<Jacobian> jacobian_;
  std::optional<GramMatrix> gram_;
};

template <class Real>
double gemm_gflops(std::size_t size) {
  constexpr int kRepeats = 10;
  const Stream stream;
  const Blas blas(stream, FloatProducts::exact);
  // Products of ordinary numbers: zeros can run faster than data does.
  std::vector<Real> values(size * size);
  for (std::size_t k = 0; k < values.size(); ++k) {
    values[k] = static_cast<Real>(k % 31) / Real(31) - Real(0.5);
  }
  DeviceBuffer<Real> a(values, stream.get());
  DeviceBuffer<Real> c(size * size);
  const auto multiply = [&] {
    blas.product<Real>(c.data(), size, {a.data(), size}, {a.data(), size}, {size, size, size}, 0);
    stream.synchronize();
  };
  multiply();
  double best = 0;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    multiply();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    const auto flops = 2.0 * static_cast<double>(size * size) * static_cast<double>(size);
    best = std::max(best, 1e-9 * flops / seconds.count());
  }
  return best;
}

}  // namespace

std::unique_ptr<Backend> make_backend(const Problem& problem, const Resources& resources,
                                      std::size_t activation_bytes) {
  return std::make_unique<CudaBackend>(problem, resources, activation_bytes);
}

double measure_gemm_peak(Precision precision) {
  constexpr std::size_t kSize = 8192;
  return precision == Precision::fp32 ? gemm_gflops<float>(kSize) : gemm_gflops<double>(kSize);
}

}  // namespace plaquette::cuda
