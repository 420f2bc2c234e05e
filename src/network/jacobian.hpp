#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "network/wave_function.hpp"
#include "plaquette/backend/backend.hpp"
#include "plaquette/base/fixed_partition.hpp"
#include "plaquette/base/phase_clock.hpp"
#include "plaquette/model/jacobian_entries.hpp"

namespace plaquette {

/// How a Jacobian of 2M rows and P columns is cut to fit in memory. With the Gram matrix of samples
/// a block is some columns of all rows, with that of parameters some samples' rows of all columns;
/// either way blocks are whole slices, and every sum runs over the same slices in the same order
/// whatever the size of a block.
struct JacobianShape {
  static constexpr std::size_t kColumnSlice = 1024;
  static constexpr std::size_t kSampleSlice = 256;

  GramForm form;
  std::size_t samples;     ///< M
  std::size_t parameters;  ///< P
  std::size_t block;       ///< columns, or samples, of a block

  bool by_samples() const { return form == GramForm::samples; }
  /// What is cut: columns or samples.
  std::size_t extent() const { return by_samples() ? parameters : samples; }
  std::size_t slice() const {
    return std::min(extent(), by_samples() ? kColumnSlice : kSampleSlice);
  }
  std::size_t gram_size() const { return by_samples() ? 2 * samples : parameters; }
  /// Elements of a slice of B.
  std::size_t slice_elements() const { return 2 * slice() * (by_samples() ? samples : parameters); }
  /// Bytes that a unit of the block takes, `real` bytes a number.
  std::size_t unit_bytes(std::size_t real) const {
    return 2 * real * (by_samples() ? samples : parameters);
  }
  /// Bytes besides the block.
  std::size_t fixed_bytes() const {
    return sizeof(double) * (slice_elements() + 2 * samples + 6 * parameters + 2 * samples);
  }
  /// The largest block for `bytes` of memory; 0 if not one slice fits.
  std::size_t affordable_block(std::size_t bytes, std::size_t real) const {
    const std::size_t units = bytes / unit_bytes(real);
    return units >= extent() ? extent() : units / slice() * slice();
  }
};

/// Whether products in FP32 may make the Gram matrix, given that the backend can and that rounding
/// allows it. The parameters' form would move an update by 3 %, and column scales, which make B
/// some ten times larger, by 5 %: these stay FP64.
constexpr bool may_multiply_in_single(GramForm form, bool scaled) {
  return form == GramForm::samples && !scaled;
}

/// Estimate of the spectral norm of what rounding adds to T = B Bᵀ when its products are in FP32.
/// squared_norms (2M): of the rows of B. An element is off by about 2⁻²⁴ |B_i| |B_j|, as a random
/// number; one row of a sample near a node of ψ, where log-derivatives diverge, may dominate.
inline double single_rounding(std::span<const double> squared_norms) {
  double sum = 0;
  for (const double squared : squared_norms) sum += squared * squared;
  return 0x1p-23 * std::sqrt(sum);
}

/// FP32 products are taken while single_rounding is at most this part of the shift. On a search on
/// 6×6 (docs/results/gram-rounding.md) the update then moves by at most some 5 %, as noise does, of
/// which two sets of samples have more than 100 %; from 20 times that the matrix is lost.
constexpr double kToleratedRounding = 1;

/// The Jacobian B of backend.hpp, (2M, P).
class Jacobian {
 public:
  Jacobian() = default;
  Jacobian(const Jacobian&) = delete;
  Jacobian& operator=(const Jacobian&) = delete;
  virtual ~Jacobian() = default;

  /// Sets what B is made of; `samples`, in the backend's memory, must stay unchanged until
  /// `forget`. Computes nothing.
  virtual void define(TensorView<const std::uint64_t, 2> samples, std::span<const double> weights,
                      std::span<const double> column_scale) = 0;
  /// The samples or the parameters have changed: nothing may be asked of B until the next define.
  virtual void forget() = 0;
  /// Lower triangle of B Bᵀ into gram (2M, 2M), or of Bᵀ B into gram (P, P), by the form; the
  /// arithmetic of the products, which `shift` decides as Backend::accumulate_gram says.
  virtual Precision gram(double* gram, double shift, PhaseClock& clock) = 0;
  virtual void apply(std::span<const double> direction, std::span<double> rows) = 0;
  virtual void apply_transpose(std::span<const double> rows, std::span<double> direction) = 0;
};

/// The Jacobian of a wave function: blocks, centring and scaling, on a backend's executor. Entries
/// are held as the backward pass leaves them, in its precision. Products with vectors go over them
/// with a correction for the means,
///   (B x)_k = √w_k (O_k·y − ⟨O⟩·y), y = c x;   (Bᵀ r)_p = c_p (Σ_k a_k O_kp − ⟨O_p⟩ Σ_k a_k),
/// a = √w r; the Gram matrix is made of slices that are centred and scaled in FP64, and rounded to
/// FP32 after that where the shift allows it.
/// The executor's namespace has the operations on entries (cpu|cuda/jacobian_operations.hpp).
template <class Executor, class Real>
class JacobianOf final : public Jacobian {
 public:
  /// `psi` and `executor` must outlive this.
  JacobianOf(const JacobianShape& shape, const Differentiable<Real>& psi, Executor& executor)
      : shape_(shape),
        psi_(psi),
        executor_(executor),
        entries_(2 * shape.block * (shape.by_samples() ? shape.samples : shape.parameters)),
        slice_(shape.slice_elements() * sizeof(double)),
        weights_(shape.samples),
        column_scale_(shape.parameters),
        mean_(2 * shape.parameters),
        sums_(2 * shape.parameters),
        columns_(shape.parameters),
        rows_(2 * shape.samples),
        host_mean_(2 * shape.parameters) {}

  void define(TensorView<const std::uint64_t, 2> samples, std::span<const double> weights,
              std::span<const double> column_scale) override {
    PLAQUETTE_REQUIRE(weights.size() == shape_.samples && samples.extent(0) == shape_.samples,
                      weights.size(), " weights");
    PLAQUETTE_REQUIRE(column_scale.empty() || column_scale.size() == shape_.parameters,
                      column_scale.size(), " column scales");
    configurations_ = samples.data();
    words_ = samples.extent(1);
    host_weights_.assign(weights.begin(), weights.end());
    host_scale_.assign(column_scale.begin(), column_scale.end());
    executor_.upload(weights_, weights);
    executor_.upload(column_scale_, column_scale);
    loaded_ = kNone;
    means_known_ = false;
  }

  void forget() override { configurations_ = nullptr; }

  Precision gram(double* gram, double shift, PhaseClock& clock) override {
    if (!shape_.by_samples()) {
      const auto scope = clock.measure(Phase::log_derivatives);
      know_means();
    }
    const Precision products = precision_of_products(shift, clock);
    for (std::size_t b = 0; b < blocks().count(); ++b) {
      {
        const auto scope = clock.measure(Phase::log_derivatives);
        load(b);
        executor_.synchronize();  // so that each phase is charged its own time
      }
      const auto scope = clock.measure(Phase::gram);
      add_slices(gram, blocks()[b], products);
      executor_.synchronize();
    }
    return products;
  }

  void apply(std::span<const double> direction, std::span<double> out) override {
    require_sizes(out.size(), direction.size());
    std::vector<double> y(direction.begin(), direction.end());
    for (std::size_t p = 0; p < host_scale_.size(); ++p) y[p] *= host_scale_[p];
    executor_.upload(columns_, std::span<const double>(y));
    know_means();
    for (std::size_t b = 0; b < blocks().count(); ++b) {
      load(b);
      const IndexRange block = blocks()[b];
      const bool by_samples = shape_.by_samples();
      // Rows of the block's samples, where the blocks are samples: real parts, imaginary parts.
      row_products(executor_, rows_.data() + (by_samples ? 0 : block.begin), shape_.samples,
                   entries(block), columns_.data() + (by_samples ? block.begin : 0),
                   JacobianShape::kColumnSlice, by_samples && b > 0);
    }
    executor_.download(out, rows_);
    // In the samples' form a block's means are known only once it has been loaded.
    for (std::size_t part = 0; part < 2; ++part) {
      const double* mean = host_mean_.data() + part * shape_.parameters;
      double shift = 0;
      for (std::size_t p = 0; p < y.size(); ++p) shift += mean[p] * y[p];
      for (std::size_t k = 0; k < shape_.samples; ++k) {
        double& row = out[part * shape_.samples + k];
        row = std::sqrt(host_weights_[k]) * (row - shift);
      }
    }
  }

  void apply_transpose(std::span<const double> rows, std::span<double> out) override {
    require_sizes(rows.size(), out.size());
    std::vector<double> a(rows.begin(), rows.end());
    double total[2] = {0, 0};
    for (std::size_t part = 0; part < 2; ++part) {
      for (std::size_t k = 0; k < shape_.samples; ++k) {
        double& value = a[part * shape_.samples + k];
        value *= std::sqrt(host_weights_[k]);
        total[part] += value;
      }
    }
    executor_.upload(rows_, std::span<const double>(a));
    know_means();
    for (std::size_t b = 0; b < blocks().count(); ++b) {
      load(b);
      sum_columns(sums_, rows_.data(), shape_.samples, blocks()[b]);
    }
    std::vector<double> sums(2 * shape_.parameters);
    executor_.download(std::span<double>(sums), sums_);
    const std::size_t P = shape_.parameters;
    for (std::size_t p = 0; p < P; ++p) {
      const double scale = host_scale_.empty() ? 1.0 : host_scale_[p];
      out[p] = scale * ((sums[p] - host_mean_[p] * total[0]) +
                        (sums[P + p] - host_mean_[P + p] * total[1]));
    }
  }

 private:
  template <class T>
  using Buffer = typename Executor::template Buffer<T>;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  void require_sizes(std::size_t rows, std::size_t columns) const {
    PLAQUETTE_REQUIRE(rows == 2 * shape_.samples && columns == shape_.parameters, rows, ", ",
                      columns);
  }
  FixedPartition blocks() const { return {shape_.extent(), shape_.block}; }
  IndexRange columns_of(IndexRange block) const {
    return shape_.by_samples() ? block : IndexRange{0, shape_.parameters};
  }
  IndexRange samples_of(IndexRange block) const {
    return shape_.by_samples() ? IndexRange{0, shape_.samples} : block;
  }
  JacobianEntries<Real> entries(IndexRange block) const {
    const std::size_t columns = columns_of(block).size();
    return {entries_.data(), columns, samples_of(block).size(), columns};
  }

  void load(std::size_t number) {
    PLAQUETTE_REQUIRE(configurations_ != nullptr, "the Jacobian is not defined");
    if (loaded_ == number) return;
    loaded_ = kNone;
    const IndexRange block = blocks()[number];
    const IndexRange columns = columns_of(block);
    const IndexRange samples = samples_of(block);
    executor_.for_each(
        FixedPartition{samples.size(), psi_.gradient_window()},
        [&](IndexRange window, Workspace& workspace) {
          const std::uint64_t* first = configurations_ + (samples.begin + window.begin) * words_;
          psi_.gradients({.entries = entries_.data(),
                          .row_stride = columns.size(),
                          .samples = samples.size(),
                          .first_sample = window.begin,
                          .begin = columns.begin,
                          .end = columns.end},
                         TensorView<const std::uint64_t, 2>(first, window.size(), words_),
                         workspace);
        });
    loaded_ = number;
    if (shape_.by_samples() && !means_known_) {
      sum_columns(mean_, weights_.data(), 0, block);
      // All blocks have been seen once the last has been.
      if (number + 1 == blocks().count()) publish_means();
    }
  }

  /// In the samples' form means belong to a block and come with it; in the other one all blocks
  /// must be seen before any can be centred.
  void know_means() {
    PLAQUETTE_REQUIRE(configurations_ != nullptr, "the Jacobian is not defined");
    if (means_known_) return;
    for (std::size_t b = 0; b < blocks().count(); ++b) {
      load(b);
      if (!shape_.by_samples()) sum_columns(mean_, weights_.data(), 0, blocks()[b]);
    }
    if (!means_known_) publish_means();
  }
  void publish_means() {
    executor_.download(std::span<double>(host_mean_), mean_);
    means_known_ = true;
  }

  /// sums (2, P) over the block's columns += Σ_k weights_k entries_k, slice by slice of samples;
  /// weights of the imaginary part are `part_stride` behind those of the real part.
  void sum_columns(Buffer<double>& sums, const double* weights, std::size_t part_stride,
                   IndexRange block) {
    const IndexRange columns = columns_of(block);
    const IndexRange samples = samples_of(block);
    const FixedPartition slices{samples.size(), JacobianShape::kSampleSlice};
    JacobianEntries<Real> slice = entries(block);
    slice.imaginary = samples.size();
    for (std::size_t s = 0; s < slices.count(); ++s) {
      const IndexRange within = slices[s];
      slice.data = entries_.data() + within.begin * slice.stride;
      slice.samples = within.size();
      column_sums(executor_, sums.data() + columns.begin, shape_.parameters, slice,
                  weights + samples.begin + within.begin, part_stride,
                  samples.begin + within.begin > 0);
    }
  }

  static constexpr bool kMultipliesInSingle =
      Executor::kMultipliesSingleRows && std::is_same_v<Real, float>;

  /// Looks at the rows before they are multiplied: a matrix of FP32 products that turns out too
  /// coarse would have to be made again.
  Precision precision_of_products(double shift, PhaseClock& clock) {
    if constexpr (kMultipliesInSingle) {
      if (!may_multiply_in_single(shape_.form, !host_scale_.empty())) return Precision::fp64;
      for (std::size_t b = 0; b < blocks().count(); ++b) {
        {
          const auto scope = clock.measure(Phase::log_derivatives);
          load(b);
        }
        const auto scope = clock.measure(Phase::gram);
        const IndexRange block = blocks()[b];
        add_squared_norms(executor_, rows_.data(), entries(block), mean_.data() + block.begin,
                          shape_.parameters, weights_.data(), JacobianShape::kColumnSlice, b > 0);
      }
      std::vector<double> squared_norms(2 * shape_.samples);
      executor_.download(std::span<double>(squared_norms), rows_);
      if (single_rounding(squared_norms) <= kToleratedRounding * shift) return Precision::fp32;
    }
    return Precision::fp64;
  }

  /// gram += the products of the loaded block's slices.
  void add_slices(double* gram, IndexRange block, Precision products) {
    if constexpr (kMultipliesInSingle) {
      if (products == Precision::fp32) return add_slices_of<float>(gram, block);
    }
    add_slices_of<double>(gram, block);
  }
  template <class Factor>
  void add_slices_of(double* gram, IndexRange block) {
    const FixedPartition slices{block.size(), shape_.slice()};
    for (std::size_t s = 0; s < slices.count(); ++s) {
      const IndexRange within = slices[s];
      const bool first = block.begin + within.begin == 0;
      JacobianEntries<Real> slice = entries(block);
      const double* scale = host_scale_.empty() ? nullptr : column_scale_.data();
      if (shape_.by_samples()) {
        const std::size_t begin = block.begin + within.begin;
        slice.data += within.begin;
        slice.columns = within.size();
        const TensorView<Factor, 2> centred(slice_as<Factor>(), 2 * shape_.samples, within.size());
        centre_columns(executor_, centred, slice, mean_.data() + begin, shape_.parameters,
                       weights_.data(), scale == nullptr ? nullptr : scale + begin);
        add_row_gram(executor_, gram, TensorView<const Factor, 2>(centred), !first);
      } else if constexpr (std::is_same_v<Factor, double>) {
        slice.imaginary = slice.samples;
        slice.data += within.begin * slice.stride;
        slice.samples = within.size();
        const TensorView<double, 2> centred(slice_as<double>(), 2 * within.size(),
                                            shape_.parameters);
        centre_columns(executor_, centred, slice, mean_.data(), shape_.parameters,
                       weights_.data() + block.begin + within.begin, scale);
        add_column_gram(executor_, gram, centred, !first);
      }
    }
  }

  template <class Factor>
  Factor* slice_as() {
    return reinterpret_cast<Factor*>(slice_.data());
  }

  JacobianShape shape_;
  const Differentiable<Real>& psi_;
  Executor& executor_;
  Buffer<Real> entries_;              // (2M, columns of a block) or (2 samples of a block, P)
  Buffer<std::byte> slice_;           // a slice of B, in doubles or floats
  Buffer<double> weights_;            // (M)
  Buffer<double> column_scale_;       // (P)
  Buffer<double> mean_;               // (2, P)
  Buffer<double> sums_;               // (2, P)
  Buffer<double> columns_;            // (P)
  Buffer<double> rows_;               // (2M)
  std::vector<double> host_mean_;     // (2, P)
  std::vector<double> host_weights_;  // (M)
  std::vector<double> host_scale_;    // (P) or empty
  const std::uint64_t* configurations_ = nullptr;  // (M, words), the backend's memory
  std::size_t words_ = 0;
  std::size_t loaded_ = kNone;  // the block in entries_
  bool means_known_ = false;    // of all columns, on the host too
};

}  // namespace plaquette
