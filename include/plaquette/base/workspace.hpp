#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "plaquette/base/aligned_buffer.hpp"
#include "plaquette/base/errors.hpp"

namespace plaquette {

/// Scratch memory, of the host or a device, reserved once; frames hand out pieces and rewind when
/// they leave scope, so that nothing is allocated within a step.
class Workspace {
 public:
  static constexpr std::size_t kAlignment = 64;

  /// Owns `bytes` of host memory.
  explicit Workspace(std::size_t bytes) : owned_(bytes), memory_(owned_.span()) {}
  /// On memory that outlives it, e.g. a device's; frames only count, they never touch it.
  explicit Workspace(std::span<std::byte> memory) : memory_(memory) {}

  class Frame {
   public:
    explicit Frame(Workspace& workspace) : workspace_(workspace), mark_(workspace.used_) {}
    ~Frame() { workspace_.used_ = mark_; }
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;

    /// `count` uninitialised elements, valid until the frame ends.
    template <class T>
    T* take(std::size_t count) {
      return static_cast<T*>(workspace_.take(count * sizeof(T)));
    }

   private:
    Workspace& workspace_;
    std::size_t mark_;
  };

  [[nodiscard]] Frame frame() { return Frame(*this); }

  /// Bytes that `allocate(frame)` would take at its peak: a planner runs the very code that will
  /// allocate. The pointers that it sees are null.
  template <class Allocate>
  static std::size_t measure(Allocate&& allocate) {
    Workspace dry(Dry{});
    Frame frame(dry);
    allocate(frame);
    return dry.peak_;
  }

  /// Bytes that `take<T>(count)` occupies.
  static constexpr std::size_t padded(std::size_t bytes) {
    return (bytes + kAlignment - 1) / kAlignment * kAlignment;
  }
  std::size_t peak() const { return peak_; }

 private:
  struct Dry {};
  explicit Workspace(Dry) : dry_(true) {}

  void* take(std::size_t bytes) {
    const std::size_t next = used_ + padded(bytes);
    PLAQUETTE_REQUIRE(dry_ || next <= memory_.size(), "workspace of ", memory_.size(), " bytes, ",
                      next, " asked for");
    void* piece = dry_ ? nullptr : memory_.data() + used_;
    used_ = next;
    peak_ = std::max(peak_, next);
    return piece;
  }

  AlignedBuffer<std::byte> owned_;
  std::span<std::byte> memory_;
  bool dry_ = false;
  std::size_t used_ = 0;
  std::size_t peak_ = 0;
};

}  // namespace plaquette
