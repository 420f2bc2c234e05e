#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "plaquette/backend/registry.hpp"

namespace plaquette::test {

/// Whether the backend's device is that of tests/simt.
inline bool is_simulated(BackendKind kind) {
  for (const BackendStatus& status : backend_statuses()) {
    if (status.kind == kind) return status.description.starts_with("simulated device");
  }
  return false;
}

/// A test whose parameter has a `backend`: skipped, and counted as skipped, where that backend is
/// built in but has no device; a failure there if PLAQUETTE_REQUIRE_GPU is 1.
template <class Case>
class BackendTest : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    for (const BackendStatus& status : backend_statuses()) {
      if (status.kind != this->GetParam().backend || status.usable) continue;
      const char* required = std::getenv("PLAQUETTE_REQUIRE_GPU");
      if (required != nullptr && std::string(required) == "1") {
        FAIL() << "PLAQUETTE_REQUIRE_GPU is 1, but: " << status.description;
      }
      GTEST_SKIP() << status.description;
    }
  }
};

}  // namespace plaquette::test
