#pragma once

#include <complex>
#include <memory>
#include <vector>

#include "cpu/wave_function.hpp"
#include "plaquette/physics/symmetry.hpp"

namespace plaquette::cpu {

/// ψ_sym(s) = Σ_g χ_g ψ(g s) of another wave function ψ: G evaluations for one.
class SymmetricWaveFunction final : public WaveFunction {
 public:
  /// operations (G), not empty.
  SymmetricWaveFunction(std::unique_ptr<WaveFunction> psi,
                        std::vector<SymmetryOperation> operations, std::size_t parameters);

  void set_parameters(std::span<const double> theta) override { psi_->set_parameters(theta); }
  std::size_t micro_batch() const override { return psi_->micro_batch(); }
  std::size_t log_psi_workspace() const override;
  std::size_t gradient_workspace() const override;
  std::size_t parameter_bytes() const override { return psi_->parameter_bytes(); }
  void log_psi(const std::uint64_t* configurations, std::span<std::complex<double>> out,
               Workspace& workspace) const override;
  /// ∂ log ψ_sym = Σ_g c_g ∂ log ψ(g s) with c_g = χ_g ψ(g s)/ψ_sym(s).
  void gradients(const std::uint64_t* configurations, std::size_t batch, GradientSink& sink,
                 Workspace& workspace) const override;
  /// Of ψ itself: a projected state has no attention of its own.
  void softmax_weights(const std::uint64_t* configurations, std::size_t batch,
                       std::span<double> out, Workspace& workspace) const override {
    psi_->softmax_weights(configurations, batch, out, workspace);
  }

 private:
  struct Scratch {
    std::uint64_t* images;             // (micro_batch, words)
    std::complex<double>* amplitudes;  // (B, G): log ψ(g s)
  };
  Scratch allocate(Workspace::Frame& frame) const;
  /// Images [range): image s·G + g is that of configuration s under operation g.
  void make_images(const std::uint64_t* configurations, IndexRange range,
                   std::uint64_t* images) const;
  /// log ψ(g s) of `batch` configurations.
  void evaluate_images(const std::uint64_t* configurations, std::size_t batch,
                       const Scratch& scratch, Workspace& workspace) const;
  /// log ψ_sym from the G amplitudes of one configuration; −∞ where the sum vanishes.
  std::complex<double> combine(const std::complex<double>* amplitudes) const;

  std::unique_ptr<WaveFunction> psi_;
  std::vector<SymmetryOperation> operations_;
  std::size_t parameters_;
  std::size_t words_;
};

}  // namespace plaquette::cpu
