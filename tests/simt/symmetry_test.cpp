#include <complex>

#include "kernels/symmetry_images.h"
#include "plaquette/physics/symmetry.hpp"
#include "simt/simt_test.hpp"

/// The kernels of the projection by symmetry against the plain sums of its definition.

namespace plaquette::test {
namespace {

using Complex = std::complex<double>;

std::vector<SymmetryOperation> operations(int L) {
  const Lattice lattice = make_lattice(LatticeKind::square, L);
  SymmetryChoice choice;
  choice.translations = PatchMomentum{1, 0};
  choice.spin_flip = SpinFlip::odd;
  return symmetry_operations(lattice, make_hamiltonian(lattice, {}), 2, false, choice);
}

/// The table, on the host that stands in for the device.
struct HostTable {
  explicit HostTable(const std::vector<SymmetryOperation>& group) {
    for (const SymmetryOperation& g : group) {
      permutation.insert(permutation.end(), g.permutation.begin(), g.permutation.end());
      flip.push_back(g.flip ? 1 : 0);
      character.push_back({g.character.real(), g.character.imag()});
    }
  }
  cuda::SymmetryTable view() const {
    return {const_view(permutation, flip.size(), permutation.size() / flip.size()), flip.data(),
            character.data()};
  }
  std::vector<std::int32_t> permutation;
  std::vector<std::int32_t> flip;
  std::vector<ComplexPair<double>> character;
};

TEST(SymmetryImages, AreTheTransformedConfigurations) {
  for (const int L : {4, 10}) {
    const auto group = operations(L);
    const HostTable table(group);
    const auto words = static_cast<std::size_t>(words_for(L * L));
    std::vector<std::uint64_t> states(3 * words);
    std::mt19937_64 random(5);
    for (std::size_t k = 0; k < 3; ++k) {
      for (int site = 0; site < L * L; ++site) {
        states[k * words + std::size_t(site / 64)] |= (random() & 1) << (site % 64);
      }
    }
    // A piece that begins and ends within a configuration's images.
    const std::size_t first = 5;
    const std::size_t count = 3 * group.size() - 9;
    over_thread_orders([&] {
      FencedBuffer<std::uint64_t> images(count * words);
      cuda::symmetry_images(TensorView<std::uint64_t, 2>(images.data(), count, words),
                            const_view(states, 3, words), table.view(), first, nullptr);
      EXPECT_TRUE(images.fences_intact());
      std::vector<std::uint64_t> expected(words);
      for (std::size_t e = 0; e < count; ++e) {
        transform(group[(first + e) % group.size()],
                  states.data() + (first + e) / group.size() * words, expected.data());
        for (std::size_t w = 0; w < words; ++w) {
          ASSERT_EQ(images[e * words + w], expected[w]) << e;
        }
      }
    });
  }
}

TEST(CombineImages, SumsWithoutOverflow) {
  const auto group = operations(4);
  const HostTable table(group);
  const std::size_t G = group.size();
  constexpr std::size_t kCount = 5;
  const auto numbers = random_numbers<double>(2 * kCount * G, 3);
  over_thread_orders([&] {
    FencedBuffer<ComplexPair<double>> log_psi(kCount);
    FencedBuffer<ComplexPair<double>> amplitudes(kCount * G);
    std::vector<Complex> given;
    for (std::size_t e = 0; e < kCount * G; ++e) {
      // Far beyond what exp can hold.
      given.emplace_back(2000.0 * double(e / G) - 4000 + numbers[2 * e], 9 * numbers[2 * e + 1]);
      amplitudes[e] = {given[e].real(), given[e].imag()};
    }
    cuda::combine_images(log_psi.data(),
                         TensorView<ComplexPair<double>, 2>(amplitudes.data(), kCount, G),
                         table.view(), 1e-12, nullptr);
    EXPECT_TRUE(log_psi.fences_intact() && amplitudes.fences_intact());
    for (std::size_t s = 0; s < kCount; ++s) {
      const double shift = 2000.0 * double(s) - 4000;
      Complex sum = 0;
      for (std::size_t g = 0; g < G; ++g) {
        sum += group[g].character * std::exp(given[s * G + g] - shift);
      }
      EXPECT_NEAR(log_psi[s].re, shift + std::log(std::abs(sum)), 1e-11);
      EXPECT_NEAR(std::remainder(log_psi[s].im - std::arg(sum), 2 * M_PI), 0, 1e-12);
      for (std::size_t g = 0; g < G; ++g) {
        const Complex share = group[g].character * std::exp(given[s * G + g] - shift) / sum;
        EXPECT_NEAR(amplitudes[s * G + g].re, share.real(), 1e-11);
        EXPECT_NEAR(amplitudes[s * G + g].im, share.imag(), 1e-11);
      }
    }
  });
}

template <class Real>
void check_gradients(std::size_t piece) {
  constexpr std::size_t kCount = 3, kG = 5, kColumns = 37, kSamples = 4, kFirst = 1;
  const auto shares = random_numbers<double>(2 * kCount * kG, 4);
  const auto derivatives = random_numbers<Real>(2 * kCount * kG * kColumns, 5);
  std::vector<ComplexPair<double>> table;
  for (std::size_t e = 0; e < kCount * kG; ++e) table.push_back({shares[2 * e], shares[2 * e + 1]});
  over_thread_orders([&] {
    FencedBuffer<Real> rows(2 * kSamples * kColumns);
    const Real untouched = 77;
    std::fill_n(rows.data(), 2 * kSamples * kColumns, untouched);
    const GradientBlock<Real> block{rows.data(), kColumns, kSamples, kFirst, 10, 10 + kColumns};
    for (std::size_t first = 0; first < kCount * kG; first += piece) {
      const std::size_t count = std::min(piece, kCount * kG - first);
      std::vector<Real> images;  // (2·count, columns)
      for (std::size_t part = 0; part < 2; ++part) {
        for (std::size_t e = first; e < first + count; ++e) {
          const Real* row = derivatives.data() + (2 * e + part) * kColumns;
          images.insert(images.end(), row, row + kColumns);
        }
      }
      cuda::add_image_gradients<Real>(block, const_view(images, 2 * count, kColumns),
                                      const_view(table, kCount, kG), first, nullptr);
    }
    EXPECT_TRUE(rows.fences_intact());
    for (std::size_t c = 0; c < kColumns; ++c) {
      EXPECT_EQ(rows[c], untouched) << "a row before the batch";
      for (std::size_t s = 0; s < kCount; ++s) {
        Complex sum = 0;
        double magnitude = 0;
        for (std::size_t e = s * kG; e < (s + 1) * kG; ++e) {
          const Complex term = Complex(table[e].re, table[e].im) *
                               Complex(double(derivatives[2 * e * kColumns + c]),
                                       double(derivatives[(2 * e + 1) * kColumns + c]));
          sum += term;
          magnitude += std::abs(term);
        }
        const double bound = 8 * kEpsilon<Real> * magnitude;
        EXPECT_NEAR(double(rows[(kFirst + s) * kColumns + c]), sum.real(), bound);
        EXPECT_NEAR(double(rows[(kSamples + kFirst + s) * kColumns + c]), sum.imag(), bound);
      }
    }
  });
}

TEST(AddImageGradients, InPiecesOfAnySize) {
  for (const std::size_t piece : {1, 4, 5, 7, 15}) {
    SCOPED_TRACE(testing::Message() << piece << " images at a time");
    check_gradients<float>(piece);
    check_gradients<double>(piece);
  }
}

}  // namespace
}  // namespace plaquette::test
