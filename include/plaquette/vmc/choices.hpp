#pragma once

namespace plaquette {

enum class SamplerKind {
  exchange,  ///< Metropolis chains with exchange moves
  full_sum   ///< every configuration of the Sz = 0 sector, weighted by |ψ|²
};

enum class Optimizer { sr, spring, march };

enum class ScheduleKind { constant, linear, cosine };

}  // namespace plaquette
