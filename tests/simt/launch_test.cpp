#include <functional>
#include <stdexcept>

#include "kernels/bias.h"
#include "kernels/exchange_moves.h"
#include "kernels/gelu.h"
#include "kernels/gram_matrix.h"
#include "kernels/head.h"
#include "kernels/jacobian_columns.h"
#include "kernels/launch.cuh"
#include "kernels/layer_norm.h"
#include "kernels/local_energy.h"
#include "kernels/patch_embedding.h"
#include "kernels/softmax_attention.h"
#include "kernels/symmetry_images.h"
#include "kernels/token_mixing.h"
#include "kernels/weight_gradient.h"
#include "simt/simt_test.hpp"

/// Launchers refuse what their kernels would read or write past an end of, or could not count.

namespace plaquette::test {
namespace {

template <class T = double, class... Extents>
auto view(Extents... extents) {
  return TensorView<T, sizeof...(Extents)>(nullptr, extents...);
}
template <class T = double, class... Extents>
auto in(Extents... extents) {
  return TensorView<const T, sizeof...(Extents)>(nullptr, extents...);
}
using Word = std::uint64_t;
using Pair = ComplexPair<double>;

constexpr std::size_t B = 3, n = 4, d = 6, h = 2;
constexpr std::size_t kMany = std::size_t{1} << 33;
const cuda::PositionMap kMap{n, n, n, nullptr, nullptr, nullptr, nullptr};
const GradientBlock<double> kBlock{nullptr, 100, B, 0, 0, 100};
const cuda::BondList kBonds{nullptr, 8};
const cuda::ExchangeMoves kMoves{nullptr, 8, 16, 1, 0, 0};

constexpr Accumulate kAdd = Accumulate::yes;

/// d columns of B samples in rows of `stride`.
JacobianEntries<double> entries(std::size_t stride) { return {nullptr, stride, B, d}; }

void centre(TensorView<double, 2> out, std::size_t stride, std::size_t mean_stride) {
  cuda::centre_columns<double>(out, entries(stride), nullptr, mean_stride, nullptr, nullptr,
                               nullptr);
}

/// mix_tokens_position_gradient with these extents.
void position_gradient(const GradientBlock<double>& block, std::size_t cotangents,
                       std::size_t tokens, std::size_t heads) {
  cuda::mix_tokens_position_gradient<double, double>(block, 0, in(cotangents, tokens, d),
                                                     in(B, tokens, d), heads, kMap, nullptr);
}

/// softmax_attention, of which the queries, the table and the heads may be wrong.
void attention(std::size_t queries, std::size_t heads, std::size_t positions) {
  cuda::softmax_attention<double>(view(B, n, d), nullptr, in(queries, n, d), in(B, n, d),
                                  in(B, n, d), in(heads, positions), Attention::t5, kMap, nullptr);
}
void attention_backward(std::size_t cotangents, std::size_t softmax_heads, std::size_t rows) {
  cuda::softmax_attention_backward<double, double>(
      {view(2 * B, n, d), view(2 * B, n, d), view(rows, n, d)}, kBlock, 0, in(cotangents, n, d),
      {in(B, softmax_heads, n, n), in(B, n, d), in(B, n, d), in(B, n, d), in(h, n)}, Attention::t5,
      kMap, nullptr);
}

void embedding(std::size_t words, std::size_t tokens, std::size_t kernel_rows) {
  cuda::patch_embedding<double>(view(B, n, d), nullptr, in<Word>(B, words),
                                in<std::int32_t>(tokens, 4), in(kernel_rows, d), nullptr, nullptr);
}

struct Misuse {
  const char* file;  ///< of the launcher, which the message names
  const char* what;  ///< the argument that it names
  std::function<void()> call;
};

const std::vector<Misuse> kMisuses = {
    {"bias", "y", [] { cuda::add_residual<double>(view(B, d), in(B, d + 1), nullptr); }},
    {"connected_states", "samples",
     [] { cuda::count_connected(nullptr, in<Word>(std::size_t{1} << 29, 1), kBonds, nullptr); }},
    {"connected_states", "samples",
     [] {
       cuda::list_connected(nullptr, nullptr, in<Word>(std::size_t{1} << 29, 1), kBonds, nullptr);
     }},
    {"connected_states", "out",
     [] {
       cuda::connected_configurations(view<Word>(B, 2), nullptr, 0, in<Word>(B, 1), kBonds,
                                      nullptr);
     }},
    {"exchange_moves", "states",
     [] { cuda::propose_exchanges({}, nullptr, in<Word>(B, 2), kMoves, 1, nullptr); }},
    {"exchange_moves", "first_chain + chains",
     [] { cuda::propose_exchanges({}, nullptr, in<Word>(kMany, 1), kMoves, 1, nullptr); }},
    {"exchange_moves", "pair_count",
     [] {
       cuda::ExchangeMoves none = kMoves;
       none.pair_count = 0;
       cuda::propose_exchanges({}, nullptr, in<Word>(B, 1), none, 1, nullptr);
     }},
    {"exchange_moves", "chains",
     [] {
       cuda::accept_exchanges(view<Word>(kMany, 1), nullptr, nullptr, {}, nullptr, 2, nullptr);
     }},
    {"gelu", "out",
     [] { cuda::bias_gelu<double>(view(B, d), in(B + 1, d), nullptr, nullptr, nullptr); }},
    {"gelu", "x", [] { cuda::gelu_backward<double>(view(B, d), in(B, d + 1), nullptr); }},
    {"gelu", "rows of dy", [] { cuda::gelu_backward<double>(view(B, d), in(2, d), nullptr); }},
    {"gram_matrix", "matrix", [] { cuda::mirror_lower_triangle(view(n, n + 1), nullptr); }},
    {"gram_matrix", "matrix", [] { cuda::copy_diagonal(nullptr, in(n, n + 1), nullptr); }},
    {"gram_matrix", "matrix",
     [] { cuda::set_shifted_diagonal(view(n, n - 1), nullptr, 0, nullptr); }},
    {"head", "out", [] { cuda::pool_tokens<double>(view(B, n), in(B, n, d), nullptr); }},
    {"head", "x", [] { cuda::broadcast_to_tokens<double>(view(B, n, d), in(B, n), nullptr); }},
    {"head", "v", [] { cuda::log_cosh_sum<double>(nullptr, in(B, d), in(B, n), nullptr); }},
    {"head", "du",
     [] {
       cuda::head_cotangents<double>(view(B, d), view(2 * B, d), in(B, d), in(B, d), nullptr);
     }},
    {"head", "dv",
     [] {
       cuda::head_cotangents<double>(view(2 * B, d), view(B, d), in(B, d), in(B, d), nullptr);
     }},
    {"jacobian_columns", "columns",
     [] { cuda::column_sums<double>(nullptr, d, entries(d - 1), nullptr, 0, kAdd, nullptr); }},
    {"jacobian_columns", "columns of sums",
     [] { cuda::column_sums<double>(nullptr, d - 1, entries(d), nullptr, 0, kAdd, nullptr); }},
    {"jacobian_columns", "out", [] { centre(view(3, d), d, d); }},
    {"jacobian_columns", "columns of entries", [] { centre(view(2 * B, d), d - 1, d); }},
    {"jacobian_columns", "columns of mean", [] { centre(view(2 * B, d), d, 1); }},
    {"jacobian_columns", "samples",
     [] { cuda::row_products<double>(nullptr, B - 1, entries(d), nullptr, 8, kAdd, nullptr); }},
    {"layer_norm", "out",
     [] {
       cuda::layer_norm<double>(view(B, n), in(B, d), nullptr, nullptr, nullptr, nullptr, nullptr);
     }},
    {"layer_norm", "dx",
     [] {
       cuda::layer_norm_backward<double>(view(B, d), in(2 * B, d), in(B, d), nullptr, nullptr,
                                         Accumulate::no, nullptr);
     }},
    {"layer_norm", "rows of dy",
     [] {
       cuda::layer_norm_backward<double>(view(B, d), in(B, d), in(2, d), nullptr, nullptr,
                                         Accumulate::no, nullptr);
     }},
    {"layer_norm", "dy",
     [] { cuda::norm_gradient<double, double>(kBlock, 0, d, in(B, n, d), in(B, n, d), nullptr); }},
    {"layer_norm", "first_sample + batch",
     [] {
       cuda::norm_gradient<double, double>(kBlock, 0, d, in(B + 1, n, d), in(2 * B + 2, n, d),
                                           nullptr);
     }},
    {"patch_embedding", "configurations", [] { embedding(2, n, 4); }},
    {"patch_embedding", "patch_sites", [] { embedding(1, n + 1, 4); }},
    {"patch_embedding", "kernel", [] { embedding(1, n, 3); }},
    {"softmax_attention", "query", [] { attention(B - 1, h, n); }},
    {"softmax_attention", "position", [] { attention(B, h, n * n); }},
    {"softmax_attention", "d", [] { attention(B, 4, n); }},
    {"softmax_attention", "cotangent", [] { attention_backward(B, h, 2 * B); }},
    {"softmax_attention", "softmax", [] { attention_backward(2 * B, h + 1, 2 * B); }},
    {"softmax_attention", "value's cotangent", [] { attention_backward(2 * B, h, B); }},
    {"symmetry_images", "configurations",
     [] {
       cuda::symmetry_images(view<Word>(B, 1), in<Word>(B, 2),
                             {in<std::int32_t>(8, 16), nullptr, nullptr}, 0, nullptr);
     }},
    {"symmetry_images", "first + images",
     [] {
       cuda::symmetry_images(view<Word>(9, 1), in<Word>(1, 1),
                             {in<std::int32_t>(8, 16), nullptr, nullptr}, 0, nullptr);
     }},
    {"symmetry_images", "amplitudes",
     [] {
       cuda::combine_images(nullptr, view<Pair>(B, 7), {in<std::int32_t>(8, 16), nullptr, nullptr},
                            1e-12, nullptr);
     }},
    {"symmetry_images", "images",
     [] { cuda::add_image_gradients<double>(kBlock, in(2, 99), in<Pair>(B, 8), 0, nullptr); }},
    {"symmetry_images", "first + images",
     [] { cuda::add_image_gradients<double>(kBlock, in(2, 100), in<Pair>(B, 8), 24, nullptr); }},
    {"token_mixing", "out",
     [] {
       cuda::mix_tokens<double>(view(B, n, n), in(B, n, d), in(h, n), in<std::int32_t>(n, n),
                                nullptr);
     }},
    {"token_mixing", "index",
     [] {
       cuda::mix_tokens<double>(view(B, n, d), in(B, n, d), in(h, n), in<std::int32_t>(n, d),
                                nullptr);
     }},
    {"token_mixing", "d",
     [] {
       cuda::mix_tokens<double>(view(B, n, d), in(B, n, d), in(4, n), in<std::int32_t>(n, n),
                                nullptr);
     }},
    {"token_mixing", "cotangent", [] { position_gradient(kBlock, B, n, h); }},
    {"token_mixing", "value", [] { position_gradient(kBlock, 2 * B, n + 1, h); }},
    {"token_mixing", "d", [] { position_gradient(kBlock, 2 * B, n, 4); }},
    {"token_mixing", "end - begin",
     [] {
       GradientBlock<double> narrow = kBlock;
       narrow.row_stride = 99;
       position_gradient(narrow, 2 * B, n, h);
     }},
    {"weight_gradient", "dy",
     [] {
       cuda::dense_gradient<double, double>(kBlock, {0, 36}, in(B, n, d), in(B, n, d), nullptr);
     }},
};

TEST(Launchers, RefuseWrongShapes) {
  for (const Misuse& misuse : kMisuses) {
    SCOPED_TRACE(testing::Message() << misuse.file << ", " << misuse.what);
    try {
      misuse.call();
      ADD_FAILURE() << "nothing thrown";
    } catch (const std::logic_error& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find(std::string(misuse.file) + ".cu"), std::string::npos) << message;
      EXPECT_NE(message.find(misuse.what), std::string::npos) << message;
    }
  }
}

/// Kernels count channels and words in 32 bits; whatever else comes must not be cut off.
TEST(Launchers, RefuseWhatAKernelCannotCount) {
  EXPECT_THROW(cuda::add_bias<float>(view<float>(1, kMany), nullptr, nullptr), std::logic_error);
  EXPECT_THROW(
      cuda::log_cosh_sum<float>(nullptr, in<float>(1, kMany), in<float>(1, kMany), nullptr),
      std::logic_error);
  EXPECT_THROW(cuda::local_energies(nullptr, in<Word>(1, kMany), kBonds, nullptr, nullptr, nullptr,
                                    nullptr, nullptr),
               std::logic_error);
}

TEST(Launchers, RefuseMoreBlocksThanAGridHas) {
  EXPECT_EQ(cuda::blocks_for(0, 4), 0u);
  EXPECT_EQ(cuda::blocks_for(9, 4), 3u);
  EXPECT_EQ(cuda::blocks_for(cuda::kMostBlocks, 1), cuda::kMostBlocks);
  EXPECT_THROW(cuda::blocks_for(kMany, 1), std::logic_error);
  EXPECT_THROW(cuda::blocks_for(~std::size_t{0}, 2), std::logic_error);  // the sum would wrap
  EXPECT_THROW(cuda::blocks_for(65536, 1, cuda::kMostBlocksAcross), std::logic_error);
}

/// An empty batch is no mistake.
TEST(Launchers, TakeNothing) {
  cuda::gelu_backward<double>(view(0, d), in(0, d), nullptr);
  cuda::dense_gradient<double, double>(kBlock, {0, 36}, in(0, n, d), in(0, n, d), nullptr);
  cuda::add_image_gradients<double>(kBlock, in(0, 100), in<Pair>(B, 8), 0, nullptr);
}

}  // namespace
}  // namespace plaquette::test
