#include "cuda/symmetric_network.hpp"

#include <algorithm>

namespace plaquette::cuda {
namespace {

/// Images whose derivatives are held at once: they are as wide as the block that they go to.
constexpr std::size_t kGradientImages = 64;

std::vector<std::int32_t> permutations(const std::vector<SymmetryOperation>& operations) {
  std::vector<std::int32_t> all;
  for (const SymmetryOperation& g : operations) {
    all.insert(all.end(), g.permutation.begin(), g.permutation.end());
  }
  return all;
}

std::vector<std::int32_t> flips(const std::vector<SymmetryOperation>& operations) {
  std::vector<std::int32_t> all;
  all.reserve(operations.size());
  for (const SymmetryOperation& g : operations) all.push_back(g.flip ? 1 : 0);
  return all;
}

std::vector<ComplexPair<double>> characters(const std::vector<SymmetryOperation>& operations) {
  std::vector<ComplexPair<double>> all;
  all.reserve(operations.size());
  for (const SymmetryOperation& g : operations) {
    all.push_back({g.character.real(), g.character.imag()});
  }
  return all;
}

}  // namespace

template <class Real>
SymmetricNetwork<Real>::SymmetricNetwork(const Problem& problem, const Blas& blas,
                                         std::size_t activation_bytes)
    : network_(problem.system.network, blas, activation_bytes),
      stream_(blas.stream()),
      operations_(problem.system.symmetry.size()),
      sites_(static_cast<std::size_t>(problem.system.hamiltonian.sites)),
      words_(static_cast<std::size_t>(words_for(problem.system.hamiltonian.sites))),
      parameters_(problem.system.parameters.size),
      permutation_(permutations(problem.system.symmetry), stream_),
      flip_(flips(problem.system.symmetry), stream_),
      character_(characters(problem.system.symmetry), stream_) {}

template <class Real>
std::size_t SymmetricNetwork<Real>::chunk(std::size_t batch) const {
  return std::min(network_.window(), batch * operations_);
}

template <class Real>
std::size_t SymmetricNetwork<Real>::gradient_chunk(std::size_t batch) const {
  return std::min({network_.gradient_window(), kGradientImages, batch * operations_});
}

template <class Real>
auto SymmetricNetwork<Real>::allocate(Workspace::Frame& frame, std::size_t batch) const -> Scratch {
  const std::size_t images = std::max(chunk(batch), gradient_chunk(batch));
  return {frame.take<std::uint64_t>(images * words_),
          frame.take<ComplexPair<double>>(batch * operations_)};
}

template <class Real>
std::size_t SymmetricNetwork<Real>::workspace_bytes(std::size_t batch) const {
  if (!projects()) return network_.workspace_bytes(batch);
  return network_.workspace_bytes(chunk(batch)) +
         Workspace::measure([&](Workspace::Frame& frame) { allocate(frame, batch); });
}

template <class Real>
std::size_t SymmetricNetwork<Real>::gradient_workspace_bytes(std::size_t batch) const {
  if (!projects()) return network_.gradient_workspace_bytes(batch);
  const std::size_t images = gradient_chunk(batch);
  return std::max(network_.workspace_bytes(chunk(batch)),
                  network_.gradient_workspace_bytes(images)) +
         Workspace::measure([&](Workspace::Frame& frame) {
           allocate(frame, batch);
           frame.take<ComplexPair<double>>(batch);
           frame.take<Real>(2 * images * parameters_);
         });
}

template <class Real>
SymmetryTable SymmetricNetwork<Real>::table() const {
  return {TensorView<const std::int32_t, 2>(permutation_.data(), operations_, sites_), flip_.data(),
          character_.data()};
}

template <class Real>
void SymmetricNetwork<Real>::evaluate(ComplexPair<double>* out,
                                      TensorView<const std::uint64_t, 2> configurations,
                                      const Scratch& scratch, Workspace& workspace) const {
  const std::size_t batch = configurations.extent(0);
  const std::size_t step = chunk(batch);
  for (std::size_t first = 0; first < batch * operations_; first += step) {
    const std::size_t count = std::min(step, batch * operations_ - first);
    const TensorView<std::uint64_t, 2> images(scratch.images, count, words_);
    symmetry_images(images, configurations, table(), first, stream_);
    network_.log_psi(scratch.amplitudes + first,
                     TensorView<const std::uint64_t, 2>(scratch.images, count, words_), workspace);
  }
  combine_images(out, TensorView<ComplexPair<double>, 2>(scratch.amplitudes, batch, operations_),
                 table(), stream_);
}

template <class Real>
void SymmetricNetwork<Real>::log_psi(ComplexPair<double>* out,
                                     TensorView<const std::uint64_t, 2> configurations,
                                     Workspace& workspace) const {
  if (!projects()) return network_.log_psi(out, configurations, workspace);
  auto frame = workspace.frame();
  evaluate(out, configurations, allocate(frame, configurations.extent(0)), workspace);
}

template <class Real>
void SymmetricNetwork<Real>::gradients(const GradientBlock<Real>& block,
                                       TensorView<const std::uint64_t, 2> configurations,
                                       Workspace& workspace) const {
  if (!projects()) return network_.gradients(block, configurations, workspace);
  const std::size_t batch = configurations.extent(0);
  auto frame = workspace.frame();
  const Scratch scratch = allocate(frame, batch);
  evaluate(frame.take<ComplexPair<double>>(batch), configurations, scratch, workspace);
  const std::size_t step = gradient_chunk(batch);
  const std::size_t columns = block.end - block.begin;
  Real* derivatives = frame.take<Real>(2 * step * columns);
  for (std::size_t first = 0; first < batch * operations_; first += step) {
    const std::size_t count = std::min(step, batch * operations_ - first);
    symmetry_images(TensorView<std::uint64_t, 2>(scratch.images, count, words_), configurations,
                    table(), first, stream_);
    network_.gradients({.entries = derivatives,
                        .row_stride = columns,
                        .samples = count,
                        .first_sample = 0,
                        .begin = block.begin,
                        .end = block.end},
                       TensorView<const std::uint64_t, 2>(scratch.images, count, words_),
                       workspace);
    add_image_gradients<Real>(
        block, TensorView<const Real, 2>(derivatives, 2 * count, columns),
        TensorView<const ComplexPair<double>, 2>(scratch.amplitudes, batch, operations_), first,
        stream_);
  }
}

template class SymmetricNetwork<float>;
template class SymmetricNetwork<double>;

}  // namespace plaquette::cuda
