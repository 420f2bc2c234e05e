#pragma once

#include <algorithm>
#include <optional>
#include <span>

#include "network/network.hpp"
#include "network/projection.hpp"
#include "plaquette/backend/backend.hpp"

namespace plaquette {

/// Sizes of a system's wave function in one precision; allocates nothing.
template <class Operations>
struct StateLayout {
  using Real = typename Operations::Real;

  StateLayout(const System& system, std::size_t activation_bytes)
      : network(system.network, system.parameters, activation_bytes),
        projection(system, network.window(), network.gradient_window()) {}

  bool projects() const { return projection.operations() > 0; }
  std::size_t window() const { return network.window(); }
  std::size_t gradient_window() const { return network.gradient_window(); }
  std::size_t log_psi_bytes(std::size_t batch) const {
    if (!projects()) return network.log_psi_bytes(batch);
    return projection.log_psi_bytes(batch) + network.log_psi_bytes(projection.images(batch));
  }
  /// Softmax weights are taken of the network itself.
  std::size_t gradient_bytes(std::size_t batch) const {
    if (!projects()) return network.gradient_bytes(batch);
    const std::size_t images = std::max(network.log_psi_bytes(projection.images(batch)),
                                        network.gradient_bytes(projection.gradient_images(batch)));
    return std::max(projection.template gradient_bytes<Real>(batch) + images,
                    network.gradient_bytes(batch));
  }
  std::size_t parameter_bytes() const { return network.parameter_bytes(); }

  NetworkLayout<Operations> network;
  ProjectionLayout projection;
};

/// A system's wave function in one precision: the network, projected where the system says so.
template <class Operations, class Images>
class State {
 public:
  using Real = typename Operations::Real;

  /// `arguments` make the operations and the images.
  template <class... Arguments>
  State(const System& system, const StateLayout<Operations>& layout, const Arguments&... arguments)
      : network_(system, layout.network, arguments...) {
    if (layout.projects()) {
      projection_.emplace(network_, layout.projection, SymmetryArrays(system.symmetry),
                          arguments...);
    }
  }

  void set_parameters(std::span<const double> theta) { network_.set_parameters(theta); }
  const Differentiable<Real>& wave_function() const {
    if (projection_) return *projection_;
    return network_;
  }
  /// Attention is the network's: a projected state has none of its own.
  const Network<Operations>& network() const { return network_; }

 private:
  Network<Operations> network_;
  std::optional<Projection<Images, Real>> projection_;
};

/// Which precisions some phase wants, and their sizes: what a plan asks.
template <template <class> class Operations>
class PhaseLayouts {
 public:
  PhaseLayouts(const Problem& problem, std::size_t activation_bytes) : policy_(problem.precision) {
    const auto wanted = [&](Precision precision) {
      return policy_.sampling == precision || policy_.local_energy == precision ||
             policy_.log_derivatives == precision;
    };
    if (wanted(Precision::fp32)) fp32_.emplace(problem.system, activation_bytes);
    if (wanted(Precision::fp64)) fp64_.emplace(problem.system, activation_bytes);
  }

  const std::optional<StateLayout<Operations<float>>>& fp32() const { return fp32_; }
  const std::optional<StateLayout<Operations<double>>>& fp64() const { return fp64_; }

  /// Calls use(layout) with that of a phase.
  template <class Use>
  auto with(Precision precision, const Use& use) const {
    return precision == Precision::fp32 ? use(*fp32_) : use(*fp64_);
  }
  const PrecisionPolicy& policy() const { return policy_; }
  std::size_t parameter_bytes() const {
    return (fp32_ ? fp32_->parameter_bytes() : 0) + (fp64_ ? fp64_->parameter_bytes() : 0);
  }

 private:
  PrecisionPolicy policy_;
  std::optional<StateLayout<Operations<float>>> fp32_;
  std::optional<StateLayout<Operations<double>>> fp64_;
};

/// The wave function in every precision that some phase wants, and which phase uses which.
template <template <class> class Operations, template <class> class Images>
class PhaseNetworks {
 public:
  template <class... Arguments>
  PhaseNetworks(const System& system, const PhaseLayouts<Operations>& layouts,
                const Arguments&... arguments)
      : policy_(layouts.policy()) {
    if (layouts.fp32()) fp32_.emplace(system, *layouts.fp32(), arguments...);
    if (layouts.fp64()) fp64_.emplace(system, *layouts.fp64(), arguments...);
  }

  void set_parameters(std::span<const double> theta) {
    if (fp32_) fp32_->set_parameters(theta);
    if (fp64_) fp64_->set_parameters(theta);
  }

  const WaveFunction& sampling() const { return evaluated_by(policy_.sampling); }
  const WaveFunction& local_energy() const { return evaluated_by(policy_.local_energy); }
  /// Calls use(state) with the State that is differentiated.
  template <class Use>
  auto with_log_derivatives(const Use& use) const {
    return policy_.log_derivatives == Precision::fp32 ? use(*fp32_) : use(*fp64_);
  }

 private:
  const WaveFunction& evaluated_by(Precision precision) const {
    if (precision == Precision::fp32) return fp32_->wave_function();
    return fp64_->wave_function();
  }

  PrecisionPolicy policy_;
  std::optional<State<Operations<float>, Images<float>>> fp32_;
  std::optional<State<Operations<double>, Images<double>>> fp64_;
};

}  // namespace plaquette
