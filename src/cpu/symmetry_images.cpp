#include "cpu/symmetry_images.hpp"

#include "plaquette/physics/configuration.hpp"

namespace plaquette::cpu {

template <class Real>
void SymmetryImages<Real>::make(TensorView<std::uint64_t, 2> images,
                                TensorView<const std::uint64_t, 2> configurations,
                                std::size_t first) const {
  const std::size_t G = arrays_.flip.size();
  const std::size_t sites = arrays_.permutation.size() / G;
  const std::size_t words = images.extent(1);
  for (std::size_t e = 0; e < images.extent(0); ++e) {
    const std::size_t g = (first + e) % G;
    const std::uint64_t* s = configurations.data() + (first + e) / G * words;
    const std::int32_t* source = arrays_.permutation.data() + g * sites;
    std::uint64_t* image = images.data() + e * words;
    std::fill_n(image, words, std::uint64_t{0});
    for (std::size_t i = 0; i < sites; ++i) {
      const bool up = spin_up(s, source[i]) != (arrays_.flip[g] != 0);
      image[i >> 6] |= std::uint64_t{up} << (i & 63);
    }
  }
}

template <class Real>
void SymmetryImages<Real>::combine(ComplexPair<double>* log_psi,
                                   TensorView<ComplexPair<double>, 2> amplitudes,
                                   double cancelled) const {
  const std::size_t G = amplitudes.extent(1);
  for (std::size_t s = 0; s < amplitudes.extent(0); ++s) {
    log_psi[s] = combine_images(amplitudes.data() + s * G, arrays_.character.data(), G, cancelled);
  }
}

template <class Real>
void SymmetryImages<Real>::add_gradients(const GradientBlock<Real>& block,
                                         TensorView<const Real, 2> images,
                                         TensorView<const ComplexPair<double>, 2> shares,
                                         std::size_t first) const {
  const std::size_t G = shares.extent(1);
  const std::size_t count = images.extent(0) / 2;
  const std::size_t columns = images.extent(1);
  for (std::size_t e = 0; e < count; ++e) {
    const std::size_t s = (first + e) / G;
    const ComplexPair<double> share = shares.data()[first + e];
    Real* real = block.row(0, s);
    Real* imag = block.row(1, s);
    const Real* d_real = images.data() + e * columns;
    const Real* d_imag = images.data() + (count + e) * columns;
    if ((first + e) % G == 0) {
      std::fill_n(real, columns, Real(0));
      std::fill_n(imag, columns, Real(0));
    }
    const auto re = static_cast<Real>(share.re);
    const auto im = static_cast<Real>(share.im);
#pragma omp simd
    for (std::size_t c = 0; c < columns; ++c) {
      real[c] += re * d_real[c] - im * d_imag[c];
      imag[c] += re * d_imag[c] + im * d_real[c];
    }
  }
}

template class SymmetryImages<float>;
template class SymmetryImages<double>;

}  // namespace plaquette::cpu
