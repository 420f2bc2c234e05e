#include "network/counted_operations.hpp"
#include "network/network.hpp"
#include "plaquette/backend/network_profile.hpp"

namespace plaquette {
namespace {

/// A probe that only adds up.
struct WorkSum {
  OperationWork sum;
  template <class Run>
  void operator()(Operation, const OperationWork& work, const Run&) {
    sum += work;
  }
};

template <class Real>
NetworkWork work_in(const System& system, std::size_t batch) {
  using Operations = CountedOperations<Real>;
  const NetworkLayout<Operations> layout(system.network, system.parameters, batch);
  const Network<Operations> network(system, layout);
  // Of this memory nothing is ever touched.
  Workspace workspace(std::max(layout.log_psi_bytes(batch), layout.gradient_bytes(batch)));
  const TensorView<const std::uint64_t, 2> configurations(nullptr, batch, layout.sizes().words);
  WorkSum forward;
  WorkSum gradient;
  network.evaluate(nullptr, configurations, workspace, forward);
  network.differentiate({}, configurations, workspace, gradient);
  return {forward.sum, gradient.sum};
}

}  // namespace

NetworkWork network_work(const System& system, Precision precision, std::size_t batch) {
  return precision == Precision::fp32 ? work_in<float>(system, batch)
                                      : work_in<double>(system, batch);
}

}  // namespace plaquette
