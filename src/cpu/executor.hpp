#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "cpu/parallel.hpp"
#include "plaquette/base/aligned_buffer.hpp"
#include "plaquette/base/fixed_partition.hpp"
#include "plaquette/base/interruption.hpp"
#include "plaquette/base/workspace.hpp"

namespace plaquette::cpu {

/// Where the CPU backend's data lives, and how its work is shared out: pieces of a batch on
/// threads, each thread with a workspace of its own.
class Executor {
 public:
  template <class T>
  using Buffer = AlignedBuffer<T>;
  /// Whether a Gram matrix of FP32 rows can be made of FP32 products.
  static constexpr bool kMultipliesSingleRows = true;

  Executor(int threads, std::size_t workspace_bytes, Interruption interruption = {})
      : interruption_(interruption) {
    for (int t = 0; t < threads; ++t) workspaces_.emplace_back(workspace_bytes);
  }

  int threads() const { return static_cast<int>(workspaces_.size()); }

  /// Calls work(piece, workspace) for every piece, several at once. Throws Interrupted, and leaves
  /// pieces out, once a stop was asked for.
  template <class Work>
  void for_each(const FixedPartition& pieces, const Work& work) {
    parallel_for(threads(), pieces.count(), [&](std::size_t index, int thread) {
      if (interruption_.requested()) return;
      work(pieces[index], workspaces_[static_cast<std::size_t>(thread)]);
    });
    interruption_.poll();
  }

  /// The first values.size() elements.
  template <class T>
  void upload(Buffer<T>& to, std::span<const T> values) const {
    std::copy(values.begin(), values.end(), to.data());
  }
  template <class T>
  void download(std::span<T> to, const Buffer<T>& from) const {
    std::copy_n(from.data(), to.size(), to.begin());
  }
  /// Nothing is queued here.
  void synchronize() const {}

 private:
  Interruption interruption_;
  std::vector<Workspace> workspaces_;  // one a thread
};

}  // namespace plaquette::cpu
