#include "cpu/attention_profile.hpp"

#include <algorithm>
#include <cstring>

#include "cpu/attention.hpp"
#include "cpu/machine.hpp"
#include "cpu/parallel.hpp"
#include "plaquette/base/aligned_buffer.hpp"
#include "plaquette/base/fixed_partition.hpp"
#include "plaquette/base/repeat_timing.hpp"

namespace plaquette::cpu {
namespace {

/// Samples that a thread works on at a time.
constexpr std::size_t kPiece = 16;

/// Reals between −½ and ½, the same each time.
template <class Real>
AlignedBuffer<Real> numbers(std::size_t count) {
  AlignedBuffer<Real> values(count);
  for (std::size_t k = 0; k < count; ++k) {
    values[k] = static_cast<Real>(k % 31) / Real(31) - Real(0.5);
  }
  return values;
}

/// One operator with its operands.
template <class Real>
class AttentionOperator {
 public:
  AttentionOperator(const AttentionCase& given, const NetworkShape& shape, int threads)
      : given_(given),
        threads_(threads),
        n_(given.tokens()),
        d_(static_cast<std::size_t>(given.d_model)),
        heads_(static_cast<std::size_t>(given.heads)),
        padded_(padded_tokens(n_)),
        lists_(shape),
        query_(numbers<Real>(tokens(1))),
        key_(numbers<Real>(tokens(1))),
        value_(numbers<Real>(tokens(1))),
        mixing_(numbers<Real>(n_ * d_)),
        position_(numbers<Real>(heads_ * n_ * padded_)),
        weights_(softmax() ? given.batch * heads_ * n_ * padded_ : 0),
        out_(tokens(1)),
        cotangent_(numbers<Real>(tokens(2))),
        dquery_(tokens(2)),
        dkey_(tokens(2)),
        dvalue_(tokens(2)),
        dposition_(2 * given.batch * heads_ * n_) {
    const std::size_t scratch =
        Workspace::padded(sizeof(Real) *
                          (softmax_attention_scratch(n_, d_ / heads_) +
                           softmax_attention_backward_scratch(n_, d_ / heads_) + d_ * padded_)) +
        4096;
    for (int t = 0; t < threads; ++t) workspaces_.emplace_back(scratch);
    run(AttentionPass::forward);  // the backward pass reads the softmax weights
  }

  void run(AttentionPass pass) {
    const FixedPartition pieces{given_.batch, kPiece};
    parallel_for(threads_, pieces.count(), [&](std::size_t index, int thread) {
      Workspace& workspace = workspaces_[static_cast<std::size_t>(thread)];
      if (pass == AttentionPass::forward) {
        forward(pieces[index], workspace);
      } else {
        backward(pieces[index], workspace);
      }
    });
  }

 private:
  bool softmax() const { return given_.attention != Attention::factored; }
  std::size_t tokens(std::size_t parts) const { return parts * given_.batch * n_ * d_; }
  TensorView<Real, 2> sample(AlignedBuffer<Real>& buffer, std::size_t k) const {
    return TensorView<Real, 2>(buffer.data() + k * n_ * d_, n_, d_);
  }
  TensorView<Real, 3> samples(AlignedBuffer<Real>& buffer, std::size_t begin,
                              std::size_t count) const {
    return TensorView<Real, 3>(buffer.data() + begin * n_ * d_, count, n_, d_);
  }
  TensorView<Real, 3> weights(std::size_t k) {
    return TensorView<Real, 3>(weights_.data() + k * heads_ * n_ * padded_, heads_, n_, padded_);
  }
  TensorView<const Real, 3> table() const {
    return TensorView<const Real, 3>(position_.data(), heads_, n_, padded_);
  }
  TensorView<const Real, 2> mixing() const {
    return TensorView<const Real, 2>(mixing_.data(), n_, d_);
  }

  void forward(IndexRange piece, Workspace& workspace) {
    if (!softmax()) {
      mix_tokens<Real>(samples(out_, piece.begin, piece.size()),
                       samples(value_, piece.begin, piece.size()), mixing(), lists_.forward);
      return;
    }
    for (std::size_t k = piece.begin; k < piece.end; ++k) {
      softmax_attention<Real>(sample(out_, k), weights(k), sample(query_, k), sample(key_, k),
                              sample(value_, k), table(), given_.attention, workspace);
    }
  }

  void backward(IndexRange piece, Workspace& workspace) {
    for (std::size_t part = 0; part < 2; ++part) {
      const std::size_t first = part * given_.batch;
      if (!softmax()) {
        mix_tokens<Real>(samples(dvalue_, first + piece.begin, piece.size()),
                         samples(cotangent_, first + piece.begin, piece.size()), mixing(),
                         lists_.backward);
      }
      for (std::size_t k = piece.begin; k < piece.end; ++k) {
        const std::size_t row = first + k;
        const TensorView<Real, 2> position(dposition_.data() + row * heads_ * n_, heads_, n_);
        if (softmax()) {
          softmax_attention_backward<Real>(
              {sample(dquery_, row), sample(dkey_, row), sample(dvalue_, row), position},
              sample(cotangent_, row), weights(k), sample(query_, k), sample(key_, k),
              sample(value_, k), table(), given_.attention, lists_, workspace);
        } else {
          mix_tokens_position_gradient<Real>(position, sample(cotangent_, row), sample(value_, k),
                                             lists_, workspace);
        }
      }
    }
  }

  AttentionCase given_;
  int threads_;
  std::size_t n_, d_, heads_, padded_;
  PositionLists lists_;
  AlignedBuffer<Real> query_, key_, value_;     // (B, n, d)
  AlignedBuffer<Real> mixing_;                  // (n, d): the table of factored attention
  AlignedBuffer<Real> position_;                // (h, n, padded n): that of softmax attention
  AlignedBuffer<Real> weights_;                 // (B, h, n, padded n), softmax only
  AlignedBuffer<Real> out_;                     // (B, n, d)
  AlignedBuffer<Real> cotangent_;               // (2B, n, d)
  AlignedBuffer<Real> dquery_, dkey_, dvalue_;  // (2B, n, d)
  AlignedBuffer<Real> dposition_;               // (2B, h·n)
  std::vector<Workspace> workspaces_;           // one a thread
};

template <class Real>
std::vector<double> time_operator(const AttentionCase& given, AttentionPass pass, int repeats,
                                  int threads) {
  const NetworkShape shape{.token_rows = given.side,
                           .token_columns = given.side,
                           .d_model = given.d_model,
                           .heads = given.heads,
                           .attention = given.attention};
  AttentionOperator<Real> attention(given, shape, threads);
  return time_repeatedly(
      repeats, [&] { attention.run(pass); }, [] {});
}

}  // namespace

std::vector<double> time_attention(const AttentionCase& given, AttentionPass pass, int repeats,
                                   const Resources& resources) {
  const int threads = thread_count(resources.threads);
  return given.precision == Precision::fp32 ? time_operator<float>(given, pass, repeats, threads)
                                            : time_operator<double>(given, pass, repeats, threads);
}

double measure_copy_bandwidth(const Resources& resources) {
  constexpr std::size_t kBytes = std::size_t{128} << 20;  // a thread; beyond any cache
  constexpr int kRepeats = 3;
  const int threads = thread_count(resources.threads);
  const auto count = static_cast<std::size_t>(threads);
  AlignedBuffer<std::byte> from(count * kBytes);
  AlignedBuffer<std::byte> to(count * kBytes);
  std::memset(from.data(), 1, from.size());
  const std::vector<double> seconds = time_repeatedly(
      kRepeats,
      [&] {
        parallel_for(threads, count, [&](std::size_t t, int) {
          std::memcpy(to.data() + t * kBytes, from.data() + t * kBytes, kBytes);
        });
      },
      [] {});
  return 2.0 * static_cast<double>(from.size()) / *std::min_element(seconds.begin(), seconds.end());
}

}  // namespace plaquette::cpu
