#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string_view>

namespace plaquette {

/// The operations that a network is made of, forward and backward.
enum class Operation {
  embed,
  first_layer,
  layer_norm,
  dense,
  dense_gelu,
  feed_forward,
  token_mixing,
  softmax_attention,
  head,
  layer_norm_backward,
  dense_backward,
  gelu_backward,
  token_mixing_backward,
  softmax_attention_backward,
  weight_gradient,
  head_backward
};

inline constexpr std::array<std::string_view, 16> kOperationNames = {"embed",
                                                                     "first layer",
                                                                     "layer norm",
                                                                     "dense",
                                                                     "dense + GELU",
                                                                     "feed-forward",
                                                                     "token mixing",
                                                                     "softmax attention",
                                                                     "head",
                                                                     "layer norm backward",
                                                                     "dense backward",
                                                                     "GELU backward",
                                                                     "mixing backward",
                                                                     "softmax backward",
                                                                     "weight gradient",
                                                                     "head backward"};
static_assert(kOperationNames.size() == static_cast<std::size_t>(Operation::head_backward) + 1);

/// Whether it mixes tokens: what attention itself takes. The first layer does so from the spins on,
/// with the dense products that it stands for.
inline bool is_attention(Operation operation) {
  switch (operation) {
    case Operation::first_layer:
    case Operation::token_mixing:
    case Operation::softmax_attention:
    case Operation::token_mixing_backward:
    case Operation::softmax_attention_backward:
      return true;
    case Operation::embed:
    case Operation::layer_norm:
    case Operation::dense:
    case Operation::dense_gelu:
    case Operation::feed_forward:
    case Operation::head:
    case Operation::layer_norm_backward:
    case Operation::dense_backward:
    case Operation::gelu_backward:
    case Operation::weight_gradient:
    case Operation::head_backward:
      return false;
  }
  throw std::logic_error("an operation of no kind");
}

/// Whether only a gradient needs it.
inline bool is_backward(Operation operation) { return operation >= Operation::layer_norm_backward; }

/// What one call must do at least: a multiply-add counts as two FLOPs, an exponential as one; every
/// operand is read, and every result written, once. R rows, B samples, n tokens, d channels, h
/// heads; `real` bytes a number.
struct OperationWork {
  double flops = 0;
  double bytes = 0;

  OperationWork& operator+=(const OperationWork& more) {
    flops += more.flops;
    bytes += more.bytes;
    return *this;
  }
};

/// (R, in)·(in, out), with bias.
inline OperationWork dense_work(std::size_t rows, std::size_t in, std::size_t out,
                                std::size_t real) {
  const double R = static_cast<double>(rows);
  const double a = static_cast<double>(in);
  const double b = static_cast<double>(out);
  return {2 * R * a * b, static_cast<double>(real) * (R * (a + b) + a * b)};
}

/// `flops` of each of `count` numbers, `touched` of which are read or written.
inline OperationWork elementwise_work(std::size_t count, double flops, double touched,
                                      std::size_t real) {
  const auto numbers = static_cast<double>(count);
  return {flops * numbers, touched * numbers * static_cast<double>(real)};
}

inline OperationWork layer_norm_work(std::size_t rows, std::size_t d, std::size_t real) {
  return elementwise_work(rows * d, 8, 2, real);
}

/// The tanh form of GELU: 12 FLOPs.
inline constexpr double kGeluFlops = 12;

/// out_i = Σ_j α_ij in_j for every channel.
inline OperationWork mixing_work(std::size_t batch, std::size_t n, std::size_t d,
                                 std::size_t real) {
  const auto size = static_cast<double>(batch * n * d);
  return {2 * size * static_cast<double>(n), 2 * size * static_cast<double>(real)};
}

/// The first layer's attention as a sum of rows of a table, (1 + positions)·2^(b²) rows.
inline OperationWork first_layer_work(std::size_t batch, std::size_t n, std::size_t d,
                                      std::size_t positions, std::size_t patch_sites,
                                      std::size_t real) {
  const auto size = static_cast<double>(batch * n * d);
  const auto table = static_cast<double>(((1 + positions) << patch_sites) * d);
  return {size * static_cast<double>(n), (size + table) * static_cast<double>(real)};
}

/// Scores, exponentials and mixing.
inline OperationWork softmax_work(std::size_t batch, std::size_t n, std::size_t d, std::size_t h,
                                  std::size_t real) {
  const auto size = static_cast<double>(batch * n * d);
  const auto weights = static_cast<double>(batch * h * n * n);
  return {4 * size * static_cast<double>(n) + 5 * weights, 4 * size * static_cast<double>(real)};
}

/// Cotangents of both parts through the mixing, and the table's gradient.
inline OperationWork mixing_backward_work(std::size_t batch, std::size_t n, std::size_t d,
                                          std::size_t table, std::size_t real) {
  const auto size = static_cast<double>(batch * n * d);
  return {8 * size * static_cast<double>(n),
          (5 * size + 2 * static_cast<double>(batch * table)) * static_cast<double>(real)};
}

inline OperationWork softmax_backward_work(std::size_t batch, std::size_t n, std::size_t d,
                                           std::size_t h, std::size_t table, std::size_t real) {
  const auto size = static_cast<double>(batch * n * d);
  const auto weights = static_cast<double>(batch * h * n * n);
  return {
      16 * size * static_cast<double>(n) + 6 * weights,
      (11 * size + weights + 2 * static_cast<double>(batch * table)) * static_cast<double>(real)};
}

/// Per-sample xᵀ dy of both parts over T rows a sample.
inline OperationWork weight_gradient_work(std::size_t batch, std::size_t T, std::size_t in,
                                          std::size_t out, std::size_t real) {
  const double B = static_cast<double>(batch);
  const double rows = B * static_cast<double>(T);
  const double product = static_cast<double>(in) * static_cast<double>(out);
  return {4 * rows * product,
          static_cast<double>(real) * (rows * static_cast<double>(in + 2 * out) + 2 * B * product)};
}

}  // namespace plaquette
