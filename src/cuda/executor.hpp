#pragma once

#include <cstddef>
#include <span>

#include "cuda/blas.hpp"
#include "cuda/device_memory.hpp"
#include "plaquette/base/fixed_partition.hpp"
#include "plaquette/base/interruption.hpp"
#include "plaquette/base/workspace.hpp"

namespace plaquette::cuda {

/// Where the CUDA backend's data lives and how its work is queued: one stream, one workspace on the
/// device, piece after piece.
class Executor {
 public:
  template <class T>
  using Buffer = DeviceBuffer<T>;
  /// Whether a Gram matrix of FP32 rows can be made of FP32 products.
  static constexpr bool kMultipliesSingleRows = false;

  /// `stream` and `blas`, which queues on it, must outlive this.
  Executor(const Stream& stream, const Blas& blas, std::size_t workspace_bytes,
           Interruption interruption = {})
      : stream_(stream),
        blas_(blas),
        scratch_(workspace_bytes),
        workspace_({scratch_.data(), scratch_.size()}),
        interruption_(interruption) {}
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  cudaStream_t stream() const { return stream_.get(); }
  const Blas& blas() const { return blas_; }
  Workspace& workspace() { return workspace_; }

  /// Calls work(piece, workspace) for every piece. Throws Interrupted once a stop was asked for.
  template <class Work>
  void for_each(const FixedPartition& pieces, const Work& work) {
    for (std::size_t p = 0; p < pieces.count(); ++p) {
      interruption_.poll();
      work(pieces[p], workspace_);
    }
  }

  /// The first values.size() elements; the host's side may change as soon as this returns.
  template <class T>
  void upload(Buffer<T>& to, std::span<const T> values) const {
    to.upload(values, stream());
  }
  /// Waits until the elements are there.
  template <class T>
  void download(std::span<T> to, const Buffer<T>& from) const {
    from.download(to, stream());
  }
  void synchronize() const { stream_.synchronize(); }

 private:
  const Stream& stream_;
  const Blas& blas_;
  DeviceBuffer<std::byte> scratch_;
  Workspace workspace_;  // on scratch_
  Interruption interruption_;
};

}  // namespace plaquette::cuda
