#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "network/wave_function.hpp"
#include "plaquette/model/image_sum.hpp"
#include "plaquette/model/system.hpp"

namespace plaquette {

/// The operations of a projection as flat arrays: G operations on N sites.
struct SymmetryArrays {
  explicit SymmetryArrays(const std::vector<SymmetryOperation>& operations) {
    for (const SymmetryOperation& g : operations) {
      permutation.insert(permutation.end(), g.permutation.begin(), g.permutation.end());
      flip.push_back(g.flip ? 1 : 0);
      character.push_back({g.character.real(), g.character.imag()});
    }
  }
  std::vector<std::int32_t> permutation;       // (G, N)
  std::vector<std::int32_t> flip;              // (G)
  std::vector<ComplexPair<double>> character;  // (G)
};

/// Where a projection keeps its images in a workspace; see NetworkLayout.
class ProjectionLayout {
 public:
  ProjectionLayout(const System& system, std::size_t window, std::size_t gradient_window)
      : operations_(system.symmetry.size()),
        words_(static_cast<std::size_t>(words_for(system.hamiltonian.sites))),
        parameters_(system.parameters.size),
        window_(window),
        gradient_window_(gradient_window) {}

  /// Images whose derivatives are held at once: they are as wide as the block that they go to.
  static constexpr std::size_t kGradientImages = 64;

  std::size_t operations() const { return operations_; }  // G
  std::size_t words() const { return words_; }
  /// Images evaluated, or differentiated, at a time.
  std::size_t images(std::size_t batch) const { return std::min(window_, batch * operations_); }
  std::size_t gradient_images(std::size_t batch) const {
    return std::min({gradient_window_, kGradientImages, batch * operations_});
  }

  struct Scratch {
    std::uint64_t* images;            // (images, words)
    ComplexPair<double>* amplitudes;  // (B, G)
  };
  Scratch scratch(Workspace::Frame& frame, std::size_t batch) const {
    const std::size_t most = std::max(images(batch), gradient_images(batch));
    return {frame.take<std::uint64_t>(most * words_),
            frame.take<ComplexPair<double>>(batch * operations_)};
  }
  /// Workspace beside that of the images' own wave function.
  std::size_t log_psi_bytes(std::size_t batch) const {
    return Workspace::measure([&](Workspace::Frame& frame) { scratch(frame, batch); });
  }
  template <class Real>
  std::size_t gradient_bytes(std::size_t batch) const {
    return Workspace::measure([&](Workspace::Frame& frame) {
      scratch(frame, batch);
      frame.take<ComplexPair<double>>(batch);
      frame.take<Real>(2 * gradient_images(batch) * parameters_);
    });
  }

 private:
  std::size_t operations_, words_, parameters_, window_, gradient_window_;
};

/// ψ_sym(s) = Σ_g χ_g ψ(g s) of any wave function ψ: G evaluations for one. Image s·G + g is that
/// of configuration s under operation g. `Images` is what a backend does with them
/// (cpu|cuda/symmetry_images.hpp).
template <class Images, class Real>
class Projection final : public Differentiable<Real> {
 public:
  using Configurations = TensorView<const std::uint64_t, 2>;

  /// `psi` must outlive this. `arguments` make the images' operations, after the arrays.
  template <class... Arguments>
  Projection(const Differentiable<Real>& psi, const ProjectionLayout& layout,
             const SymmetryArrays& arrays, Arguments&&... arguments)
      : psi_(psi), layout_(layout), images_(arrays, std::forward<Arguments>(arguments)...) {}

  std::size_t window() const override { return psi_.window(); }
  std::size_t gradient_window() const override { return psi_.gradient_window(); }

  void log_psi(ComplexPair<double>* out, Configurations configurations,
               Workspace& workspace) const override {
    auto frame = workspace.frame();
    evaluate(out, configurations, layout_.scratch(frame, configurations.extent(0)), workspace);
  }

  /// ∂ log ψ_sym = Σ_g c_g ∂ log ψ(g s) with the shares c_g = χ_g ψ(g s)/ψ_sym(s).
  void gradients(const GradientBlock<Real>& block, Configurations configurations,
                 Workspace& workspace) const override {
    const std::size_t batch = configurations.extent(0);
    const std::size_t G = layout_.operations();
    auto frame = workspace.frame();
    const ProjectionLayout::Scratch scratch = layout_.scratch(frame, batch);
    evaluate(frame.take<ComplexPair<double>>(batch), configurations, scratch, workspace);
    const std::size_t step = layout_.gradient_images(batch);
    const std::size_t columns = block.end - block.begin;
    Real* derivatives = frame.take<Real>(2 * step * columns);
    for (std::size_t first = 0; first < batch * G; first += step) {
      const std::size_t count = std::min(step, batch * G - first);
      psi_.gradients({.entries = derivatives,
                      .row_stride = columns,
                      .samples = count,
                      .first_sample = 0,
                      .begin = block.begin,
                      .end = block.end},
                     make_images(configurations, first, count, scratch), workspace);
      images_.add_gradients(block, TensorView<const Real, 2>(derivatives, 2 * count, columns),
                            TensorView<const ComplexPair<double>, 2>(scratch.amplitudes, batch, G),
                            first);
    }
  }

 private:
  Configurations make_images(Configurations configurations, std::size_t first, std::size_t count,
                             const ProjectionLayout::Scratch& scratch) const {
    images_.make(TensorView<std::uint64_t, 2>(scratch.images, count, layout_.words()),
                 configurations, first);
    return Configurations(scratch.images, count, layout_.words());
  }

  /// log ψ_sym into `out` and the shares of the images into the scratch.
  void evaluate(ComplexPair<double>* out, Configurations configurations,
                const ProjectionLayout::Scratch& scratch, Workspace& workspace) const {
    const std::size_t batch = configurations.extent(0);
    const std::size_t all = batch * layout_.operations();
    const std::size_t step = layout_.images(batch);
    for (std::size_t first = 0; first < all; first += step) {
      const std::size_t count = std::min(step, all - first);
      psi_.log_psi(scratch.amplitudes + first, make_images(configurations, first, count, scratch),
                   workspace);
    }
    images_.combine(
        out, TensorView<ComplexPair<double>, 2>(scratch.amplitudes, batch, layout_.operations()),
        kCancelled<Real>);
  }

  const Differentiable<Real>& psi_;
  ProjectionLayout layout_;
  Images images_;
};

}  // namespace plaquette
