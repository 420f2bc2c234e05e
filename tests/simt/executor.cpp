#include "simt/executor.hpp"

#include <link.h>

#include <algorithm>
#include <boost/context/fiber.hpp>
#include <exception>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "plaquette/base/errors.hpp"
#include "simt/fiber_stack.hpp"

namespace plaquette::simt {
namespace {

namespace context = boost::context;

ThreadOrder thread_order;

/// The numbers 0 … count − 1 in the order that `thread_order` asks for.
std::vector<unsigned> ordered(unsigned count, std::uint64_t salt) {
  std::vector<unsigned> order(count);
  std::iota(order.begin(), order.end(), 0u);
  if (thread_order.kind == ThreadOrder::Kind::reverse) std::reverse(order.begin(), order.end());
  if (thread_order.kind == ThreadOrder::Kind::shuffled) {
    std::mt19937_64 random(thread_order.seed * 1'000'003 + salt);
    std::shuffle(order.begin(), order.end(), random);
  }
  return order;
}

/// Fills the program's thread-local storage, where `__shared__` variables live, with NaNs.
void poison_static_shared_memory() {
  dl_iterate_phdr(
      [](dl_phdr_info* program, std::size_t, void*) {
        for (int i = 0; i < program->dlpi_phnum; ++i) {
          if (program->dlpi_phdr[i].p_type == PT_TLS && program->dlpi_tls_data != nullptr) {
            std::memset(program->dlpi_tls_data, 0xff, program->dlpi_phdr[i].p_memsz);
          }
        }
        return 1;  // the program itself comes first; leave the libraries alone
      },
      nullptr);
}

/// One block while it runs.
class Block {
 public:
  Block(const GridShape& shape, dim3 index, const std::function<void()>& body);
  void run(std::uint64_t salt);

  const ThreadPlace& place() const { return running().place; }
  std::byte* shared() { return shared_.get(); }
  unsigned lane() const { return running_ % kWarpSize; }
  /// Hands over to the scheduler until the barrier opens.
  void wait(bool whole_block, unsigned mask, const Site& site);

  void deposit(const void* value, std::size_t bytes) {
    std::memcpy(running().given, value, bytes);
    running().has_given = true;
  }
  void withdraw() { running().has_given = false; }
  /// What that lane of the running warp gave; null if it takes no part.
  const void* given(unsigned from) const;
  const Site& site() const { return running().site; }

 private:
  enum class State { ready, at_block_barrier, at_warp_barrier, ended };
  struct Thread {
    ThreadPlace place;
    State state = State::ready;
    unsigned mask = 0;
    Site site;
    alignas(8) std::byte given[8];
    bool has_given = false;
    context::fiber fiber;
    FiberStack* stack = nullptr;
  };

  Thread& running() { return threads_[running_]; }
  const Thread& running() const { return threads_[running_]; }
  void start(Thread& thread);
  void resume(unsigned index);
  void run_warp(unsigned warp, std::uint64_t salt);
  bool release_block_barrier();
  void release_warp_barriers(unsigned first, unsigned lanes);
  bool lanes_have_met(const Thread& thread, unsigned first, unsigned lanes) const;
  std::string divergence() const;
  void abandon();
  std::string describe(const Thread& thread) const;

  const std::function<void()>& body_;
  std::unique_ptr<std::byte[]> shared_;
  std::vector<Thread> threads_;
  unsigned running_ = 0;
  context::fiber scheduler_;
  std::exception_ptr failure_;
  bool abandoned_ = false;
};

/// Ends the fibers of a block that has failed.
struct Abandoned {};

Block* block = nullptr;

Block::Block(const GridShape& shape, dim3 index, const std::function<void()>& body)
    : body_(body),
      shared_(new std::byte[shape.shared_bytes]),
      threads_(shape.block.x * shape.block.y * shape.block.z) {
  poison_static_shared_memory();
  std::memset(shared_.get(), 0xff, shape.shared_bytes);
  for (unsigned t = 0; t < threads_.size(); ++t) {
    const dim3 thread(t % shape.block.x, t / shape.block.x % shape.block.y,
                      t / (shape.block.x * shape.block.y));
    threads_[t].place = {thread, index, shape.block, shape.grid};
  }
}

void Block::start(Thread& thread) {
  thread.fiber = context::fiber(std::allocator_arg, FiberStackAllocator(&thread.stack),
                                [this](context::fiber&& scheduler) {
                                  scheduler_ = std::move(scheduler);
                                  entered_fiber();
                                  try {
                                    body_();
                                  } catch (const Abandoned&) {
                                  } catch (...) {
                                    failure_ = std::current_exception();
                                  }
                                  running().state = State::ended;
                                  leaving_fiber_for_good();
                                  return std::move(scheduler_);
                                });
}

void Block::resume(unsigned index) {
  running_ = index;
  Thread& thread = threads_[index];
  if (!thread.fiber) start(thread);
  SwitchToFiber here(*thread.stack);
  thread.fiber = std::move(thread.fiber).resume();
  here.returned();
}

void Block::run(std::uint64_t salt) {
  const auto warps = static_cast<unsigned>((threads_.size() + kWarpSize - 1) / kWarpSize);
  for (std::uint64_t round = 0; !failure_; ++round) {
    for (const unsigned warp : ordered(warps, salt + round)) run_warp(warp, salt + round);
    const bool all_ended = std::all_of(threads_.begin(), threads_.end(), [](const Thread& thread) {
      return thread.state == State::ended;
    });
    if (failure_) break;
    if (all_ended) return;
    if (!release_block_barrier()) {
      failure_ = std::make_exception_ptr(std::logic_error(divergence()));
    }
  }
  abandon();
  std::rethrow_exception(failure_);
}

void Block::run_warp(unsigned warp, std::uint64_t salt) {
  const unsigned first = warp * kWarpSize;
  const unsigned lanes = std::min(kWarpSize, static_cast<unsigned>(threads_.size()) - first);
  bool moved = true;
  for (std::uint64_t round = 0; moved; ++round) {
    moved = false;
    for (const unsigned lane : ordered(lanes, salt + round)) {
      if (failure_) return;
      if (threads_[first + lane].state != State::ready) continue;
      moved = true;
      resume(first + lane);
    }
    release_warp_barriers(first, lanes);
  }
}

void Block::abandon() {
  abandoned_ = true;
  for (unsigned t = 0; t < threads_.size(); ++t) {
    if (threads_[t].fiber && threads_[t].state != State::ended) resume(t);
  }
}

void Block::wait(bool whole_block, unsigned mask, const Site& site) {
  Thread& thread = running();
  thread.state = whole_block ? State::at_block_barrier : State::at_warp_barrier;
  thread.mask = mask;
  thread.site = site;
  SwitchToScheduler here;
  scheduler_ = std::move(scheduler_).resume();
  here.returned();
  if (abandoned_) throw Abandoned{};
}

bool same_site(const Site& a, const Site& b) {
  return a.line() == b.line() && a.column() == b.column() &&
         (a.file_name() == b.file_name() || std::strcmp(a.file_name(), b.file_name()) == 0);
}

bool Block::release_block_barrier() {
  for (const Thread& thread : threads_) {
    if (thread.state != State::at_block_barrier || !same_site(thread.site, threads_[0].site)) {
      return false;
    }
  }
  for (Thread& thread : threads_) thread.state = State::ready;
  return true;
}

bool Block::lanes_have_met(const Thread& thread, unsigned first, unsigned lanes) const {
  for (unsigned lane = 0; lane < lanes; ++lane) {
    const Thread& other = threads_[first + lane];
    if ((thread.mask >> lane & 1u) == 0 || other.state == State::ended) continue;
    if (other.state != State::at_warp_barrier || other.mask != thread.mask ||
        !same_site(other.site, thread.site)) {
      return false;
    }
  }
  return true;
}

void Block::release_warp_barriers(unsigned first, unsigned lanes) {
  std::vector<Thread*> released;
  unsigned examined = 0;  // the mask last looked at; nearly always the only one of its warp
  bool met = false;
  for (unsigned t = first; t < first + lanes; ++t) {
    Thread& thread = threads_[t];
    if (thread.state != State::at_warp_barrier) continue;
    if (thread.mask != examined) met = lanes_have_met(thread, first, lanes);
    examined = thread.mask;
    if (met) released.push_back(&thread);
  }
  for (Thread* thread : released) thread->state = State::ready;
}

std::string Block::describe(const Thread& thread) const {
  const dim3 index = thread.place.thread;
  const std::string who = concat("thread (", index.x, ", ", index.y, ", ", index.z, ") ");
  if (thread.state == State::ended) return who + "has ended";
  const bool whole = thread.state == State::at_block_barrier;
  return concat(who, "waits for its ", whole ? "block" : "warp", " at ", thread.site.file_name(),
                ':', thread.site.line());
}

std::string Block::divergence() const {
  const auto waits = std::find_if(threads_.begin(), threads_.end(), [](const Thread& thread) {
    return thread.state != State::ended;
  });
  const auto differs = std::find_if(threads_.begin(), threads_.end(), [&](const Thread& thread) {
    return thread.state != waits->state || !same_site(thread.site, waits->site);
  });
  const std::string other = differs == threads_.end() ? "others are missing" : describe(*differs);
  return concat("divergent barrier: ", describe(*waits), ", ", other);
}

const void* Block::given(unsigned from) const {
  const unsigned t = running_ / kWarpSize * kWarpSize + from;
  const bool takes_part = from < kWarpSize && t < threads_.size() && threads_[t].has_given;
  return takes_part ? threads_[t].given : nullptr;
}

void require_device_limits(const GridShape& shape) {
  const dim3 g = shape.grid;
  const dim3 b = shape.block;
  if (b.x * b.y * b.z > 1024 || b.x * b.y * b.z == 0 || b.z > 64 || g.x > 0x7fffffffu ||
      g.y > 65535 || g.z > 65535 || shape.shared_bytes > kSharedMemoryLimit) {
    throw std::logic_error(concat("no device runs a grid of (", g.x, ", ", g.y, ", ", g.z,
                                  ") blocks of (", b.x, ", ", b.y, ", ", b.z, ") threads with ",
                                  shape.shared_bytes, " bytes of shared memory"));
  }
}

}  // namespace

void set_thread_order(ThreadOrder order) { thread_order = order; }

void run_grid(const GridShape& shape, const std::function<void()>& thread) {
  require_device_limits(shape);
  for (const unsigned b : ordered(shape.grid.x * shape.grid.y * shape.grid.z, 0)) {
    const dim3 index(b % shape.grid.x, b / shape.grid.x % shape.grid.y,
                     b / (shape.grid.x * shape.grid.y));
    Block current(shape, index, thread);
    block = &current;
    current.run(b);
  }
}

const ThreadPlace& this_thread() { return block->place(); }
unsigned lane() { return block->lane(); }
std::byte* dynamic_shared_memory() { return block->shared(); }

void block_barrier(const Site& site) { block->wait(true, 0, site); }
void warp_barrier(unsigned mask, const Site& site) {
  if ((mask >> block->lane() & 1u) == 0) {
    throw std::logic_error(concat("lane ", block->lane(), " is not in the mask at ",
                                  site.file_name(), ':', site.line()));
  }
  block->wait(false, mask, site);
}

void deposit(unsigned mask, const void* value, std::size_t bytes, const Site& site) {
  block->deposit(value, bytes);
  warp_barrier(mask, site);
}

const void* given(unsigned from) {
  const void* value = block->given(from);
  if (value == nullptr) {
    throw std::logic_error(concat("lane ", from, " takes no part in the exchange at ",
                                  block->site().file_name(), ':', block->site().line()));
  }
  return value;
}

void withdraw(unsigned mask, const Site& site) {
  warp_barrier(mask, site);
  block->withdraw();
}

unsigned ballot(unsigned mask, bool predicate, const Site& site) {
  deposit(mask, &predicate, sizeof(predicate), site);
  unsigned bits = 0;
  for (unsigned from = 0; from < kWarpSize; ++from) {
    const void* vote = (mask >> from & 1u) != 0 ? block->given(from) : nullptr;
    if (vote == nullptr) continue;  // lanes that have ended do not vote
    std::memcpy(&predicate, vote, sizeof(predicate));
    bits |= predicate ? 1u << from : 0u;
  }
  withdraw(mask, site);
  return bits;
}

}  // namespace plaquette::simt
