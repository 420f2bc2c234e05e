#pragma once

#include <algorithm>
#include <optional>
#include <span>

#include "cuda/symmetric_network.hpp"
#include "plaquette/backend/backend.hpp"

namespace plaquette::cuda {

/// The network in every precision that some phase wants, and which phase uses which.
class PhaseNetworks {
 public:
  PhaseNetworks(const Problem& problem, const Blas& blas, std::size_t activation_bytes)
      : policy_(problem.precision) {
    const auto wanted = [&](Precision precision) {
      return policy_.sampling == precision || policy_.local_energy == precision ||
             policy_.log_derivatives == precision;
    };
    if (wanted(Precision::fp32)) fp32_.emplace(problem, blas, activation_bytes);
    if (wanted(Precision::fp64)) fp64_.emplace(problem, blas, activation_bytes);
  }

  void set_parameters(std::span<const double> theta) {
    if (fp32_) fp32_->set_parameters(theta);
    if (fp64_) fp64_->set_parameters(theta);
  }
  std::size_t parameter_bytes() const {
    return (fp32_ ? fp32_->parameter_bytes() : 0) + (fp64_ ? fp64_->parameter_bytes() : 0);
  }

  const WaveFunction& sampling() const { return evaluated_by(policy_.sampling); }
  const WaveFunction& local_energy() const { return evaluated_by(policy_.local_energy); }
  /// Calls use(network) with the network that is differentiated:
  /// SymmetricNetwork<float> or SymmetricNetwork<double>.
  template <class Use>
  auto with_log_derivatives(const Use& use) const {
    return policy_.log_derivatives == Precision::fp32 ? use(*fp32_) : use(*fp64_);
  }

 private:
  const WaveFunction& evaluated_by(Precision precision) const {
    if (precision == Precision::fp32) return *fp32_;
    return *fp64_;
  }

  PrecisionPolicy policy_;
  std::optional<SymmetricNetwork<float>> fp32_;
  std::optional<SymmetricNetwork<double>> fp64_;
};

/// Given configurations are differentiated, and their attention is looked at, so many at a time.
inline constexpr std::size_t kGivenConfigurations = 128;

/// Device memory of the networks' scratch, for any phase of the problem.
std::size_t workspace_bytes(const PhaseNetworks& networks, const Problem& problem);

/// Samples whose local energies are computed at a time.
std::size_t local_energy_capacity(const Problem& problem);

}  // namespace plaquette::cuda
