#pragma once

#include <cmath>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "cpu/product_kernels.hpp"
#include "cpu/register_exponential.hpp"
#include "cpu/register_softmax.hpp"
#include "cpu/vector_register.hpp"

/// The functions of ProductKernels, for vector registers of `Bytes` bytes. A source file that is
/// compiled for one set of instructions includes this and what it includes: all of it is
/// private to that file, so that the linker can never take one processor's code for another's.
namespace plaquette::cpu {
namespace {

// The packed matrix: panels of columns, one after the other, each (in, registers of the panel).

/// Registers in the panel that begins where `left` registers are still to come: three, which load
/// least for each multiply-add, and as many twos as it takes to leave threes only.
constexpr std::size_t panel_registers(std::size_t left) {
  if (left == 1) return 1;
  return left % 3 == 0 ? 3 : 2;
}

template <class Real, int Bytes>
constexpr std::size_t registers_for(std::size_t width) {
  return (width + Register<Real, Bytes>::kLanes - 1) / Register<Real, Bytes>::kLanes;
}

template <class Real, int Bytes>
std::size_t packed_size(std::size_t in, std::size_t width) {
  return in * registers_for<Real, Bytes>(width) * Register<Real, Bytes>::kLanes;
}

/// One panel. Sixteen elements of a column at a time where columns are contiguous: rows that lie a
/// power of two apart would drive each other out of the cache before all of a line is read.
template <class Real>
void pack_panel(Real* packed, const Real* from, std::size_t row_stride, std::size_t column_stride,
                std::size_t in, std::size_t filled, std::size_t columns) {
  constexpr std::size_t kPiece = 16;
  std::size_t k = 0;
  for (; column_stride != 1 && k + kPiece <= in; k += kPiece) {
    for (std::size_t c = 0; c < filled; ++c) {
      const Real* column = from + k * row_stride + c * column_stride;
#pragma GCC unroll 16
      for (std::size_t line = 0; line < kPiece; ++line) {
        packed[(k + line) * columns + c] = column[line * row_stride];
      }
    }
  }
  for (; k < in; ++k) {
    const Real* row = from + k * row_stride;
    for (std::size_t c = 0; c < filled; ++c) packed[k * columns + c] = row[c * column_stride];
  }
  for (k = 0; k < in; ++k) {
    for (std::size_t c = filled; c < columns; ++c) packed[k * columns + c] = 0;
  }
}

template <class Real, int Bytes>
void pack(Real* packed, const Real* from, std::size_t row_stride, std::size_t column_stride,
          std::size_t in, std::size_t width) {
  constexpr std::size_t kLanes = Register<Real, Bytes>::kLanes;
  std::size_t left = registers_for<Real, Bytes>(width);
  for (std::size_t begin = 0; left > 0;) {
    const std::size_t registers = panel_registers(left);
    const std::size_t columns = registers * kLanes;
    const std::size_t filled = begin + columns < width ? columns : width - begin;
    pack_panel(packed, from + begin * column_stride, row_stride, column_stride, in, filled,
               columns);
    packed += in * columns;
    begin += columns;
    left -= registers;
  }
}

/// Rows of a tile: 12 sums of the 16 registers that AVX2 has, 24 of the 32 of AVX-512, which is
/// more than the latency of a multiply-add times the units that start one each cycle.
template <int Bytes, int Registers>
inline constexpr int kTileRows = (Bytes == 64 ? 24 : 12) / (Registers == 1 ? 2 : Registers);

/// out (Rows, Registers) of one panel; `last` are the columns that the last register holds.
template <class Real, int Bytes, int Rows, int Registers, bool Accumulate>
inline void tile(const ProductArguments<Real>& a, const Real* x, const Real* packed, Real* out,
                 const Real* bias, std::size_t last) {
  using R = Register<Real, Bytes>;
  using Value = typename R::Value;
  Value sum[Rows][Registers] = {};
  const std::size_t stride = a.x_stride;
  for (std::size_t k = 0; k < a.in; ++k, packed += Registers * R::kLanes) {
    Value weight[Registers];
#pragma GCC unroll 3
    for (int v = 0; v < Registers; ++v) weight[v] = R::load(packed + v * R::kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      const Value factor = R::broadcast(x[static_cast<std::size_t>(r) * stride + k]);
#pragma GCC unroll 3
      for (int v = 0; v < Registers; ++v) sum[r][v] = R::multiply_add(factor, weight[v], sum[r][v]);
    }
  }
#pragma GCC unroll 3
  for (int v = 0; v < Registers; ++v) {
    const bool whole = v + 1 < Registers || last == R::kLanes;
    const std::size_t column = v * R::kLanes;
    Value offset = {};
    if (bias != nullptr) {
      offset = whole ? R::load(bias + column) : R::load_first(bias + column, last);
    }
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      Real* to = out + static_cast<std::size_t>(r) * a.out_stride + column;
      Value value = sum[r][v] + offset;
      if (whole) {
        if constexpr (Accumulate) value += R::load(to);
        R::store(to, value);
      } else {
        if constexpr (Accumulate) value += R::load_first(to, last);
        R::store_first(to, value, last);
      }
    }
  }
}

/// `left` rows, at most Rows of them.
template <class Real, int Bytes, int Rows, int Registers, bool Accumulate>
inline void last_tile(const ProductArguments<Real>& a, std::size_t left, const Real* x,
                      const Real* packed, Real* out, const Real* bias, std::size_t last) {
  if constexpr (Rows > 0) {
    if (left == Rows) {
      tile<Real, Bytes, Rows, Registers, Accumulate>(a, x, packed, out, bias, last);
    } else {
      last_tile<Real, Bytes, Rows - 1, Registers, Accumulate>(a, left, x, packed, out, bias, last);
    }
  }
}

/// Rows [begin, end) of one panel.
template <class Real, int Bytes, int Registers, bool Accumulate>
[[gnu::noinline]] void panel(const ProductArguments<Real>& a, std::size_t begin, std::size_t end,
                             std::size_t column, const Real* packed) {
  constexpr int kRows = kTileRows<Bytes, Registers>;
  constexpr std::size_t kColumns = Registers * Register<Real, Bytes>::kLanes;
  const std::size_t excess = column + kColumns > a.width ? column + kColumns - a.width : 0;
  const std::size_t last = Register<Real, Bytes>::kLanes - excess;
  const Real* bias = a.bias == nullptr ? nullptr : a.bias + column;
  std::size_t row = begin;
  for (; row + kRows <= end; row += kRows) {
    tile<Real, Bytes, kRows, Registers, Accumulate>(
        a, a.x + row * a.x_stride, packed, a.out + row * a.out_stride + column, bias, last);
  }
  last_tile<Real, Bytes, kRows - 1, Registers, Accumulate>(
      a, end - row, a.x + row * a.x_stride, packed, a.out + row * a.out_stride + column, bias,
      last);
}

template <class Real, int Bytes, bool Accumulate>
void product_blocks(const ProductArguments<Real>& a) {
  // Rows that one panel of weights serves while it is in the innermost cache.
  constexpr std::size_t kBlock = 48;
  constexpr std::size_t kLanes = Register<Real, Bytes>::kLanes;
  for (std::size_t begin = 0; begin < a.rows; begin += kBlock) {
    const std::size_t end = begin + kBlock < a.rows ? begin + kBlock : a.rows;
    const Real* packed = a.packed;
    std::size_t left = registers_for<Real, Bytes>(a.width);
    for (std::size_t column = 0; left > 0;) {
      const std::size_t registers = panel_registers(left);
      if (registers == 2) {
        panel<Real, Bytes, 2, Accumulate>(a, begin, end, column, packed);
      } else if (registers == 3) {
        panel<Real, Bytes, 3, Accumulate>(a, begin, end, column, packed);
      } else {
        panel<Real, Bytes, 1, Accumulate>(a, begin, end, column, packed);
      }
      packed += a.in * registers * kLanes;
      column += registers * kLanes;
      left -= registers;
    }
  }
}

template <class Real, int Bytes>
void product(const ProductArguments<Real>& arguments) {
  if (arguments.accumulate) {
    product_blocks<Real, Bytes, true>(arguments);
  } else {
    product_blocks<Real, Bytes, false>(arguments);
  }
}

// GELU in its tanh form is x/(1 + 2^t), t = −2 log₂e √(2/π) (x + 0.044715 x³).

/// t above, from x and x².
template <class Real, class Value>
inline Value gelu_exponent(const Value& x, const Value& square) {
  return x * (square * Real(-0.1029432395800234874) + Real(-2.302208198144324889));
}

template <class Real, int Bytes>
inline typename Register<Real, Bytes>::Value gelu_of(
    const typename Register<Real, Bytes>::Value& x) {
  return x / (exponential2<Real, Bytes>(gelu_exponent<Real>(x, x * x)) + Real(1));
}

/// With the gate g = 1/(1 + 2^t): g + x g (1 − g)·(−t') log 2, where 1 − g is 2^t g without the
/// cancellation.
template <class Real, int Bytes>
inline typename Register<Real, Bytes>::Value gelu_derivative_of(
    const typename Register<Real, Bytes>::Value& x) {
  using Value = typename Register<Real, Bytes>::Value;
  const Value square = x * x;
  const Value power = exponential2<Real, Bytes>(gelu_exponent<Real>(x, square));
  const Value gate = Real(1) / (power + Real(1));
  const Value slope = square * Real(0.21406444881780074633) + Real(1.5957691216057307118);
  return gate + (x * gate) * (power * gate) * slope;
}

template <class Real, int Bytes>
void gelu(Real* out, const Real* x, std::size_t count) {
  using R = Register<Real, Bytes>;
  std::size_t c = 0;
  for (; c + R::kLanes <= count; c += R::kLanes) {
    R::store(out + c, gelu_of<Real, Bytes>(R::load(x + c)));
  }
  const std::size_t left = count - c;
  if (left > 0) {
    R::store_first(out + c, gelu_of<Real, Bytes>(R::load_first(x + c, left)), left);
  }
}

template <class Real, int Bytes>
void gelu_backward(Real* dy, const Real* x, std::size_t count) {
  using R = Register<Real, Bytes>;
  std::size_t c = 0;
  for (; c + R::kLanes <= count; c += R::kLanes) {
    R::store(dy + c, R::load(dy + c) * gelu_derivative_of<Real, Bytes>(R::load(x + c)));
  }
  const std::size_t left = count - c;
  if (left > 0) {
    const auto derivative = gelu_derivative_of<Real, Bytes>(R::load_first(x + c, left));
    R::store_first(dy + c, R::load_first(dy + c, left) * derivative, left);
  }
}

/// The sum of all lanes, by halves.
template <class Real, int Bytes>
inline Real fold(const typename Register<Real, Bytes>::Value& value) {
  if constexpr (Bytes == sizeof(Real)) {
    return value[0];
  } else {
    using Half = Register<Real, Bytes / 2>;
    typename Half::Value halves[2];
    std::memcpy(halves, &value, sizeof(value));
    return fold<Real, Bytes / 2>(halves[0] + halves[1]);
  }
}

/// Σ term(x_c) over a row, in an order that no register's width changes: 64 bytes of partial sums,
/// folded by halves.
template <class Real, int Bytes, class Term>
inline Real row_sum(const Real* x, std::size_t width, const Term& term) {
  using R = Register<Real, Bytes>;
  constexpr std::size_t kParts = 64 / Bytes;
  typename R::Value part[kParts] = {};
  std::size_t c = 0;
  for (; c + kParts * R::kLanes <= width; c += kParts * R::kLanes) {
    for (std::size_t v = 0; v < kParts; ++v) part[v] += term(R::load(x + c + v * R::kLanes));
  }
  for (std::size_t v = 0; v < kParts && c < width; ++v, c += R::kLanes) {
    const std::size_t left = width - c;
    part[v] += left >= R::kLanes ? term(R::load(x + c))
                                 : R::keep_first(term(R::load_first(x + c, left)), left);
  }
  for (std::size_t v = 1; v < kParts; ++v) part[0] += part[v];
  return fold<Real, Bytes>(part[0]);
}

template <class Real, int Bytes>
void layer_norm(const NormArguments<Real>& a) {
  using R = Register<Real, Bytes>;
  using Value = typename R::Value;
  const Real inverse_width = Real(1) / static_cast<Real>(a.width);
  for (std::size_t row = 0; row < a.rows; ++row) {
    const Real* x = a.x + row * a.x_stride;
    Real* out = a.out + row * a.out_stride;
    const Real mean =
        inverse_width * row_sum<Real, Bytes>(x, a.width, [](const Value& v) { return v; });
    const Real squares = row_sum<Real, Bytes>(
        x, a.width, [mean](const Value& v) { return (v - mean) * (v - mean); });
    const Real inverse =
        Real(1) / std::sqrt(squares * inverse_width + static_cast<Real>(a.epsilon));
    std::size_t c = 0;
    for (; c + R::kLanes <= a.width; c += R::kLanes) {
      R::store(out + c,
               (R::load(x + c) - mean) * inverse * R::load(a.scale + c) + R::load(a.bias + c));
    }
    const std::size_t left = a.width - c;
    if (left > 0) {
      const Value scale = R::load_first(a.scale + c, left);
      const Value bias = R::load_first(a.bias + c, left);
      const Value unit = (R::load_first(x + c, left) - mean) * inverse;
      R::store_first(out + c, unit * scale + bias, left);
    }
  }
}

/// Registers [0, Registers) of the rows' sum, beginning at a column.
template <class Real, int Bytes, int Registers>
inline void sum_table_columns(const TableSumArguments<Real>& a, std::size_t begin) {
  using R = Register<Real, Bytes>;
  typename R::Value sum[Registers];
  const Real* first = a.table + a.first * a.stride + begin;
#pragma GCC unroll 8
  for (int v = 0; v < Registers; ++v) sum[v] = R::load(first + v * R::kLanes);
  for (std::size_t j = 0; j < a.count; ++j) {
    const Real* row = a.table + a.rows[j] * a.stride + begin;
#pragma GCC unroll 8
    for (int v = 0; v < Registers; ++v) sum[v] += R::load(row + v * R::kLanes);
  }
#pragma GCC unroll 8
  for (int v = 0; v < Registers; ++v) {
    const std::size_t column = begin + v * R::kLanes;
    if (column + R::kLanes <= a.width) {
      R::store(a.out + column, sum[v]);
    } else if (column < a.width) {
      R::store_first(a.out + column, sum[v], a.width - column);
    }
  }
}

template <class Real, int Bytes>
void sum_table_rows(const TableSumArguments<Real>& a) {
  constexpr int kRegisters = 8;
  constexpr int kLeast = static_cast<int>(kTableRowMultiple / Register<Real, Bytes>::kLanes);
  constexpr std::size_t kColumns = kRegisters * Register<Real, Bytes>::kLanes;
  std::size_t begin = 0;
  for (; begin + kColumns <= a.stride; begin += kColumns) {
    sum_table_columns<Real, Bytes, kRegisters>(a, begin);
  }
  for (; begin < a.stride; begin += kTableRowMultiple) {
    sum_table_columns<Real, Bytes, kLeast>(a, begin);
  }
}

template <class Real, int Bytes>
constexpr ProductKernels<Real> register_kernels(const char* name) {
  return {name,
          packed_size<Real, Bytes>,
          pack<Real, Bytes>,
          product<Real, Bytes>,
          gelu<Real, Bytes>,
          gelu_backward<Real, Bytes>,
          layer_norm<Real, Bytes>,
          softmax_attention<Real, Bytes>,
          sum_table_rows<Real, Bytes>};
}

}  // namespace
}  // namespace plaquette::cpu
