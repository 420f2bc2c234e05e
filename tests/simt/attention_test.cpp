#include "kernels/softmax_attention.h"
#include "kernels/token_mixing.h"
#include "plaquette/base/errors.hpp"
#include "simt/simt_test.hpp"

/// Factored and softmax attention, and their derivatives.

namespace plaquette::test {
namespace {

constexpr bool kBoth[] = {true, false};

/// Where element (index, token, channel) of a (·, n, d) array stands.
struct TokenIndex {
  std::size_t n, d;
  explicit TokenIndex(const Size& size) : n(size.n()), d(size.d) {}
  std::size_t operator()(std::size_t index, std::size_t token, std::size_t channel) const {
    return (index * n + token) * d + channel;
  }
};

template <class Real>
void check_mixing(const Size& size, bool translation_invariant, bool transposed) {
  const PositionLists lists(size.shape(Attention::factored, translation_invariant));
  const std::size_t n = size.n();
  const TokenIndex at(size);
  const std::size_t r = size.d / size.heads;
  const auto in = random_numbers<Real>(size.batch * n * size.d, 1);
  const auto weights = random_numbers<Real>(size.heads * lists.positions, 2);
  const auto& index = transposed ? lists.backward : lists.forward;
  over_thread_orders([&] {
    FencedBuffer<Real> out(in.size());
    cuda::mix_tokens<Real>(TensorView<Real, 3>(out.data(), size.batch, n, size.d),
                           const_view(in, size.batch, n, size.d),
                           const_view(weights, size.heads, lists.positions),
                           const_view(index, n, n), nullptr);
    for (std::size_t k = 0; k < out.size(); ++k) {
      const std::size_t c = k % size.d, i = k / size.d % n, s = k / (size.d * n);
      ReferenceSum sum;
      for (std::size_t j = 0; j < n; ++j) {
        const int position = position_index(size.shape(Attention::factored, translation_invariant),
                                            static_cast<int>(transposed ? j : i),
                                            static_cast<int>(transposed ? i : j));
        sum.add(static_cast<double>(
                    weights[c / r * lists.positions + static_cast<std::size_t>(position)]) *
                static_cast<double>(in[at(s, j, c)]));
      }
      expect_sum<Real>(out[k], sum, k);
    }
    EXPECT_TRUE(out.fences_intact());
  });
}

TEST(TokenMixing, SumsOverTokensForwardAndBackward) {
  for (const Size& size : kSizes) {
    for (const bool translation_invariant : kBoth) {
      for (const bool transposed : kBoth) {
        SCOPED_TRACE(testing::Message() << "n " << size.n() << ", d " << size.d);
        check_mixing<float>(size, translation_invariant, transposed);
        check_mixing<double>(size, translation_invariant, transposed);
      }
    }
  }
}

template <class Real>
void check_position_gradient(const Size& size, bool translation_invariant) {
  const NetworkShape shape = size.shape(Attention::factored, translation_invariant);
  const PositionLists lists(shape);
  const std::size_t n = size.n();
  const TokenIndex at(size);
  const std::size_t r = size.d / size.heads;
  const auto cotangent = random_numbers<Real>(2 * size.batch * n * size.d, 1);
  const auto value = random_numbers<Real>(size.batch * n * size.d, 2);
  const std::size_t offset = 17, table = size.heads * lists.positions;
  std::vector<ReferenceSum> expected(2 * size.batch * table);
  for (std::size_t index = 0; index < 2 * size.batch; ++index) {
    for (std::size_t pair = 0; pair < n * n; ++pair) {
      const std::size_t i = pair / n, j = pair % n;
      const auto p =
          static_cast<std::size_t>(position_index(shape, static_cast<int>(i), static_cast<int>(j)));
      for (std::size_t c = 0; c < size.d; ++c) {
        expected[index * table + c / r * lists.positions + p].add(
            static_cast<double>(cotangent[at(index, i, c)]) *
            static_cast<double>(value[at(index % size.batch, j, c)]));
      }
    }
  }
  for (const auto& [begin, end] : cuts(offset, table)) {
    over_thread_orders([&, begin = begin, end = end] {
      GradientRows<Real> rows(size.batch, begin, end);
      cuda::mix_tokens_position_gradient<Real, Real>(
          rows.block, offset, const_view(cotangent, 2 * size.batch, n, size.d),
          const_view(value, size.batch, n, size.d), size.heads, view_of(lists), nullptr);
      rows.expect(offset, table, [&](std::size_t part, std::size_t s, std::size_t k) {
        return expected[(part * size.batch + s) * table + k];
      });
      rows.template verify<Real>();
    });
  }
}

TEST(TokenMixing, PositionGradientSumsOverPairsAndChannels) {
  for (const Size& size : kSizes) {
    for (const bool translation_invariant : kBoth) {
      SCOPED_TRACE(testing::Message() << "n " << size.n() << ", d " << size.d);
      check_position_gradient<float>(size, translation_invariant);
      check_position_gradient<double>(size, translation_invariant);
    }
  }
}

/// Inputs and reference results of softmax attention, in double.
struct AttentionCase {
  Size size;
  NetworkShape shape;
  std::vector<double> query, key, value, position, cotangent;             // inputs
  std::vector<double> softmax, out, d_query, d_key, d_value, d_position;  // results

  template <class Real>
  AttentionCase(const Size& size_, Attention kind, bool translation_invariant, Real)
      : size(size_), shape(size_.shape(kind, translation_invariant)) {
    const std::size_t count = size.batch * size.n() * size.d;
    const auto numbers = [](std::size_t number_count, std::uint64_t seed) {
      const auto reals = random_numbers<Real>(number_count, seed);  // exact in double
      return std::vector<double>(reals.begin(), reals.end());
    };
    query = numbers(count, 1);
    key = numbers(count, 2);
    value = numbers(count, 3);
    position = numbers(size.heads * static_cast<std::size_t>(shape.positions()), 4);
    cotangent = numbers(2 * count, 5);
    softmax.assign(size.batch * size.heads * size.n() * size.n(), 0);
    out.assign(count, 0);
    d_query.assign(2 * count, 0);
    d_key.assign(2 * count, 0);
    d_value.assign(2 * count, 0);
    d_position.assign(2 * size.batch * position.size(), 0);
    for (std::size_t s = 0; s < size.batch; ++s) {
      for (std::size_t head = 0; head < size.heads; ++head) forward(s, head);
    }
    for (std::size_t index = 0; index < 2 * size.batch; ++index) {
      for (std::size_t head = 0; head < size.heads; ++head) backward(index, head);
    }
  }

  std::size_t r() const { return size.d / size.heads; }
  double scale() const { return 1 / std::sqrt(static_cast<double>(r())); }
  std::size_t entry(std::size_t head, std::size_t i, std::size_t j) const {
    return head * static_cast<std::size_t>(shape.positions()) +
           static_cast<std::size_t>(
               position_index(shape, static_cast<int>(i), static_cast<int>(j)));
  }
  double& weight(std::size_t s, std::size_t head, std::size_t i, std::size_t j) {
    return softmax[((s * size.heads + head) * size.n() + i) * size.n() + j];
  }

  void forward(std::size_t s, std::size_t head) {
    const TokenIndex at(size);
    for (std::size_t i = 0; i < size.n(); ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < size.n(); ++j) {
        double score = shape.attention == Attention::t5 ? position[entry(head, i, j)] : 0;
        for (std::size_t c = head * r(); c < (head + 1) * r(); ++c) {
          score += scale() * query[at(s, i, c)] * key[at(s, j, c)];
        }
        weight(s, head, i, j) = std::exp(score);
        sum += weight(s, head, i, j);
      }
      for (std::size_t j = 0; j < size.n(); ++j) {
        weight(s, head, i, j) /= sum;
        for (std::size_t c = head * r(); c < (head + 1) * r(); ++c) {
          out[at(s, i, c)] += alpha(s, head, i, j) * value[at(s, j, c)];
        }
      }
    }
  }
  double alpha(std::size_t s, std::size_t head, std::size_t i, std::size_t j) {
    const bool outside = shape.attention == Attention::decoupled;
    return weight(s, head, i, j) + (outside ? position[entry(head, i, j)] : 0);
  }

  void backward(std::size_t index, std::size_t head) {
    const TokenIndex at(size);
    const std::size_t s = index % size.batch, n = size.n();
    for (std::size_t i = 0; i < n; ++i) {
      std::vector<double> d_alpha(n, 0);
      double projection = 0;
      for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t c = head * r(); c < (head + 1) * r(); ++c) {
          d_alpha[j] += cotangent[at(index, i, c)] * value[at(s, j, c)];
          d_value[at(index, j, c)] += alpha(s, head, i, j) * cotangent[at(index, i, c)];
        }
        projection += weight(s, head, i, j) * d_alpha[j];
      }
      for (std::size_t j = 0; j < n; ++j) {
        const double d_score = weight(s, head, i, j) * (d_alpha[j] - projection);
        d_position[index * position.size() + entry(head, i, j)] +=
            shape.attention == Attention::t5 ? d_score : d_alpha[j];
        for (std::size_t c = head * r(); c < (head + 1) * r(); ++c) {
          d_query[at(index, i, c)] += scale() * d_score * key[at(s, j, c)];
          d_key[at(index, j, c)] += scale() * d_score * query[at(s, i, c)];
        }
      }
    }
  }
};

template <class Real>
std::vector<Real> converted(const std::vector<double>& values) {
  return std::vector<Real>(values.begin(), values.end());
}

template <class Real>
void expect_close(const FencedBuffer<Real>& actual, const std::vector<double>& expected,
                  double bound, const char* what) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t k = 0; k < expected.size(); ++k) {
    ASSERT_NEAR(static_cast<double>(actual[k]), expected[k], bound) << what << ' ' << k;
  }
  EXPECT_TRUE(actual.fences_intact()) << what;
}

template <class Real>
void check_softmax(const Size& size, Attention kind, bool translation_invariant) {
  const AttentionCase reference(size, kind, translation_invariant, Real());
  const PositionLists lists(reference.shape);
  const std::size_t n = size.n(), B = size.batch, d = size.d, h = size.heads;
  const auto query = converted<Real>(reference.query), key = converted<Real>(reference.key),
             value = converted<Real>(reference.value),
             position = converted<Real>(reference.position),
             cotangent = converted<Real>(reference.cotangent),
             softmax = converted<Real>(reference.softmax);
  // Numbers below 1 in sums over n tokens of sums over r channels; a softmax amplifies errors of
  // its arguments, of which each is below r·ε, no further than by its weights, which add up to 1.
  const double r = static_cast<double>(d / h);
  const double bound = 8 * (static_cast<double>(n) + r) * (1 + r) * kEpsilon<Real>;
  over_thread_orders([&] {
    FencedBuffer<Real> out(B * n * d), weights(B * h * n * n);
    const auto view = [&](FencedBuffer<Real>& buffer, std::size_t count) {
      return TensorView<Real, 3>(buffer.data(), count, n, d);
    };
    cuda::softmax_attention<Real>(view(out, B), weights.data(), const_view(query, B, n, d),
                                  const_view(key, B, n, d), const_view(value, B, n, d),
                                  const_view(position, h, lists.positions), kind, view_of(lists),
                                  nullptr);
    expect_close(out, reference.out, bound, "out");
    expect_close(weights, reference.softmax, bound, "softmax");

    FencedBuffer<Real> d_query(2 * B * n * d), d_key(2 * B * n * d), d_value(2 * B * n * d);
    const std::size_t offset = 5, table = h * lists.positions;
    FencedBuffer<Real> rows(2 * B * table);
    const GradientBlock<Real> block{rows.data(), table, B, 0, offset, offset + table};
    cuda::softmax_attention_backward<Real, Real>(
        {view(d_query, 2 * B), view(d_key, 2 * B), view(d_value, 2 * B)}, block, offset,
        const_view(cotangent, 2 * B, n, d),
        {const_view(softmax, B, h, n, n), const_view(query, B, n, d), const_view(key, B, n, d),
         const_view(value, B, n, d), const_view(position, h, lists.positions)},
        kind, view_of(lists), nullptr);
    expect_close(d_query, reference.d_query, bound, "d_query");
    expect_close(d_key, reference.d_key, bound, "d_key");
    expect_close(d_value, reference.d_value, bound, "d_value");
    expect_close(rows, reference.d_position, bound, "d_position");
  });
}

TEST(SoftmaxAttention, ForwardAndBackward) {
  for (const Size& size : kSizes) {
    for (const Attention kind : {Attention::t5, Attention::decoupled}) {
      for (const bool translation_invariant : kBoth) {
        SCOPED_TRACE(testing::Message()
                     << "n " << size.n() << ", d " << size.d << ", kind " << static_cast<int>(kind)
                     << ", translation invariant " << translation_invariant);
        check_softmax<float>(size, kind, translation_invariant);
        check_softmax<double>(size, kind, translation_invariant);
      }
    }
  }
}

TEST(SoftmaxAttention, HundredTokensFitTheSharedMemory) {
  EXPECT_LT(cuda::softmax_attention_shared_bytes(100, 8, sizeof(double)), 163u * 1024);
  check_softmax<double>({1, 10, 8, 1}, Attention::t5, true);
}

TEST(SoftmaxAttention, RefusesMoreTokensThanFit) {
  const Size size{1, 14, 8, 1};
  const NetworkShape shape = size.shape(Attention::t5, true);
  const PositionLists lists(shape);
  std::vector<double> x(size.n() * size.d), position(lists.positions);
  const auto in = const_view(x, 1, size.n(), size.d);
  try {
    cuda::softmax_attention<double>(TensorView<double, 3>(x.data(), 1, size.n(), size.d), nullptr,
                                    in, in, in, const_view(position, 1, lists.positions),
                                    Attention::t5, view_of(lists), nullptr);
    FAIL() << "no CapacityError";
  } catch (const CapacityError& error) {
    EXPECT_NE(std::string(error.what()).find("196 tokens"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("227 KiB"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace plaquette::test
