#include "cpu/symmetric_wave_function.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace plaquette::cpu {
namespace {

using Complex = std::complex<double>;

/// Adds c_g times the derivatives of image g into one complex row (P), real and imaginary parts
/// apart.
class WeightedSum final : public GradientSink {
 public:
  WeightedSum(const GradientSink& target, const Complex* weights, double* real, double* imag)
      : target_(target), weights_(weights), real_(real), imag_(imag) {}

  bool wants(IndexRange parameters) const override { return target_.wants(parameters); }
  void take(Part part, std::size_t image, std::size_t offset,
            std::span<const float> values) override {
    add(part, image, offset, values);
  }
  void take(Part part, std::size_t image, std::size_t offset,
            std::span<const double> values) override {
    add(part, image, offset, values);
  }

 private:
  template <class Real>
  void add(Part part, std::size_t image, std::size_t offset, std::span<const Real> values) {
    // The derivative of Im log ψ stands for i times itself.
    const Complex c = part == Part::real ? weights_[image] : Complex(0, 1) * weights_[image];
    for (std::size_t k = 0; k < values.size(); ++k) {
      real_[offset + k] += c.real() * static_cast<double>(values[k]);
      imag_[offset + k] += c.imag() * static_cast<double>(values[k]);
    }
  }

  const GradientSink& target_;
  const Complex* weights_;  // of the images of this call
  double* real_;            // (P)
  double* imag_;            // (P)
};

}  // namespace

SymmetricWaveFunction::SymmetricWaveFunction(std::unique_ptr<WaveFunction> psi,
                                             std::vector<SymmetryOperation> operations,
                                             std::size_t parameters)
    : psi_(std::move(psi)),
      operations_(std::move(operations)),
      parameters_(parameters),
      words_(static_cast<std::size_t>(
          words_for(static_cast<int>(operations_.at(0).permutation.size())))) {}

auto SymmetricWaveFunction::allocate(Workspace::Frame& frame) const -> Scratch {
  return {frame.take<std::uint64_t>(psi_->micro_batch() * words_),
          frame.take<Complex>(psi_->micro_batch() * operations_.size())};
}

std::size_t SymmetricWaveFunction::log_psi_workspace() const {
  return psi_->log_psi_workspace() +
         Workspace::measure([&](Workspace::Frame& frame) { allocate(frame); });
}

std::size_t SymmetricWaveFunction::gradient_workspace() const {
  return std::max(psi_->log_psi_workspace(), psi_->gradient_workspace()) +
         Workspace::measure([&](Workspace::Frame& frame) {
           allocate(frame);
           frame.take<double>(2 * parameters_);
         });
}

void SymmetricWaveFunction::make_images(const std::uint64_t* configurations, IndexRange range,
                                        std::uint64_t* images) const {
  for (std::size_t e = range.begin; e < range.end; ++e, images += words_) {
    transform(operations_[e % operations_.size()], configurations + e / operations_.size() * words_,
              images);
  }
}

void SymmetricWaveFunction::evaluate_images(const std::uint64_t* configurations, std::size_t batch,
                                            const Scratch& scratch, Workspace& workspace) const {
  // Full batches of images, across configurations.
  const FixedPartition pieces{batch * operations_.size(), psi_->micro_batch()};
  for (std::size_t p = 0; p < pieces.count(); ++p) {
    const IndexRange piece = pieces[p];
    make_images(configurations, piece, scratch.images);
    psi_->log_psi(scratch.images, {scratch.amplitudes + piece.begin, piece.size()}, workspace);
  }
}

Complex SymmetricWaveFunction::combine(const Complex* amplitudes) const {
  double largest = -HUGE_VAL;
  for (std::size_t g = 0; g < operations_.size(); ++g) {
    largest = std::max(largest, amplitudes[g].real());
  }
  Complex sum = 0;
  for (std::size_t g = 0; g < operations_.size(); ++g) {
    sum += operations_[g].character * std::exp(amplitudes[g] - largest);
  }
  return largest + std::log(sum);
}

void SymmetricWaveFunction::log_psi(const std::uint64_t* configurations, std::span<Complex> out,
                                    Workspace& workspace) const {
  auto frame = workspace.frame();
  const Scratch scratch = allocate(frame);
  evaluate_images(configurations, out.size(), scratch, workspace);
  for (std::size_t s = 0; s < out.size(); ++s) {
    out[s] = combine(scratch.amplitudes + s * operations_.size());
  }
}

void SymmetricWaveFunction::gradients(const std::uint64_t* configurations, std::size_t batch,
                                      GradientSink& sink, Workspace& workspace) const {
  const std::size_t G = operations_.size();
  auto frame = workspace.frame();
  const Scratch scratch = allocate(frame);
  double* real = frame.take<double>(2 * parameters_);
  double* imag = real + parameters_;
  evaluate_images(configurations, batch, scratch, workspace);
  const FixedPartition pieces{G, psi_->micro_batch()};
  for (std::size_t s = 0; s < batch; ++s) {
    Complex* weights = scratch.amplitudes + s * G;
    const Complex total = combine(weights);
    for (std::size_t g = 0; g < G; ++g) {
      weights[g] = operations_[g].character * std::exp(weights[g] - total);
    }
    std::fill_n(real, 2 * parameters_, 0.0);
    for (std::size_t p = 0; p < pieces.count(); ++p) {
      const IndexRange piece = pieces[p];
      make_images(configurations, {s * G + piece.begin, s * G + piece.end}, scratch.images);
      WeightedSum sum(sink, weights + piece.begin, real, imag);
      psi_->gradients(scratch.images, piece.size(), sum, workspace);
    }
    sink.take(Part::real, s, 0, std::span<const double>(real, parameters_));
    sink.take(Part::imag, s, 0, std::span<const double>(imag, parameters_));
  }
}

}  // namespace plaquette::cpu
