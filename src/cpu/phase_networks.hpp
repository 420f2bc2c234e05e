#pragma once

#include <memory>
#include <span>
#include <utility>

#include "cpu/symmetric_wave_function.hpp"
#include "cpu/wave_function.hpp"
#include "plaquette/model/parameter_table.hpp"

namespace plaquette::cpu {

/// The network in every precision that some phase wants, and which phase uses which.
class PhaseNetworks {
 public:
  explicit PhaseNetworks(const Problem& problem) : policy_(problem.precision) {
    for (const Precision precision :
         {policy_.sampling, policy_.local_energy, policy_.log_derivatives}) {
      std::unique_ptr<WaveFunction>& network = slot(precision);
      if (network) continue;
      network = make_wave_function(problem.system.network, precision);
      if (!problem.system.symmetry.empty()) {
        network = std::make_unique<SymmetricWaveFunction>(
            std::move(network), problem.system.symmetry, problem.system.parameters.size);
      }
    }
  }

  void set_parameters(std::span<const double> theta) {
    for (auto* network : {fp32_.get(), fp64_.get()}) {
      if (network != nullptr) network->set_parameters(theta);
    }
  }
  std::size_t parameter_bytes() const {
    return (fp32_ ? fp32_->parameter_bytes() : 0) + (fp64_ ? fp64_->parameter_bytes() : 0);
  }

  const WaveFunction& sampling() const { return get(policy_.sampling); }
  const WaveFunction& local_energy() const { return get(policy_.local_energy); }
  const WaveFunction& log_derivatives() const { return get(policy_.log_derivatives); }

 private:
  std::unique_ptr<WaveFunction>& slot(Precision precision) {
    return precision == Precision::fp32 ? fp32_ : fp64_;
  }
  const WaveFunction& get(Precision precision) const {
    return precision == Precision::fp32 ? *fp32_ : *fp64_;
  }

  PrecisionPolicy policy_;
  std::unique_ptr<WaveFunction> fp32_;
  std::unique_ptr<WaveFunction> fp64_;
};

/// Bytes of scratch that one thread needs for any phase.
std::size_t workspace_bytes(const PhaseNetworks& networks, int sites);

}  // namespace plaquette::cpu
