// Products with packed weights against OpenBLAS, one thread: GFLOP/s, and the fraction of the peak
// of a large GEMM in the same process, each the best of many interleaved rounds by the thread's CPU
// time. Counts the products' operations only. usage: bench_products [rounds]

#include <ctime>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "cpu/blas.hpp"
#include "cpu/gram_tile.hpp"

namespace {

using namespace plaquette;

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Real>
std::vector<Real> numbers(std::size_t count, int seed) {
  std::vector<Real> out(count);
  for (std::size_t k = 0; k < count; ++k) {
    out[k] = static_cast<Real>((k * 7919 + static_cast<std::size_t>(seed) * 104729) % 1009) /
                 Real(1009) -
             Real(0.5);
  }
  return out;
}

struct Row {
  std::string name;
  double flops;
  std::function<void()> work;
  double best = 1e30;
};

void measure(Row& row) {
  const double start = thread_seconds();
  row.work();
  const double once = thread_seconds() - start;
  const int repeats = std::max(1, static_cast<int>(0.004 / std::max(once, 1e-7)));
  const double from = thread_seconds();
  for (int k = 0; k < repeats; ++k) row.work();
  row.best = std::min(row.best, (thread_seconds() - from) / repeats);
}

void measure_all(std::vector<Row>& rows, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    for (Row& row : rows) measure(row);
  }
}

template <class Real>
struct Case {
  std::size_t rows, d, hidden;
  std::vector<Real> x, residual, square, up, down, bias, h, activated;
  cpu::PackedMatrix<Real> packed_square, packed_up, packed_down;
  Workspace workspace;

  Case(std::size_t r, std::size_t channels, std::size_t ratio)
      : rows(r),
        d(channels),
        hidden(ratio * channels),
        x(numbers<Real>(r * d, 1)),
        residual(numbers<Real>(r * d, 2)),
        square(numbers<Real>(d * d, 3)),
        up(numbers<Real>(d * hidden, 4)),
        down(numbers<Real>(d * hidden, 5)),
        bias(numbers<Real>(hidden, 6)),
        h(r * hidden),
        activated(r * hidden),
        packed_square(d, d),
        packed_up(d, hidden),
        packed_down(hidden, d),
        workspace(sizeof(Real) * cpu::feed_forward_scratch(d, hidden)) {
    packed_square.pack(TensorView<const Real, 2>(square.data(), d, d));
    packed_up.pack(TensorView<const Real, 2>(up.data(), d, hidden));
    packed_down.pack(TensorView<const Real, 2>(down.data(), hidden, d));
  }

  /// out = x·w + keep·out by the library, which packs w at every call.
  static void multiply(TensorView<Real, 2> out, TensorView<const Real, 2> x,
                       TensorView<const Real, 2> w, Real keep) {
    cpu::gemm(cpu::Transpose::no, cpu::Transpose::no, out.extent(0), out.extent(1), x.extent(1),
              x.data(), x.extent(1), w.data(), w.extent(1), keep, out.data(), out.extent(1));
  }

  void add(std::vector<Row>& table) {
    const std::string at = " R=" + std::to_string(rows) + " d=" + std::to_string(d);
    const double square_flops = 2.0 * static_cast<double>(rows * d * d);
    const double ffn_flops = 4.0 * static_cast<double>(rows * d * hidden);
    const TensorView<Real, 2> out(h.data(), rows, d);
    const TensorView<Real, 2> wide(h.data(), rows, hidden);
    const TensorView<Real, 2> act(activated.data(), rows, hidden);
    const TensorView<Real, 2> stream(residual.data(), rows, d);
    const TensorView<const Real, 2> in(x.data(), rows, d);
    const cpu::FeedForwardWeights<Real> weights{packed_up, bias.data(), packed_down, bias.data()};
    const TensorView<const Real, 2> square_view(square.data(), d, d);
    const TensorView<const Real, 2> up_view(up.data(), d, hidden);
    const TensorView<const Real, 2> down_view(down.data(), hidden, d);
    table.push_back(
        {"OpenBLAS d.d  " + at, square_flops, [=, this] { multiply(out, in, square_view, 0); }});
    table.push_back({"packed   d.d  " + at, square_flops,
                     [=, this] { cpu::product<Real>(out, in, packed_square, bias.data()); }});
    table.push_back({"packed   up   " + at, ffn_flops / 2,
                     [=, this] { cpu::product<Real>(wide, in, packed_up, bias.data()); }});
    table.push_back({"packed   down " + at, ffn_flops / 2, [=, this] {
                       cpu::product<Real>(out, TensorView<const Real, 2>(act), packed_down,
                                          bias.data());
                     }});
    table.push_back({"gelu (GFLOP/s of up+down)" + at, ffn_flops, [=, this] {
                       cpu::product_kernels<Real>().gelu(activated.data(), h.data(), act.size());
                     }});
    table.push_back({"norm (GFLOP/s of up+down)" + at, ffn_flops, [=, this] {
                       cpu::product_kernels<Real>().layer_norm(
                           {h.data(), d, x.data(), d, rows, d, bias.data(), bias.data(), 1e-6});
                     }});
    table.push_back({"OpenBLAS ffn  " + at, ffn_flops, [=, this] {
                       multiply(wide, in, up_view, 0);
                       cpu::product_kernels<Real>().gelu(activated.data(), h.data(), act.size());
                       multiply(stream, TensorView<const Real, 2>(act), down_view, 1);
                     }});
    table.push_back({"packed   ffn  " + at, ffn_flops,
                     [=, this] { cpu::feed_forward<Real>(stream, in, weights, workspace); }});
    table.push_back(
        {"packed norm+ffn" + at, ffn_flops, [=, this] {
           cpu::norm_feed_forward<Real>(stream, {bias.data(), bias.data()}, weights, workspace);
         }});
  }
};

/// A tile of the Gram matrix of 2048 columns.
template <class Real>
struct Gram {
  static constexpr std::size_t kRows = 256;
  static constexpr std::size_t kColumns = 2048;
  std::vector<Real> left = numbers<Real>(kRows * kColumns, 1);
  std::vector<Real> right = numbers<Real>(kRows * kColumns, 2);
  std::vector<double> tile = std::vector<double>(kRows * kRows);
  std::vector<Real> plain = std::vector<Real>(kRows * kRows);
  Workspace workspace{cpu::gram_tile_workspace<Real>(kRows)};

  void add(std::vector<Row>& table) {
    const double flops = 2.0 * kRows * kRows * kColumns;
    table.push_back({"OpenBLAS Gram tile, not promoted", flops, [this] {
                       cpu::gemm(cpu::Transpose::no, cpu::Transpose::yes, kRows, kRows, kColumns,
                                 left.data(), kColumns, right.data(), kColumns, Real(0),
                                 plain.data(), kRows);
                     }});
    table.push_back({"packed   Gram tile, promoted", flops, [this] {
                       cpu::gram_tile<Real>({tile.data(), kRows, kRows, kRows},
                                            {left.data(), kRows, kColumns, kColumns},
                                            {right.data(), kRows, kColumns, kColumns}, workspace);
                     }});
  }
};

template <class Real>
void report(const char* precision, int rounds) {
  constexpr std::size_t kSize = 1024;
  const auto a = numbers<Real>(kSize * kSize, 1);
  const auto b = numbers<Real>(kSize * kSize, 2);
  std::vector<Real> c(kSize * kSize);
  std::vector<Row> table;
  table.push_back({"OpenBLAS 1024", 2.0 * kSize * kSize * kSize, [&] {
                     cpu::gemm(cpu::Transpose::no, cpu::Transpose::no, kSize, kSize, kSize,
                               a.data(), kSize, b.data(), kSize, Real(0), c.data(), kSize);
                   }});
  std::vector<Case<Real>> cases;
  cases.reserve(8);
  for (const std::size_t d : {60, 72}) {
    for (const std::size_t rows : {100, 400}) cases.emplace_back(rows, d, 4);
  }
  for (auto& each : cases) each.add(table);
  Gram<Real> gram;
  gram.add(table);
  measure_all(table, rounds);
  const double peak = table[0].flops / table[0].best;
  std::printf("%s, kernels %s\n", precision, cpu::product_kernels<Real>().name);
  for (const Row& row : table) {
    const double rate = row.flops / row.best;
    std::printf("  %-36s %8.1f GFLOP/s %6.1f %%\n", row.name.c_str(), 1e-9 * rate,
                100 * rate / peak);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 30;
  cpu::use_one_blas_thread();
  report<float>("FP32", rounds);
  report<double>("FP64", rounds);
}
