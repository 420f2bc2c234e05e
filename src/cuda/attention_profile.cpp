#include "cuda/attention_profile.hpp"

#include <algorithm>

#include "cuda/device_memory.hpp"
#include "cuda/phase_range.hpp"
#include "cuda/position_lists.hpp"
#include "kernels/softmax_attention.h"
#include "kernels/token_mixing.h"
#include "plaquette/base/repeat_timing.hpp"

namespace plaquette::cuda {
namespace {

/// Reals between −½ and ½, the same each time.
template <class Real>
DeviceBuffer<Real> numbers(std::size_t count, cudaStream_t stream) {
  std::vector<Real> values(count);
  for (std::size_t k = 0; k < count; ++k) {
    values[k] = static_cast<Real>(k % 31) / Real(31) - Real(0.5);
  }
  return DeviceBuffer<Real>(values, stream);
}

/// One operator with its operands on the device.
template <class Real>
class AttentionOperator {
 public:
  AttentionOperator(const AttentionCase& given, const NetworkShape& shape, const Stream& stream)
      : given_(given),
        stream_(stream.get()),
        n_(given.tokens()),
        d_(static_cast<std::size_t>(given.d_model)),
        heads_(static_cast<std::size_t>(given.heads)),
        lists_(shape, stream_),
        query_(numbers<Real>(tokens(1), stream_)),
        key_(numbers<Real>(tokens(1), stream_)),
        value_(numbers<Real>(tokens(1), stream_)),
        position_(numbers<Real>(heads_ * n_, stream_)),
        out_(tokens(1)),
        cotangent_(numbers<Real>(tokens(2), stream_)),
        dquery_(tokens(2)),
        dkey_(tokens(2)),
        dvalue_(tokens(2)),
        dposition_(2 * given.batch * heads_ * n_) {
    if (softmax()) {
      weights_ = DeviceBuffer<Real>(given.batch * heads_ * n_ * n_);
      forward(weights_.data());
    }
  }

  void run(AttentionPass pass) {
    const PhaseRange range(pass == AttentionPass::forward ? "attention forward"
                                                          : "attention backward");
    if (pass == AttentionPass::forward) {
      forward(nullptr);
    } else {
      backward();
    }
  }

 private:
  bool softmax() const { return given_.attention != Attention::factored; }
  std::size_t tokens(std::size_t parts) const { return parts * given_.batch * n_ * d_; }
  TensorView<Real, 3> view(DeviceBuffer<Real>& buffer, std::size_t parts = 1) {
    return TensorView<Real, 3>(buffer.data(), parts * given_.batch, n_, d_);
  }
  TensorView<Real, 2> table() { return TensorView<Real, 2>(position_.data(), heads_, n_); }

  void forward(Real* weights) {
    if (softmax()) {
      softmax_attention<Real>(view(out_), weights, view(query_), view(key_), view(value_), table(),
                              given_.attention, lists_.map(), stream_);
    } else {
      mix_tokens<Real>(view(out_), view(value_), table(), lists_.forward(), stream_);
    }
  }

  void backward() {
    const std::size_t size = heads_ * n_;
    const GradientBlock<Real> block{dposition_.data(), size, given_.batch, 0, 0, size};
    if (softmax()) {
      softmax_attention_backward<Real, Real>(
          {view(dquery_, 2), view(dkey_, 2), view(dvalue_, 2)}, block, 0, view(cotangent_, 2),
          {TensorView<const Real, 4>(weights_.data(), given_.batch, heads_, n_, n_), view(query_),
           view(key_), view(value_), table()},
          given_.attention, lists_.map(), stream_);
    } else {
      mix_tokens<Real>(view(dvalue_, 2), view(cotangent_, 2), table(), lists_.backward(), stream_);
      mix_tokens_position_gradient<Real, Real>(block, 0, view(cotangent_, 2), view(value_), heads_,
                                               lists_.map(), stream_);
    }
  }

  AttentionCase given_;
  cudaStream_t stream_;
  std::size_t n_, d_, heads_;
  DevicePositionLists lists_;
  DeviceBuffer<Real> query_, key_, value_;     // (B, n, d)
  DeviceBuffer<Real> position_;                // (h, n)
  DeviceBuffer<Real> weights_;                 // (B, h, n, n), softmax only
  DeviceBuffer<Real> out_;                     // (B, n, d)
  DeviceBuffer<Real> cotangent_;               // (2B, n, d)
  DeviceBuffer<Real> dquery_, dkey_, dvalue_;  // (2B, n, d)
  DeviceBuffer<Real> dposition_;               // (2B, h·n)
};

template <class Real>
std::vector<double> time_operator(const AttentionCase& given, AttentionPass pass, int repeats) {
  const NetworkShape shape{.token_rows = given.side,
                           .token_columns = given.side,
                           .d_model = given.d_model,
                           .heads = given.heads,
                           .attention = given.attention};
  const Stream stream;
  AttentionOperator<Real> attention(given, shape, stream);
  return time_repeatedly(
      repeats, [&] { attention.run(pass); }, [&] { stream.synchronize(); });
}

}  // namespace

std::vector<double> time_attention(const AttentionCase& given, AttentionPass pass, int repeats) {
  return given.precision == Precision::fp32 ? time_operator<float>(given, pass, repeats)
                                            : time_operator<double>(given, pass, repeats);
}

double measure_copy_bandwidth() {
  constexpr std::size_t kBytes = std::size_t{1} << 30;
  constexpr int kRepeats = 5;
  const Stream stream;
  DeviceBuffer<std::byte> from(kBytes);
  DeviceBuffer<std::byte> to(kBytes);
  from.zero(stream.get());
  const std::vector<double> seconds = time_repeatedly(
      kRepeats, [&] { copy_on_device(to.data(), from.data(), kBytes, stream.get()); },
      [&] { stream.synchronize(); });
  return 2.0 * kBytes / *std::min_element(seconds.begin(), seconds.end());
}

}  // namespace plaquette::cuda
