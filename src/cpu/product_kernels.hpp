#pragma once

#include <cstddef>
#include <cstdint>

namespace plaquette::cpu {

/// Arithmetic on rows that the CPU backend compiles once for each set of vector instructions and
/// chooses when the program starts. Every table of these functions gives the same bits: an element
/// of a product is one chain of fused multiply-adds over `in`, from 0 up, whatever the width of a
/// register, the number of rows in a call or the thread.

/// out (+)= x·W + bias. Strides are the distances between rows, in elements.
template <class Real>
struct ProductArguments {
  Real* out;  // (rows, width)
  std::size_t out_stride;
  const Real* x;  // (rows, in)
  std::size_t x_stride;
  std::size_t rows;
  std::size_t in;
  std::size_t width;
  const Real* packed;  // W as `pack` left it, at a vector register's alignment
  const Real* bias;    // (width), or null
  bool accumulate;     // out += x·W + bias
};

/// out = scale·(x − mean)/√(variance + ε) + bias over each row.
template <class Real>
struct NormArguments {
  Real* out;  // (rows, width); may be x
  std::size_t out_stride;
  const Real* x;  // (rows, width)
  std::size_t x_stride;
  std::size_t rows;
  std::size_t width;
  const Real* scale;  // (width)
  const Real* bias;   // (width)
  double epsilon;
};

/// Queries that softmax attention takes at a time.
inline constexpr std::size_t kSoftmaxStrip = 16;

/// out_i = Σ_j α_ij value_j of one sample, α = softmax_j(scale q_i·k_j + table), or the table
/// beside the softmax; every head on its own r channels.
template <class Real>
struct SoftmaxArguments {
  Real* out;               // (n, d)
  const Real* query;       // (n, d)
  const Real* key;         // (n, d)
  const Real* value;       // (n, d)
  const Real* table;       // (h, n_j, padded n_i), zero-padded
  Real* weights;           // (h, n_j, padded n_i), receives the softmax
  Real* scratch;           // (2 r, kSoftmaxStrip)
  std::size_t tokens;      // n
  std::size_t padded;      // of n, to whole strips
  std::size_t channels;    // d
  std::size_t head_width;  // r
  Real scale;
  bool table_inside;
};

/// Rows of a table are padded to a multiple of this.
inline constexpr std::size_t kTableRowMultiple = 16;

/// out = table[first] + Σ_j table[rows_j].
template <class Real>
struct TableSumArguments {
  Real* out;  // (width)
  std::size_t width;
  const Real* table;   // (·, stride), at a vector register's alignment
  std::size_t stride;  // width, padded
  std::size_t first;
  const std::uint32_t* rows;  // (count)
  std::size_t count;
};

template <class Real>
struct ProductKernels {
  const char* name;
  /// Elements of an (in, width) matrix once packed: columns zero-padded to whole registers.
  std::size_t (*packed_size)(std::size_t in, std::size_t width);
  /// Packs W(k, c) = from[k·row_stride + c·column_stride].
  void (*pack)(Real* packed, const Real* from, std::size_t row_stride, std::size_t column_stride,
               std::size_t in, std::size_t width);
  void (*product)(const ProductArguments<Real>&);
  /// out = gelu(x), element by element; x may be out.
  void (*gelu)(Real* out, const Real* x, std::size_t count);
  /// dy *= gelu'(x), element by element.
  void (*gelu_backward)(Real* dy, const Real* x, std::size_t count);
  void (*layer_norm)(const NormArguments<Real>&);
  void (*softmax_attention)(const SoftmaxArguments<Real>&);
  void (*sum_table_rows)(const TableSumArguments<Real>&);
};

/// The tables, for processors with AVX2 and FMA, and with AVX-512.
template <class Real>
const ProductKernels<Real>& product_kernels_avx2();
template <class Real>
const ProductKernels<Real>& product_kernels_avx512();

/// Whether this processor runs the latter.
bool has_avx512();

/// The one for the processor that this runs on.
template <class Real>
const ProductKernels<Real>& product_kernels();

}  // namespace plaquette::cpu
