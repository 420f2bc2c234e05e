#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cuda/network.hpp"
#include "kernels/symmetry_images.h"
#include "plaquette/backend/backend.hpp"

namespace plaquette::cuda {

/// The network, projected: ψ_sym(s) = Σ_g χ_g ψ(g s), G evaluations for one. Without operations it
/// is the network itself. Instantiated for float and double.
template <class Real>
class SymmetricNetwork final : public WaveFunction {
 public:
  /// `blas` must outlive this. activation_bytes: what a window's activations may take.
  SymmetricNetwork(const Problem& problem, const Blas& blas, std::size_t activation_bytes);

  void set_parameters(std::span<const double> theta) override { network_.set_parameters(theta); }
  std::size_t window() const override { return network_.window(); }
  std::size_t workspace_bytes(std::size_t batch) const override;
  std::size_t parameter_bytes() const override { return network_.parameter_bytes(); }
  void log_psi(ComplexPair<double>* out, TensorView<const std::uint64_t, 2> configurations,
               Workspace& workspace) const override;

  std::size_t gradient_window() const { return network_.gradient_window(); }
  std::size_t gradient_workspace_bytes(std::size_t batch) const;
  /// As Network::gradients.
  void gradients(const GradientBlock<Real>& block,
                 TensorView<const std::uint64_t, 2> configurations,  // (B, words)
                 Workspace& workspace) const;
  /// Of the network itself: a projected state has no attention of its own.
  void softmax_weights(std::span<double> out, TensorView<const std::uint64_t, 2> configurations,
                       Workspace& workspace) const {
    network_.softmax_weights(out, configurations, workspace);
  }

 private:
  struct Scratch {
    std::uint64_t* images;            // (chunk, words)
    ComplexPair<double>* amplitudes;  // (B, G)
  };
  bool projects() const { return operations_ > 0; }
  /// Images evaluated, or differentiated, at a time.
  std::size_t chunk(std::size_t batch) const;
  std::size_t gradient_chunk(std::size_t batch) const;
  Scratch allocate(Workspace::Frame& frame, std::size_t batch) const;
  SymmetryTable table() const;
  /// log ψ_sym into `out` and the shares of the images into the scratch.
  void evaluate(ComplexPair<double>* out, TensorView<const std::uint64_t, 2> configurations,
                const Scratch& scratch, Workspace& workspace) const;

  Network<Real> network_;
  cudaStream_t stream_;
  std::size_t operations_;  // G, 0 without projection
  std::size_t sites_;
  std::size_t words_;
  std::size_t parameters_;
  DeviceBuffer<std::int32_t> permutation_;       // (G, N)
  DeviceBuffer<std::int32_t> flip_;              // (G)
  DeviceBuffer<ComplexPair<double>> character_;  // (G)
};

}  // namespace plaquette::cuda
