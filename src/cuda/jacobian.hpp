#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "cuda/blas.hpp"
#include "cuda/symmetric_network.hpp"
#include "plaquette/backend/backend.hpp"
#include "plaquette/base/fixed_partition.hpp"
#include "plaquette/base/phase_clock.hpp"

namespace plaquette::cuda {

/// The Jacobian B of backend.hpp, (2M, P). Per-sample gradients are held as they come from the
/// backward pass, in its precision, as blocks of columns: all of them if they fit, otherwise a
/// block at a time, computed again for each pass. What products need of B is centred and scaled
/// slice by slice, in FP64. Slices are the same, in the same order, whatever the width of a block.
class Jacobian {
 public:
  /// Columns of a slice in the form that solves in samples; a block is a whole number of slices.
  static constexpr std::size_t kSlice = 1024;

  virtual ~Jacobian() = default;

  /// Sets what B is made of; `samples` must stay unchanged until `forget`. Waits for nothing.
  virtual void define(TensorView<const std::uint64_t, 2> samples, std::span<const double> weights,
                      std::span<const double> column_scale) = 0;
  /// The samples or the parameters have changed: nothing may be asked of B until the next define.
  virtual void forget() = 0;

  /// Lower triangle of B Bᵀ into gram (2M, 2M), or of Bᵀ B into gram (P, P), by the problem's form.
  virtual void gram(double* gram, PhaseClock& clock) = 0;
  virtual void apply(std::span<const double> direction, std::span<double> rows) = 0;
  virtual void apply_transpose(std::span<const double> rows, std::span<double> direction) = 0;
};

/// Device bytes of one column of a block, and of everything that does not depend on the width of a
/// block.
struct JacobianBytes {
  std::size_t per_column;
  std::size_t fixed;
  std::size_t slice;  ///< columns: a block's width is a multiple, or P
};
JacobianBytes jacobian_bytes(const Problem& problem, std::size_t parameters);

/// `network`, `blas`, `stream` and `workspace` must outlive it.
template <class Real>
std::unique_ptr<Jacobian> make_jacobian(const Problem& problem,
                                        const SymmetricNetwork<Real>& network,
                                        std::size_t block_columns, const Blas& blas,
                                        const Stream& stream, Workspace& workspace);

}  // namespace plaquette::cuda
