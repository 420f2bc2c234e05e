#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "plaquette/base/errors.hpp"
#include "plaquette/physics/lattice.hpp"

namespace plaquette {

/// How a head's weights α_ij arise (arXiv 2405.18874, section 2).
enum class Attention { factored, t5, decoupled };

/// What a position table p_ij is to the weights.
enum class PositionRole {
  weights,         ///< α = p
  inside_softmax,  ///< α = softmax_j(q·k/√r + p)
  beside_softmax   ///< α = softmax_j(q·k/√r) + p
};

/// What code must know of a mechanism; nothing else asks which one it is.
struct AttentionTraits {
  bool queries_and_keys;  ///< and so a softmax
  PositionRole positions;
};

constexpr AttentionTraits traits_of(Attention attention) {
  switch (attention) {
    case Attention::factored:
      return {false, PositionRole::weights};
    case Attention::t5:
      return {true, PositionRole::inside_softmax};
    case Attention::decoupled:
      return {true, PositionRole::beside_softmax};
  }
  throw std::logic_error("an attention without traits");
}

/// Sizes of the Vision Transformer of Rende & Viteritti (arXiv 2405.18874). Plain values.
struct NetworkShape {
  static constexpr int kMaxLayers = 64;

  int patch_rows = 2;     ///< b, or 1 on a chain
  int patch_columns = 2;  ///< b
  int token_rows = 2;     ///< L/b, or 1 on a chain
  int token_columns = 2;  ///< L/b
  int d_model = 16;       ///< d
  int heads = 4;          ///< h
  int layers = 2;
  int ffn_ratio = 4;  ///< f
  Attention attention = Attention::factored;
  bool translation_invariant = true;

  int tokens() const { return token_rows * token_columns; }       // n
  int patch_sites() const { return patch_rows * patch_columns; }  // b²
  int head_width() const { return d_model / heads; }              // r
  int hidden() const { return ffn_ratio * d_model; }              // f·d
  bool has_query_key() const { return traits_of(attention).queries_and_keys; }
  /// Elements of one head's position table.
  int positions() const { return translation_invariant ? tokens() : tokens() * tokens(); }
  bool operator==(const NetworkShape&) const = default;
};

/// What the user chose; the lattice fixes the rest.
struct NetworkChoice {
  int patch = 2;
  int d_model = 16;
  int heads = 4;
  int layers = 2;
  int ffn_ratio = 4;
  Attention attention = Attention::factored;
  bool translation_invariant = true;
};

/// Throws InputError that names the option unless 1 ≤ patch divides L, 1 ≤ heads divides d_model
/// ≤ 4096, 1 ≤ layers ≤ 64 and 1 ≤ ffn_ratio ≤ 16.
inline NetworkShape make_network_shape(const Lattice& lattice, const NetworkChoice& choice) {
  const auto within = [](const char* option, int value, int low, int high) {
    if (value < low || value > high) {
      throw InputError(concat(option, ' ', value, ": must be from ", low, " to ", high));
    }
  };
  const int L = lattice.linear_size();
  within("--patch", choice.patch, 1, L);
  within("--d-model", choice.d_model, 1, 4096);
  within("--heads", choice.heads, 1, 4096);
  within("--layers", choice.layers, 1, NetworkShape::kMaxLayers);
  within("--ffn-ratio", choice.ffn_ratio, 1, 16);
  if (L % choice.patch != 0) {
    throw InputError(concat("--patch ", choice.patch, ": must divide --L ", L));
  }
  if (choice.d_model % choice.heads != 0) {
    throw InputError(concat("--heads ", choice.heads, ": must divide --d-model ", choice.d_model));
  }
  const bool square = lattice.two_dimensional();
  return {.patch_rows = square ? choice.patch : 1,
          .patch_columns = choice.patch,
          .token_rows = square ? L / choice.patch : 1,
          .token_columns = L / choice.patch,
          .d_model = choice.d_model,
          .heads = choice.heads,
          .layers = choice.layers,
          .ffn_ratio = choice.ffn_ratio,
          .attention = choice.attention,
          .translation_invariant = choice.translation_invariant};
}

/// The site of spin `within` (row-major inside the patch) of patch `token` (row-major).
inline int patch_site(const NetworkShape& shape, int token, int within) {
  const int columns = shape.token_columns * shape.patch_columns;
  const int row = (token / shape.token_columns) * shape.patch_rows + within / shape.patch_columns;
  const int column =
      (token % shape.token_columns) * shape.patch_columns + within % shape.patch_columns;
  return row * columns + column;
}

/// patch_site of every token and spin, (n, b²).
inline std::vector<std::int32_t> make_patch_sites(const NetworkShape& shape) {
  std::vector<std::int32_t> sites;
  for (int token = 0; token < shape.tokens(); ++token) {
    for (int within = 0; within < shape.patch_sites(); ++within) {
      sites.push_back(patch_site(shape, token, within));
    }
  }
  return sites;
}

/// Where the weight of token j for token i stands in a head's position table: the difference of
/// patch coordinates modulo the grid, or i·n + j in a full table.
inline int position_index(const NetworkShape& shape, int i, int j) {
  if (!shape.translation_invariant) return i * shape.tokens() + j;
  const int rows = shape.token_rows;
  const int columns = shape.token_columns;
  const int dr = (j / columns - i / columns + rows) % rows;
  const int dc = (j % columns - i % columns + columns) % columns;
  return dr * columns + dc;
}

}  // namespace plaquette
