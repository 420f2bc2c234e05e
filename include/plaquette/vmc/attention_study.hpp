#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "plaquette/backend/backend.hpp"
#include "plaquette/vmc/attention_statistics.hpp"
#include "plaquette/vmc/jackknife.hpp"
#include "plaquette/vmc/job.hpp"
#include "plaquette/vmc/sample_rounds.hpp"

namespace plaquette {

/// What freezing the attention to its mean over inputs does to the energy per site, in J1.
struct FreezingCost {
  Estimate energy;
  Estimate frozen;
  Estimate change;  ///< frozen − energy
};

/// The attention of a network over inputs. Shapes: layers, h heads, n tokens.
struct AttentionStudy {
  NetworkShape shape;
  AttentionMaps maps;
  std::vector<double> position;  ///< (layers, h, n, n) p_ij
  std::vector<double> inputs;    ///< (count, layers, h, n, n) α of given configurations, or empty
  std::size_t count = 0;         ///< inputs looked at
  std::optional<FreezingCost> freezing = {};

  /// ⟨α_ij⟩ averaged over heads: (layers, n, n).
  std::vector<double> mean_over_heads() const;
};

/// Over samples, with their weights. `parameters` (P) must be the backend's, and the backend made
/// for make_measurement_problem(job). Throws as visit_samples does.
AttentionStudy study_attention(const Job& job, std::span<const double> parameters, Backend& backend,
                               const SamplingPlan& plan);
/// Over given configurations, which weigh equally; the weights of each are kept.
AttentionStudy study_attention(const Job& job, std::span<const double> parameters, Backend& backend,
                               const ConfigurationBatch& inputs);

/// Measures both energies, each on a backend of its own. The plan's chains are those of the network
/// that was not frozen: the frozen one's walk on for kSweepsFromAfar first, or more if the plan
/// says so. Throws as make_backend and measure do.
FreezingCost freezing_cost(const Job& job, std::span<const double> parameters,
                           const AttentionMaps& maps, BackendKind kind, const Resources& resources,
                           SamplingPlan plan);

}  // namespace plaquette
