#include <gtest/gtest.h>

#include "plaquette/backend/registry.hpp"
#include "support/backend_test.hpp"
#include "support/case_table.hpp"

// A kernel that a device cannot run is found by the plan, not by the first step.

namespace plaquette::test {
namespace {

class KernelCapacity : public BackendTest<BackendCase> {
 protected:
  MemoryPlan plan(Precision precision) const {
    Problem problem = make_problem(GetParam().made, {});
    problem.samples = 4;
    problem.precision = {precision, precision, precision};
    return plan_memory(GetParam().backend, problem, {});
  }
};

/// 169 tokens: 247 KiB of shared memory a head in FP64, more than any device has, 124 in FP32.
TEST_P(KernelCapacity, IsPartOfThePlan) {
  EXPECT_NO_THROW(plan(Precision::fp32));
  if (GetParam().backend == BackendKind::cpu) {
    EXPECT_NO_THROW(plan(Precision::fp64));
    return;
  }
  try {
    plan(Precision::fp64);
    FAIL() << "planned";
  } catch (const CapacityError& error) {
    EXPECT_NE(std::string(error.what()).find("shared memory"), std::string::npos) << error.what();
  }
}

std::vector<BackendCase> cases() {
  std::vector<BackendCase> all;
  for (const BackendKind backend : built_backends()) {
    all.push_back(
        {backend,
         {LatticeKind::square,
          26,
          {.patch = 2, .d_model = 8, .heads = 1, .layers = 1, .attention = Attention::t5}}});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Large, KernelCapacity, testing::ValuesIn(cases()),
                         [](const auto& instance) { return instance.param.name(); });

}  // namespace
}  // namespace plaquette::test
