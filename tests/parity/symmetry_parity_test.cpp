#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <random>
#include <string>
#include <vector>

#include "plaquette/io/symmetry_text.hpp"
#include "reference/gradient.hpp"
#include "reference/local_energy.hpp"
#include "reference/sector.hpp"
#include "support/backend_test.hpp"
#include "support/network_case.hpp"
#include "support/tolerance.hpp"

// Projected wave functions of every backend against sums of the oracle's amplitudes over images
// that this file makes by itself: a site's coordinates, moved.

namespace plaquette::test {
namespace {

using Complex = std::complex<double>;

struct SymmetryCase {
  BackendKind backend;
  const char* symmetry;
  NetworkCase made;
};

/// One image of a configuration, and the weight of its amplitude.
struct Image {
  oracle::Spins spins;
  Complex character;
};

/// All images under a symmetry, written out from its definition.
std::vector<Image> images(const SymmetryCase& given, const oracle::Spins& spins) {
  const SymmetryChoice choice = parse_symmetry(given.symmetry);
  const Lattice lattice = given.made.make_lattice();
  const int L = lattice.columns;
  const int b = given.made.network.patch;
  const bool full = !given.made.network.translation_invariant;
  const int shifts = choice.translations ? (full ? L : b) : 1;
  const int row_shifts = lattice.two_dimensional() ? shifts : 1;
  const PatchMomentum k = choice.translations.value_or(PatchMomentum{});
  const bool turned = choice.c4v.has_value();
  const PointGroupIrrep irrep = choice.c4v.value_or(PointGroupIrrep::A1);
  const bool b_type = irrep == PointGroupIrrep::B1 || irrep == PointGroupIrrep::B2;
  const bool two_type = irrep == PointGroupIrrep::A2 || irrep == PointGroupIrrep::B2;
  std::vector<Image> all;
  for (int dr = 0; dr < row_shifts; ++dr) {
    for (int dc = 0; dc < shifts; ++dc) {
      for (int turn = 0; turn < (turned ? 4 : 1); ++turn) {
        for (int mirror = 0; mirror < (turned ? 2 : 1); ++mirror) {
          for (int flip = 0; flip < (choice.spin_flip ? 2 : 1); ++flip) {
            oracle::Spins image(spins.size());
            for (int row = 0; row < lattice.rows; ++row) {
              for (int column = 0; column < L; ++column) {
                // Where site (row, column) of the image takes its spin from.
                int r = row;
                int c = column;
                for (int t = 0; t < turn; ++t) {
                  const int next = L - 1 - r;
                  r = c;
                  c = next;
                }
                if (mirror == 1) c = L - 1 - c;
                r = (r + dr) % lattice.rows;
                c = (c + dc) % L;
                image[std::size_t(row * L + column)] =
                    (flip == 1 ? -1 : 1) * spins[std::size_t(r * L + c)];
              }
            }
            double sign = 1;
            if (b_type && turn % 2 == 1) sign = -sign;
            if (two_type && mirror == 1) sign = -sign;
            if (flip == 1 && *choice.spin_flip == SpinFlip::odd) sign = -sign;
            const double angle = 2 * M_PI * (k.row * dr + k.column * dc) / b;
            all.push_back({image, sign * std::polar(1.0, angle)});
          }
        }
      }
    }
  }
  return all;
}

class SymmetryParity : public BackendTest<SymmetryCase> {
 protected:
  std::unique_ptr<Backend> make(Precision precision = Precision::fp64) const {
    Problem problem = make_problem(made, couplings);
    problem.system.symmetry = symmetry_operations(
        made.make_lattice(), problem.system.hamiltonian, made.network.patch,
        !made.network.translation_invariant, parse_symmetry(GetParam().symmetry));
    problem.precision = {precision, precision, precision};
    auto backend = make_backend(GetParam().backend, problem, Resources{});
    backend->set_parameters(theta);
    return backend;
  }

  struct Projected {
    Complex log_psi;       // log Σ_g χ_g ψ(g s)
    double cancellation;   // Σ|ψ(g s)| / |Σ χ_g ψ(g s)|, by which errors grow
    double log_magnitude;  // log Σ|ψ(g s)|
    std::vector<Image> images;
    std::vector<Complex> share;  // χ_g ψ(g s) / ψ_sym(s)
  };
  Projected project(const oracle::Spins& given) const {
    Projected result{0, 0, 0, images(GetParam(), given), {}};
    const Complex reference = oracle::log_psi(network, result.images[0].spins);
    Complex sum = 0;
    double magnitude = 0;
    for (const Image& image : result.images) {
      const Complex ratio = std::exp(oracle::log_psi(network, image.spins) - reference);
      result.share.push_back(image.character * ratio);
      sum += result.share.back();
      magnitude += std::abs(ratio);
    }
    for (Complex& share : result.share) share /= sum;
    result.log_psi = reference + std::log(sum);
    result.cancellation = magnitude / std::abs(sum);
    result.log_magnitude = reference.real() + std::log(magnitude);
    return result;
  }
  /// Error of log ψ of any image.
  double image_error(const Projected& exact, Precision precision) const {
    double worst = 0;
    for (const Image& image : exact.images) {
      worst = std::max(worst,
                       log_psi_error(shape, precision, oracle::head_inputs(network, image.spins)));
    }
    return worst;
  }
  /// Error of log ψ_sym.
  double bound(const Projected& exact, Precision precision) const {
    return image_error(exact, precision) * exact.cancellation;
  }

  const NetworkCase made = GetParam().made;
  const NetworkShape shape = made.shape();
  const ParameterTable table = made.table();
  const Couplings couplings{.J1 = 1, .J2 = 0.3};
  const std::vector<double> theta = random_parameters(table, 41);
  const oracle::OracleNetwork network = make_oracle(made, theta);
  const std::vector<oracle::Spins> spins = random_spins(made.sites(), 40, 77);
};

TEST_P(SymmetryParity, LogPsiIsTheSumOverImages) {
  for (const Precision precision : {Precision::fp64, Precision::fp32}) {
    std::vector<Complex> found(spins.size());
    make(precision)->log_psi(pack(spins), found);
    for (std::size_t k = 0; k < spins.size(); ++k) {
      const Projected exact = project(spins[k]);
      // Sums that cancel to less than this part of their terms are zero, by contract.
      const double cancelled = precision == Precision::fp32 ? 1e-5 : 1e-12;
      if (exact.cancellation * cancelled > 2) {
        EXPECT_EQ(found[k].real(), -HUGE_VAL) << k;
      } else if (exact.cancellation * cancelled < 0.5) {
        EXPECT_LT(log_psi_distance(found[k], exact.log_psi), bound(exact, precision)) << k;
      }
    }
  }
}

TEST_P(SymmetryParity, TheProjectedStateIsInvariant) {
  const auto backend = make();
  for (std::size_t k = 0; k < 3; ++k) {
    const Projected exact = project(spins[k]);
    if (exact.cancellation > 1e10) continue;  // no state to speak of
    std::vector<oracle::Spins> moved;
    for (const Image& image : exact.images) moved.push_back(image.spins);
    std::vector<Complex> found(moved.size());
    backend->log_psi(pack(moved), found);
    for (std::size_t g = 0; g < moved.size(); ++g) {
      // ψ_sym(g s) = χ_g⁻¹ ψ_sym(s)
      const Complex ratio = std::exp(found[g] - found[0]) * exact.images[g].character;
      EXPECT_LT(std::abs(ratio - 1.0), 4 * bound(exact, Precision::fp64)) << k << ' ' << g;
    }
  }
}

TEST_P(SymmetryParity, LocalEnergiesAreThoseOfTheProjectedState) {
  const auto bonds = make_oracle_bonds(made, couplings);
  std::vector<Complex> found(6);
  make()->local_energies(pack({spins.begin(), spins.begin() + 6}), found);
  for (std::size_t k = 0; k < found.size(); ++k) {
    const Projected here = project(spins[k]);
    Complex energy = 0;
    double error = 0;
    for (const oracle::OracleBond& bond : bonds) {
      const int product = spins[k][std::size_t(bond.i)] * spins[k][std::size_t(bond.j)];
      energy += 0.25 * bond.J * product;
      if (product > 0) continue;
      oracle::Spins exchanged = spins[k];
      std::swap(exchanged[std::size_t(bond.i)], exchanged[std::size_t(bond.j)]);
      const Projected there = project(exchanged);
      const Complex ratio = std::exp(there.log_psi - here.log_psi);
      energy += 0.5 * bond.J * bond.sign * ratio;
      // ψ_sym may vanish there, exactly: the error is that of the sum that made it.
      const double magnitude = std::exp(there.log_magnitude - here.log_psi.real());
      error += 0.5 * std::abs(bond.J) *
               (std::abs(ratio) * bound(here, Precision::fp64) +
                magnitude * image_error(there, Precision::fp64));
    }
    EXPECT_LT(std::abs(found[k] - energy), error + 1e-12) << k;
  }
}

/// Tensor by tensor along a random direction: ∂ log ψ_sym = Σ_g (χ_g ψ(g s)/ψ_sym) ∂ log ψ(g s).
TEST_P(SymmetryParity, GradientsAlongDirections) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  for (const Precision precision : {Precision::fp64, Precision::fp32}) {
    constexpr std::size_t kCount = 5;
    std::vector<Complex> found(kCount * table.size);
    make(precision)->gradients(pack({spins.begin(), spins.begin() + kCount}), found);
    for (const std::size_t k : {std::size_t{0}, kCount - 1}) {
      const Projected exact = project(spins[k]);
      double largest = 0;
      for (std::size_t p = 0; p < table.size; ++p) {
        largest = std::max(largest, std::abs(found[k * table.size + p]));
      }
      double relative = 5e-10;  // of the oracle's differences
      for (const Image& image : exact.images) {
        const auto inputs = oracle::head_inputs(network, image.spins);
        relative = std::max(relative, gradient_error(shape, precision, inputs));
      }
      for (const NamedTensor& tensor : table.tensors) {
        std::vector<double> direction(tensor.size());
        Complex slope = 0;
        for (std::size_t p = 0; p < direction.size(); ++p) {
          direction[p] = uniform(random) / std::sqrt(double(tensor.size()));
          slope += direction[p] * found[k * table.size + tensor.offset + p];
        }
        Complex expected = 0;
        double magnitude = largest;
        for (std::size_t g = 0; g < exact.images.size(); ++g) {
          const Complex term =
              exact.share[g] * oracle::directional_derivative(network, exact.images[g].spins,
                                                              {{tensor.name, direction}});
          expected += term;
          magnitude += std::abs(term);
        }
        // Errors of the derivatives, and of the shares.
        EXPECT_LT(std::abs(slope - expected),
                  magnitude * (exact.cancellation * relative + bound(exact, precision)))
            << tensor.name << " of " << k;
      }
    }
  }
}

std::vector<SymmetryCase> cases() {
  const NetworkChoice plain{.patch = 2, .d_model = 6, .heads = 2, .layers = 1, .ffn_ratio = 2};
  NetworkChoice full = plain;
  full.translation_invariant = false;
  full.attention = Attention::decoupled;
  NetworkChoice fine = plain;
  fine.patch = 1;
  fine.attention = Attention::t5;
  std::vector<SymmetryCase> all;
  for (const BackendKind backend : built_backends()) {
    all.push_back({backend, "spin-flip=odd", {LatticeKind::square, 4, plain}});
    all.push_back({backend, "translations", {LatticeKind::square, 4, plain}});
    all.push_back({backend, "translations=1x0,spin-flip", {LatticeKind::square, 4, plain}});
    all.push_back({backend, "c4v=B2", {LatticeKind::square, 4, fine}});
    all.push_back({backend, "translations,c4v,spin-flip", {LatticeKind::square, 6, plain}});
    all.push_back({backend, "translations=1x1,c4v=B1,spin-flip", {LatticeKind::square, 4, plain}});
    all.push_back({backend, "translations,c4v=A2", {LatticeKind::square, 4, full}});
    all.push_back({backend, "translations=0x1", {LatticeKind::chain, 8, plain}});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Projected, SymmetryParity, testing::ValuesIn(cases()),
                         [](const auto& info) {
                           std::string name =
                               concat(info.param.backend == BackendKind::cpu ? "cpu_" : "cuda_",
                                      info.param.symmetry, '_', info.param.made.name());
                           std::replace_if(
                               name.begin(), name.end(),
                               [](char c) { return std::isalnum(c) == 0; }, '_');
                           return name;
                         });

}  // namespace
}  // namespace plaquette::test
