#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace plaquette::test {

/// An array for somebody else to write, between guards. It starts as NaNs (bytes 0xff), so that
/// what was never written shows in every comparison. The guards are ordinary numbers, so that not
/// even adding to them goes unnoticed by `fences_intact`. Under AddressSanitizer touching them,
/// even to read, ends the program.
template <class T>
requires std::is_trivially_copyable_v<T>
class FencedBuffer {
 public:
  explicit FencedBuffer(std::size_t size)
      : size_(size), bytes_((size + 2 * kGuard) * sizeof(T), kGuardByte) {
    std::fill(byte(0), byte(size), kUnwritten);
#if defined(__SANITIZE_ADDRESS__)
    ASAN_POISON_MEMORY_REGION(bytes_.data(), kGuard * sizeof(T));
    ASAN_POISON_MEMORY_REGION(byte(size), kGuard * sizeof(T));
#endif
  }
#if defined(__SANITIZE_ADDRESS__)
  ~FencedBuffer() { ASAN_UNPOISON_MEMORY_REGION(bytes_.data(), bytes_.size()); }
#endif
  FencedBuffer(const FencedBuffer&) = delete;
  FencedBuffer& operator=(const FencedBuffer&) = delete;

  T* data() { return reinterpret_cast<T*>(bytes_.data()) + kGuard; }
  const T* data() const { return reinterpret_cast<const T*>(bytes_.data()) + kGuard; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t k) { return data()[k]; }
  const T& operator[](std::size_t k) const { return data()[k]; }

  bool fences_intact() const {
#if defined(__SANITIZE_ADDRESS__)
    return true;
#else
    return all(bytes_.data(), byte(0), kGuardByte) &&
           all(byte(size_), bytes_.data() + bytes_.size(), kGuardByte);
#endif
  }
  /// Whether element k still holds what it started with.
  bool untouched(std::size_t k) const { return all(byte(k), byte(k + 1), kUnwritten); }

 private:
  static constexpr std::size_t kGuard = 128;  // elements
  static constexpr std::byte kUnwritten{0xff};
  static constexpr std::byte kGuardByte{0x3f};  // 0.75 in float, 4.8e-4 in double

  static bool all(const std::byte* begin, const std::byte* end, std::byte pattern) {
    return std::all_of(begin, end, [&](std::byte each) { return each == pattern; });
  }
  std::byte* byte(std::size_t k) { return bytes_.data() + (kGuard + k) * sizeof(T); }
  const std::byte* byte(std::size_t k) const { return bytes_.data() + (kGuard + k) * sizeof(T); }

  std::size_t size_;
  std::vector<std::byte> bytes_;
};

}  // namespace plaquette::test
