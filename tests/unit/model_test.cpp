#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "plaquette/model/activations.hpp"
#include "plaquette/model/network_shape.hpp"
#include "plaquette/model/parameter_table.hpp"

namespace plaquette {
namespace {

Lattice square(int L) { return make_lattice(LatticeKind::square, L); }

void expect_refused(const NetworkChoice& choice, const std::vector<std::string>& parts) {
  try {
    make_network_shape(square(6), choice);
    FAIL() << "nothing was thrown";
  } catch (const InputError& error) {
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
          << error.what() << " lacks " << part;
    }
  }
}

TEST(NetworkShape, RefusesWhatCannotBe) {
  expect_refused({.patch = 4}, {"--patch 4", "--L 6"});
  expect_refused({.patch = 0}, {"--patch 0", "1", "6"});
  expect_refused({.patch = 8}, {"--patch 8"});
  expect_refused({.d_model = 16, .heads = 3}, {"--heads 3", "--d-model 16"});
  expect_refused({.d_model = 16, .heads = 0}, {"--heads 0"});
  expect_refused({.d_model = 4097}, {"--d-model 4097", "4096"});
  expect_refused({.layers = 0}, {"--layers 0", "64"});
  expect_refused({.layers = 65}, {"--layers 65", "64"});
  expect_refused({.ffn_ratio = 0}, {"--ffn-ratio 0"});
  expect_refused({.ffn_ratio = 17}, {"--ffn-ratio 17", "16"});
}

TEST(NetworkShape, PatchesCoverTheLatticeOnce) {
  for (const Lattice& lattice : {square(4), square(6), make_lattice(LatticeKind::chain, 8)}) {
    for (int patch : {1, 2}) {
      const NetworkShape shape = make_network_shape(lattice, {.patch = patch});
      EXPECT_EQ(shape.tokens() * shape.patch_sites(), lattice.sites());
      std::set<int> sites;
      for (int token = 0; token < shape.tokens(); ++token) {
        for (int within = 0; within < shape.patch_sites(); ++within) {
          sites.insert(patch_site(shape, token, within));
        }
      }
      EXPECT_EQ(static_cast<int>(sites.size()), lattice.sites());
      EXPECT_EQ(*sites.rbegin(), lattice.sites() - 1);
    }
  }
}

TEST(NetworkShape, PatchOfA6x6) {
  const NetworkShape shape = make_network_shape(square(6), {.patch = 2});
  // Token 4 is the middle patch: rows 2, 3 and columns 2, 3.
  EXPECT_EQ(patch_site(shape, 4, 0), 14);
  EXPECT_EQ(patch_site(shape, 4, 1), 15);
  EXPECT_EQ(patch_site(shape, 4, 2), 20);
  EXPECT_EQ(patch_site(shape, 4, 3), 21);
  // From the middle to the corner (0, 0): (−1, −1) is (2, 2) modulo 3.
  EXPECT_EQ(position_index(shape, 4, 0), 8);
  EXPECT_EQ(position_index(shape, 0, 4), 4);
  EXPECT_EQ(position_index(shape, 5, 5), 0);
}

struct PaperCount {
  int L;
  std::size_t factored;
  std::size_t with_query_key;
};

TEST(ParameterTable, PublishedCounts) {
  for (const PaperCount& paper :
       {PaperCount{6, 154980, 184260}, {8, 155260, 184540}, {10, 155620, 184900}}) {
    NetworkChoice choice{.patch = 2, .d_model = 60, .heads = 10, .layers = 4, .ffn_ratio = 4};
    EXPECT_EQ(make_parameter_table(make_network_shape(square(paper.L), choice)).size,
              paper.factored);
    for (Attention attention : {Attention::t5, Attention::decoupled}) {
      choice.attention = attention;
      EXPECT_EQ(make_parameter_table(make_network_shape(square(paper.L), choice)).size,
                paper.with_query_key);
    }
  }
}

TEST(ParameterTable, HasNoGapsAndNoNameTwice) {
  for (const bool invariant : {true, false}) {
    const NetworkShape shape = make_network_shape(
        square(4), {.attention = Attention::t5, .translation_invariant = invariant});
    const ParameterTable table = make_parameter_table(shape);
    std::size_t offset = 0;
    std::set<std::string> names;
    for (const NamedTensor& tensor : table.tensors) {
      EXPECT_EQ(tensor.offset, offset) << tensor.name;
      offset += tensor.size();
      EXPECT_TRUE(names.insert(tensor.name).second) << tensor.name;
      if (tensor.name == "layers/1/attention/position") {
        EXPECT_EQ(tensor.offset, table.layers[1].position);
        EXPECT_EQ(tensor.size(), invariant ? 16u : 64u);
      }
      if (tensor.name == "layers/1/attention/key/bias") {
        EXPECT_EQ(tensor.offset, table.layers[1].key.bias);
      }
      if (tensor.name == "head/imag_norm/bias") {
        EXPECT_EQ(tensor.offset, table.head.imag_norm.bias);
      }
    }
    EXPECT_EQ(offset, table.size);
  }
}

/// Bounds are kept and nearly reached; means vanish within five standard errors.
TEST(InitialParameters, AreXavierUniform) {
  const NetworkShape shape =
      make_network_shape(square(6), {.d_model = 20, .heads = 4, .translation_invariant = false});
  const ParameterTable table = make_parameter_table(shape);
  const std::vector<double> theta = initial_parameters(table, 42);
  for (const NamedTensor& tensor : table.tensors) {
    const auto first = theta.begin() + static_cast<std::ptrdiff_t>(tensor.offset);
    const auto last = first + static_cast<std::ptrdiff_t>(tensor.size());
    const auto [low, high] = std::minmax_element(first, last);
    if (tensor.name.ends_with("/bias")) {
      EXPECT_TRUE(*low == 0 && *high == 0) << tensor.name;
    } else if (tensor.name.ends_with("/scale")) {
      EXPECT_TRUE(*low == 1 && *high == 1) << tensor.name;
    } else {
      const std::size_t rank = tensor.shape.size();
      const double bound = std::sqrt(6.0 / double(tensor.shape[rank - 2] + tensor.shape[rank - 1]));
      const double count = double(tensor.size());
      EXPECT_GE(*low, -bound) << tensor.name;
      EXPECT_LT(*high, bound) << tensor.name;
      // The largest of n draws lies below (1 − x)·bound with probability (1 − x/2)^n < 1e-4.
      EXPECT_GT(*high, bound * (1 - 20 / count)) << tensor.name;
      EXPECT_LT(*low, -bound * (1 - 20 / count)) << tensor.name;
      double sum = 0;
      for (auto value = first; value != last; ++value) sum += *value;
      EXPECT_LT(std::abs(sum), 5 * bound * std::sqrt(count / 3)) << tensor.name;
    }
  }
  EXPECT_EQ(initial_parameters(table, 42), theta);
  EXPECT_NE(initial_parameters(table, 43), theta);
}

/// |value − exact| in units of the last place of exact.
template <class Real>
double ulps(Real value, long double exact) {
  const Real rounded = static_cast<Real>(exact);
  const Real next = std::nextafter(std::abs(rounded), std::numeric_limits<Real>::infinity());
  return static_cast<double>(std::abs(static_cast<long double>(value) - exact) /
                             (static_cast<long double>(next) - std::abs(rounded)));
}

template <class Real>
double worst_exponential(double low, double high) {
  double worst = 0;
  constexpr int kPoints = 400000;
  for (int k = 0; k <= kPoints; ++k) {
    const Real x = static_cast<Real>(low + (high - low) * k / kPoints);
    worst = std::max(worst, ulps(exponential(x), std::exp(static_cast<long double>(x))));
  }
  return worst;
}

/// The header promises 4 ulp.
TEST(Exponential, DoubleIsWithinFourUlps) {
  EXPECT_LT(worst_exponential<double>(-708.0, 708.0), 4.0);
  EXPECT_LT(worst_exponential<double>(-1.0, 1.0), 4.0);
}

TEST(Exponential, FloatIsWithinFourUlps) {
  EXPECT_LT(worst_exponential<float>(-87.0, 87.0), 4.0);
  EXPECT_LT(worst_exponential<float>(-1.0, 1.0), 4.0);
}

TEST(Exponential, SaturatesAndKeepsNaN) {
  EXPECT_EQ(exponential(0.0), 1.0);
  EXPECT_EQ(exponential(0.0f), 1.0f);
  // To the ulp only: the compiler may fuse differently where it knows the argument.
  EXPECT_DOUBLE_EQ(exponential(1e300), exponential(708.0));
  EXPECT_DOUBLE_EQ(exponential(-1e300), exponential(-708.0));
  EXPECT_GT(exponential(-std::numeric_limits<double>::infinity()), 0.0);
  EXPECT_LT(exponential(-std::numeric_limits<double>::infinity()), 1e-300);
  EXPECT_TRUE(std::isfinite(exponential(std::numeric_limits<float>::infinity())));
  EXPECT_TRUE(std::isnan(exponential(std::nan(""))));
  EXPECT_TRUE(std::isnan(exponential(std::nanf(""))));
}

long double exact_gelu(long double x) {
  const long double c = std::sqrt(2.0L / std::acos(-1.0L));
  // ½(1 + tanh y) as a sigmoid: the difference would cancel for large negative x.
  return x / (1.0L + std::exp(-2.0L * c * (x + 0.044715L * x * x * x)));
}

long double exact_gelu_derivative(long double x) {
  const long double h = 5e-4L;  // truncation h⁴ f⁽⁵⁾/30 near 4e-14, rounding 4e-15
  return (8 * (exact_gelu(x + h) - exact_gelu(x - h)) -
          (exact_gelu(x + 2 * h) - exact_gelu(x - 2 * h))) /
         (12 * h);
}

/// The exponent 2y of the gate has a relative error of some ε, an absolute one of |2y|ε, which is
/// at most 200 ε where the gate is not yet zero at the scale of the bound.
template <class Real>
void check_gelu() {
  const double epsilon = std::numeric_limits<Real>::epsilon();
  for (double at = -12; at <= 12; at += 0.01) {
    const Real x = static_cast<Real>(at);
    EXPECT_NEAR(gelu(x), static_cast<double>(exact_gelu(x)), 8 * epsilon * (1 + std::abs(at)));
    EXPECT_NEAR(gelu_derivative(x), static_cast<double>(exact_gelu_derivative(x)),
                20 * epsilon + 1e-13);
  }
  for (double at : {-1e4, -100.0, 100.0, 1e4}) {
    const Real x = static_cast<Real>(at);
    EXPECT_NEAR(gelu(x), std::max(at, 0.0), 1e-3 * epsilon) << at;
    EXPECT_NEAR(gelu_derivative(x), at > 0 ? 1.0 : 0.0, 1e-3 * epsilon) << at;
  }
}

TEST(Gelu, Double) { check_gelu<double>(); }
TEST(Gelu, Float) { check_gelu<float>(); }

using LongComplex = std::complex<long double>;

LongComplex exact_log_cosh(LongComplex z) {
  if (z.real() < 0) z = -z;
  return z + std::log(1.0L + std::exp(-2.0L * z)) - std::log(2.0L);
}

/// Conditioning: near a zero of cosh, at u = 0, v = π/2 + kπ, log cosh moves by ε|z|/|cosh z|;
/// |1 + e^{−2z}| = 2 e^{−|u|} |cosh z| measures how near.
template <class Real>
void check_log_cosh() {
  const double epsilon = std::numeric_limits<Real>::epsilon();
  for (double u : {-40.0, -3.0, -0.7, -1e-3, 0.0, 1e-9, 0.01, 0.3, 1.0, 5.0, 30.0}) {
    for (double v = -7; v <= 7; v += 0.05) {
      const Real re = static_cast<Real>(u);
      const Real im = static_cast<Real>(v);
      const LongComplex z(re, im);
      const LongComplex positive = re < 0 ? -z : z;
      const double nearness = static_cast<double>(std::abs(1.0L + std::exp(-2.0L * positive)));
      const double bound = 8 * epsilon * (1 + std::abs(u) + std::abs(v)) / std::min(1.0, nearness);
      const auto value = log_cosh(re, im);
      const LongComplex exact = exact_log_cosh(z);
      EXPECT_NEAR(value.re, static_cast<double>(exact.real()), bound) << u << ' ' << v;
      EXPECT_NEAR(value.im, static_cast<double>(exact.imag()), bound) << u << ' ' << v;
      const auto slope = log_cosh_derivative(re, im);
      const LongComplex tangent = std::tanh(z);
      const double steep = bound * (1 + static_cast<double>(std::abs(tangent)));
      EXPECT_NEAR(slope.re, static_cast<double>(tangent.real()), steep) << u << ' ' << v;
      EXPECT_NEAR(slope.im, static_cast<double>(tangent.imag()), steep) << u << ' ' << v;
    }
  }
}

TEST(LogCosh, Double) { check_log_cosh<double>(); }
TEST(LogCosh, Float) { check_log_cosh<float>(); }

/// e^{|u|} has long overflown here: log cosh z = ±z − log 2 and tanh z = ±1 to the last bit.
template <class Real>
void check_large_arguments() {
  const Real log2 = static_cast<Real>(std::log(2.0));
  for (Real u : {Real(-30000), Real(-1000), Real(800), Real(1e6)}) {
    for (Real v : {Real(-2), Real(0), Real(1.25)}) {
      const Real sign = u < 0 ? Real(-1) : Real(1);
      const auto value = log_cosh(u, v);
      EXPECT_EQ(value.re, std::abs(u) - log2);
      EXPECT_EQ(value.im, sign * v);
      const auto slope = log_cosh_derivative(u, v);
      EXPECT_EQ(slope.re, sign);
      EXPECT_EQ(slope.im, Real(0));
    }
  }
}

TEST(LogCosh, LargeArgumentsDouble) { check_large_arguments<double>(); }
TEST(LogCosh, LargeArgumentsFloat) { check_large_arguments<float>(); }

TEST(LogCosh, IsEven) {
  for (double u : {0.2, 1.5, 40.0}) {
    for (double v : {-2.0, 0.4, 3.0}) {
      EXPECT_EQ(log_cosh(u, v).re, log_cosh(-u, -v).re);
      EXPECT_EQ(log_cosh(u, v).im, log_cosh(-u, -v).im);
    }
  }
}

}  // namespace
}  // namespace plaquette
