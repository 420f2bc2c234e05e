#pragma once

#include <omp.h>

#include <cstddef>
#include <exception>

namespace plaquette::cpu {

/// Calls work(item, thread) for every item in [0, count) on `threads` threads. Items must not
/// share sums: whoever needs a total adds the pieces in order of item afterwards. The first
/// exception is thrown again on the calling thread.
template <class Work>
void parallel_for(int threads, std::size_t count, Work&& work) {
  std::exception_ptr failure;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
  for (std::size_t item = 0; item < count; ++item) {
    try {
      work(item, omp_get_thread_num());
    } catch (...) {
#pragma omp critical(plaquette_parallel_failure)
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace plaquette::cpu
