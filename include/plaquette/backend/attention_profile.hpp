#pragma once

#include <cstddef>
#include <vector>

#include "plaquette/backend/backend.hpp"

namespace plaquette {

/// One attention operator on its own, without the dense layers around it: what `plaquette profile`
/// times. Its input is made up; only the time matters.
struct AttentionCase {
  Attention attention = Attention::factored;
  Precision precision = Precision::fp32;
  int side = 5;           ///< n = side² tokens, translation invariant
  int d_model = 60;       ///< d
  int heads = 10;         ///< h, divides d
  std::size_t batch = 1;  ///< B samples

  std::size_t tokens() const { return static_cast<std::size_t>(side) * side; }
};

/// Forward: the mixed values. Backward: from the cotangents of both parts of log ψ to those of
/// values (queries, keys) and the per-sample gradient of the position table.
enum class AttentionPass { forward, backward };

/// What one pass must do at least, a multiply-add counted as two FLOPs, every input read and every
/// output written once.
struct AttentionWork {
  double flops;
  double bytes;
};

/// Factored: 2 B n² d FLOPs forward, 8 B n² d backward; softmax: 4 B n² d and 16 B n² d.
inline AttentionWork attention_work(const AttentionCase& given, AttentionPass pass) {
  const auto B = static_cast<double>(given.batch);
  const auto n = static_cast<double>(given.tokens());
  const auto d = static_cast<double>(given.d_model);
  const auto h = static_cast<double>(given.heads);
  const double real = given.precision == Precision::fp32 ? 4 : 8;
  const bool softmax = given.attention != Attention::factored;
  if (pass == AttentionPass::forward) {
    return {(softmax ? 4 : 2) * B * n * n * d, (softmax ? 4 : 2) * B * n * d * real};
  }
  // Read: two cotangents, the values (queries, keys, softmax weights). Written: two cotangents of
  // values (queries, keys) and the table's gradient.
  const double reals = softmax ? (2 + 3 + 6) * B * n * d + B * h * n * n : (2 + 1 + 2) * B * n * d;
  return {(softmax ? 16 : 8) * B * n * n * d, (reals + 2 * B * h * n) * real};
}

/// Seconds of one pass, `repeats` times, each the mean over enough calls to be measured well.
/// Throws InputError if the backend is not usable, CapacityError if a head does not fit.
std::vector<double> time_attention(BackendKind kind, const AttentionCase& given, AttentionPass pass,
                                   int repeats, const Resources& resources);

/// Bytes read and written per second by a large copy in the backend's memory.
double measure_copy_bandwidth(BackendKind kind, const Resources& resources);

}  // namespace plaquette
