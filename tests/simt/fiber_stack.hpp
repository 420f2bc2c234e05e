#pragma once

#include <boost/context/stack_context.hpp>
#include <cstddef>
#include <memory>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

/// Stacks for fibers, used again and again, and what AddressSanitizer must be told about them.
namespace plaquette::simt {

struct FiberStack {
  static constexpr std::size_t kBytes = 64 * 1024;
  alignas(64) std::byte bytes[kBytes];
};

/// Boost's StackAllocator concept. Notes in *taken which stack a fiber got.
class FiberStackAllocator {
 public:
  explicit FiberStackAllocator(FiberStack** taken) : taken_(taken) {}

  boost::context::stack_context allocate() {
    auto& free = free_stacks();
    if (free.empty()) free.push_back(std::make_unique<FiberStack>());
    *taken_ = free.back().release();
    free.pop_back();
    boost::context::stack_context stack;
    stack.size = FiberStack::kBytes;
    stack.sp = (*taken_)->bytes + FiberStack::kBytes;
    return stack;
  }
  void deallocate(boost::context::stack_context& stack) {
    auto* bytes = static_cast<std::byte*>(stack.sp) - FiberStack::kBytes;
#if defined(__SANITIZE_ADDRESS__)
    // The frames of an ended fiber are left, not returned from.
    ASAN_UNPOISON_MEMORY_REGION(bytes, FiberStack::kBytes);
#endif
    free_stacks().emplace_back(reinterpret_cast<FiberStack*>(bytes));
  }

 private:
  static std::vector<std::unique_ptr<FiberStack>>& free_stacks() {
    static std::vector<std::unique_ptr<FiberStack>> stacks;
    return stacks;
  }
  FiberStack** taken_;
};

#if defined(__SANITIZE_ADDRESS__)

namespace detail {
inline const void* scheduler_stack = nullptr;
inline std::size_t scheduler_bytes = 0;
}  // namespace detail

inline void entered_fiber() {
  __sanitizer_finish_switch_fiber(nullptr, &detail::scheduler_stack, &detail::scheduler_bytes);
}
inline void leaving_fiber_for_good() {
  __sanitizer_start_switch_fiber(nullptr, detail::scheduler_stack, detail::scheduler_bytes);
}

/// Brackets the scheduler's jump into a fiber.
class SwitchToFiber {
 public:
  explicit SwitchToFiber(const FiberStack& stack) {
    __sanitizer_start_switch_fiber(&saved_, stack.bytes, FiberStack::kBytes);
  }
  void returned() { __sanitizer_finish_switch_fiber(saved_, nullptr, nullptr); }

 private:
  void* saved_ = nullptr;
};

/// Brackets a fiber's jump back to the scheduler.
class SwitchToScheduler {
 public:
  SwitchToScheduler() {
    __sanitizer_start_switch_fiber(&saved_, detail::scheduler_stack, detail::scheduler_bytes);
  }
  void returned() {
    __sanitizer_finish_switch_fiber(saved_, &detail::scheduler_stack, &detail::scheduler_bytes);
  }

 private:
  void* saved_ = nullptr;
};

#else

inline void entered_fiber() {}
inline void leaving_fiber_for_good() {}
struct SwitchToFiber {
  explicit SwitchToFiber(const FiberStack&) {}
  void returned() {}
};
struct SwitchToScheduler {
  void returned() {}
};

#endif

}  // namespace plaquette::simt
