#pragma once

#include <array>
#include <chrono>
#include <vector>

#include "network/network.hpp"
#include "plaquette/backend/network_profile.hpp"
#include "plaquette/base/fixed_partition.hpp"
#include "plaquette/physics/metropolis.hpp"

namespace plaquette {

/// By operation.
using OperationWorks = std::array<OperationWork, kOperationNames.size()>;
using OperationSeconds = std::array<double, kOperationNames.size()>;

/// A probe that adds up work and time by operation; waits for each to end.
template <class Executor>
class OperationTimer {
 public:
  explicit OperationTimer(Executor& executor) : executor_(executor) {}

  template <class Run>
  void operator()(Operation operation, const OperationWork& work, const Run& run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    executor_.synchronize();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    seconds_[static_cast<std::size_t>(operation)] += elapsed.count();
    works_[static_cast<std::size_t>(operation)] += work;
  }

  const OperationWorks& works() const { return works_; }
  const OperationSeconds& seconds() const { return seconds_; }

 private:
  Executor& executor_;
  OperationWorks works_{};
  OperationSeconds seconds_{};
};

/// A system of the case's shape: what a network is made for; no magnet.
inline System system_of(const NetworkCase& given) {
  const NetworkShape& shape = given.shape;
  const Lattice lattice{LatticeKind::square, shape.token_rows * shape.patch_rows,
                        shape.token_columns * shape.patch_columns};
  return {.lattice = lattice,
          .hamiltonian = {.sites = lattice.sites()},
          .network = shape,
          .parameters = make_parameter_table(shape)};
}

inline ConfigurationBatch random_configurations(const System& system, std::size_t count) {
  ConfigurationBatch states(system.hamiltonian.sites, count);
  for (std::size_t k = 0; k < count; ++k) {
    random_configuration(0, static_cast<std::uint32_t>(k), states.sites(), states[k]);
  }
  return states;
}

/// profile_network on an executor. `configurations` (B, words) are in its memory; `threads` work on
/// pieces side by side. The network's parameters are set.
template <class Executor, class Operations>
class NetworkProfiler {
 public:
  using Real = typename Operations::Real;
  using Configurations = TensorView<const std::uint64_t, 2>;

  NetworkProfiler(const Network<Operations>& network, std::size_t parameters, Executor& executor,
                  int threads)
      : network_(network), parameters_(parameters), executor_(executor), threads_(threads) {}

  NetworkProfile profile(Configurations configurations, int repeats) {
    const auto forward = [&](Configurations piece, Workspace& workspace,
                             OperationTimer<Executor>& timer) {
      typename Executor::template Buffer<ComplexPair<double>> log_psi(piece.extent(0));
      network_.evaluate(log_psi.data(), piece, workspace, timer);
    };
    const auto gradient = [&](Configurations piece, Workspace& workspace,
                              OperationTimer<Executor>& timer) {
      typename Executor::template Buffer<Real> rows(2 * piece.extent(0) * parameters_);
      network_.differentiate({.entries = rows.data(),
                              .row_stride = parameters_,
                              .samples = piece.extent(0),
                              .first_sample = 0,
                              .begin = 0,
                              .end = parameters_},
                             piece, workspace, timer);
    };
    return {times(configurations, network_.window(), repeats, forward),
            times(configurations, network_.gradient_window(), repeats, gradient)};
  }

 private:
  template <class Pass>
  std::vector<OperationProfile> times(Configurations configurations, std::size_t window,
                                      int repeats, const Pass& pass) {
    OperationWorks works{};
    std::vector<OperationSeconds> seconds;
    const FixedPartition pieces{configurations.extent(0), window};
    for (int repeat = 0; repeat <= repeats; ++repeat) {
      std::vector<OperationTimer<Executor>> timers(pieces.count(),
                                                   OperationTimer<Executor>(executor_));
      executor_.for_each(pieces, [&](IndexRange piece, Workspace& workspace) {
        const std::size_t words = configurations.extent(1);
        pass(Configurations(configurations.data() + piece.begin * words, piece.size(), words),
             workspace, timers[piece.begin / pieces.piece]);
      });
      if (repeat == 0) continue;  // to warm up
      works = {};
      seconds.emplace_back(OperationSeconds{});
      for (const OperationTimer<Executor>& timer : timers) {
        for (std::size_t o = 0; o < works.size(); ++o) {
          works[o] += timer.works()[o];
          seconds.back()[o] += timer.seconds()[o] / threads_;
        }
      }
    }
    std::vector<OperationProfile> found;
    for (std::size_t o = 0; o < works.size(); ++o) {
      if (works[o].bytes == 0) continue;
      found.push_back({.operation = Operation(o), .work = works[o], .seconds = {}});
      for (const OperationSeconds& repeat : seconds) found.back().seconds.push_back(repeat[o]);
    }
    return found;
  }

  const Network<Operations>& network_;
  std::size_t parameters_;
  Executor& executor_;
  int threads_;
};

}  // namespace plaquette
