#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "cpu/wave_function.hpp"
#include "plaquette/base/aligned_buffer.hpp"
#include "plaquette/base/phase_clock.hpp"

namespace plaquette::cpu {

/// The Jacobian B of backend.hpp, (2M, P), held in FP64 as blocks of columns: all of it if it
/// fits, otherwise a block at a time, computed again for each pass. Every sum runs over the same
/// slices of columns in the same order, whatever the width of a block.
class Jacobian {
 public:
  /// Columns of a slice; a block is a whole number of slices.
  static constexpr std::size_t kSlice = 1024;

  /// `psi` and `workspaces` (one a thread) must outlive this. block_columns: P, or a multiple of
  /// kSlice below it.
  Jacobian(const WaveFunction& psi, int sites, std::size_t samples, std::size_t parameters,
           std::size_t block_columns, std::vector<Workspace>& workspaces);

  /// Sets what B is made of; `samples` (packed) must stay alive and unchanged until `forget`.
  void define(const std::uint64_t* samples, std::span<const double> weights,
              std::span<const double> column_scale);

  /// The samples or the parameters have changed: nothing may be asked of B until the next define.
  void forget() { configurations_ = nullptr; }

  std::size_t rows() const { return 2 * samples_; }
  std::size_t columns() const { return parameters_; }

  /// Lower triangle of B Bᵀ into gram (2M, 2M).
  void gram_of_rows(double* gram, PhaseClock& clock);
  /// Lower triangle of Bᵀ B into gram (P, P); needs all of B at once.
  void gram_of_columns(double* gram, PhaseClock& clock);

  void apply(std::span<const double> direction, std::span<double> out);
  void apply_transpose(std::span<const double> rows, std::span<double> out);

 private:
  int threads() const { return static_cast<int>(workspaces_.size()); }
  std::size_t block_count() const;
  IndexRange block(std::size_t index) const;
  void load(std::size_t block_index);
  void differentiate(IndexRange block_columns);
  void centre_and_scale(IndexRange block_columns);

  const WaveFunction& psi_;
  std::size_t words_;
  std::size_t samples_;
  std::size_t parameters_;
  std::size_t block_columns_;
  std::vector<Workspace>& workspaces_;
  AlignedBuffer<double> entries_;  // (2M, columns of the block)
  const std::uint64_t* configurations_ = nullptr;
  std::vector<double> weights_;       // (M)
  std::vector<double> column_scale_;  // (P) or empty
  std::size_t loaded_;                // block held in entries_, or block_count()
};

}  // namespace plaquette::cpu
