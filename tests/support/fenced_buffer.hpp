#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace plaquette::test {

/// An array for somebody else to write, between guards. It starts as NaNs (bytes 0xff), and so do
/// the guards: what was never written, or was read from outside, shows in every comparison, and a
/// write beyond either end shows in `fences_intact`.
template <class T>
requires std::is_trivially_copyable_v<T>
class FencedBuffer {
 public:
  explicit FencedBuffer(std::size_t size)
      : size_(size), bytes_((size + 2 * kGuard) * sizeof(T), kPattern) {}

  T* data() { return reinterpret_cast<T*>(bytes_.data()) + kGuard; }
  const T* data() const { return reinterpret_cast<const T*>(bytes_.data()) + kGuard; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t k) { return data()[k]; }
  const T& operator[](std::size_t k) const { return data()[k]; }

  bool fences_intact() const {
    const std::size_t guard = kGuard * sizeof(T);
    const auto untouched = [](std::byte byte) { return byte == kPattern; };
    return std::all_of(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(guard),
                       untouched) &&
           std::all_of(bytes_.end() - static_cast<std::ptrdiff_t>(guard), bytes_.end(), untouched);
  }
  /// Whether element k still holds what it started with.
  bool untouched(std::size_t k) const {
    const auto* first = reinterpret_cast<const std::byte*>(data() + k);
    return std::all_of(first, first + sizeof(T), [](std::byte byte) { return byte == kPattern; });
  }

 private:
  static constexpr std::size_t kGuard = 64;
  static constexpr std::byte kPattern{0xff};
  std::size_t size_;
  std::vector<std::byte> bytes_;
};

}  // namespace plaquette::test
