#include "cpu/machine.hpp"

#include <omp.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <limits>
#include <string>

#include "cpu/blas.hpp"
#include "cpu/parallel.hpp"
#include "plaquette/base/aligned_buffer.hpp"
#include "plaquette/base/errors.hpp"

extern "C" {
void openblas_set_num_threads(int count);
char* openblas_get_corename();
}

namespace plaquette::cpu {
namespace {

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) {
      const std::size_t colon = line.find(':');
      if (colon != std::string::npos && colon + 2 <= line.size()) return line.substr(colon + 2);
    }
  }
  return "unknown processor";
}

constexpr std::size_t kUnknown = std::numeric_limits<std::size_t>::max();

std::size_t read_number(const char* path) {
  std::ifstream file(path);
  std::size_t value = kUnknown;
  return file >> value ? value : kUnknown;
}

std::size_t system_memory_available() {
  std::ifstream info("/proc/meminfo");
  std::string name;
  std::size_t kilobytes = 0;
  for (std::string rest; info >> name >> kilobytes; std::getline(info, rest)) {
    if (name == "MemAvailable:") return kilobytes * 1024;
  }
  return static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::size_t control_group_memory_available() {
  const std::size_t limit = read_number("/sys/fs/cgroup/memory.max");
  const std::size_t used = read_number("/sys/fs/cgroup/memory.current");
  if (limit == kUnknown || used == kUnknown) return kUnknown;
  return limit > used ? limit - used : 0;
}

template <class Real>
double gemm_gflops(int threads) {
  constexpr std::size_t kSize = 1536;
  constexpr int kWarmUps = 2;
  constexpr int kRepeats = 7;
  const std::size_t size = kSize * kSize;
  AlignedBuffer<Real> a(size * static_cast<std::size_t>(threads));
  AlignedBuffer<Real> b(a.size());
  AlignedBuffer<Real> c(a.size());
  // Products of ordinary numbers: zeros can run faster than data does.
  for (std::size_t k = 0; k < a.size(); ++k) {
    a[k] = static_cast<Real>(k % 31) / Real(31) - Real(0.5);
    b[k] = static_cast<Real>(k % 29) / Real(29) - Real(0.5);
  }
  double best = 0;
  for (int repeat = -kWarmUps; repeat < kRepeats; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    parallel_for(threads, static_cast<std::size_t>(threads), [&](std::size_t t, int) {
      gemm(Transpose::no, Transpose::no, kSize, kSize, kSize, a.data() + t * size, kSize,
           b.data() + t * size, kSize, Real(0), c.data() + t * size, kSize);
    });
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    const double flops = 2.0 * kSize * kSize * kSize * threads;
    if (repeat >= 0) best = std::max(best, 1e-9 * flops / seconds.count());
  }
  return best;
}

}  // namespace

void use_one_blas_thread() { openblas_set_num_threads(1); }

const char* blas_core_name() { return openblas_get_corename(); }

std::string device_description() {
  return concat(processor_name(), ", ", omp_get_num_procs(), " processors, OpenBLAS kernels for ",
                blas_core_name());
}

int thread_count(int requested) {
  if (requested < 0 || requested > kMaxThreads) {
    throw InputError(
        concat("--threads ", requested, ": must be from 1 to ", kMaxThreads, ", or 0 for all"));
  }
  return requested > 0 ? requested : std::min(omp_get_num_procs(), kMaxThreads);
}

std::size_t default_memory_limit() {
  return std::min(system_memory_available(), control_group_memory_available()) / 5 * 4;
}

double measure_gemm_peak(Precision precision, const Resources& resources) {
  use_one_blas_thread();
  const int threads = thread_count(resources.threads);
  return precision == Precision::fp32 ? gemm_gflops<float>(threads) : gemm_gflops<double>(threads);
}

}  // namespace plaquette::cpu
