#pragma once

#include "network/jacobian.hpp"
#include "plaquette/backend/backend.hpp"

namespace plaquette {

/// How the plan cuts the problem's Jacobian.
inline JacobianShape jacobian_shape(const Problem& problem, const MemoryPlan& plan) {
  JacobianShape shape{problem.gram_form, problem.samples, problem.system.parameters.size, 0};
  shape.block = shape.by_samples() ? plan.parameters_per_block : plan.samples_per_block;
  return shape;
}

/// Adds the Jacobian to a plan that has everything else: in the largest blocks that the limit
/// leaves. Calls refuse(bytes needed, limit), which must throw, if not one slice fits.
template <class Refuse>
void plan_jacobian(MemoryPlan& plan, const Problem& problem, const Refuse& refuse) {
  JacobianShape shape = jacobian_shape(problem, plan);
  const std::size_t real =
      problem.precision.log_derivatives == Precision::fp32 ? sizeof(float) : sizeof(double);
  plan.items.push_back({"log-derivative slice", shape.fixed_bytes()});
  const std::size_t needed = plan.total() + shape.slice() * shape.unit_bytes(real);
  if (needed > plan.limit) refuse(needed, plan.limit);
  shape.block = shape.affordable_block(plan.limit - plan.total(), real);
  plan.parameters_per_block = shape.by_samples() ? shape.block : shape.parameters;
  plan.samples_per_block = shape.by_samples() ? shape.samples : shape.block;
  plan.items.push_back({"log-derivative block", shape.block * shape.unit_bytes(real)});
}

}  // namespace plaquette
