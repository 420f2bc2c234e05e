#include "cuda/jacobian.hpp"

#include <algorithm>

#include "cuda/phase_range.hpp"
#include "kernels/jacobian_columns.h"
#include "plaquette/model/parameter_table.hpp"

namespace plaquette::cuda {
namespace {

/// Rows of a strip of a Gram matrix's lower triangle: strips of this height waste little beyond
/// the diagonal and still make large products.
constexpr std::size_t kStrip = 1024;

std::size_t slice_columns(GramForm form, std::size_t parameters) {
  return form == GramForm::parameters ? parameters : std::min(parameters, Jacobian::kSlice);
}

template <class Real>
class JacobianOf final : public Jacobian {
 public:
  JacobianOf(const Problem& problem, const SymmetricNetwork<Real>& network, std::size_t parameters,
             std::size_t block_columns, const Blas& blas, const Stream& stream,
             Workspace& workspace)
      : form_(problem.gram_form),
        network_(network),
        blas_(blas),
        stream_(stream),
        workspace_(workspace),
        samples_(problem.samples),
        parameters_(parameters),
        block_columns_(block_columns),
        slice_columns_(slice_columns(form_, parameters)),
        entries_(2 * samples_ * block_columns),
        mean_(2 * block_columns),
        slice_(2 * samples_ * slice_columns_),
        weights_(samples_),
        column_scale_(parameters),
        row_values_(2 * samples_),
        column_values_(parameters),
        loaded_(block_count()) {}

  void define(TensorView<const std::uint64_t, 2> samples, std::span<const double> weights,
              std::span<const double> column_scale) override {
    PLAQUETTE_REQUIRE(weights.size() == samples_ && samples.extent(0) == samples_, weights.size(),
                      " weights");
    PLAQUETTE_REQUIRE(column_scale.empty() || column_scale.size() == parameters_,
                      column_scale.size(), " column scales");
    configurations_ = samples.data();
    words_ = samples.extent(1);
    weights_.upload(weights, stream_.get());
    scaled_ = !column_scale.empty();
    column_scale_.upload(column_scale, stream_.get());
    loaded_ = block_count();
  }

  void forget() override { configurations_ = nullptr; }

  void gram(double* gram, PhaseClock& clock) override {
    for (std::size_t b = 0; b < block_count(); ++b) {
      {
        const PhaseRange range("log-derivatives");
        const auto scope = clock.measure(Phase::log_derivatives);
        load(b);
        stream_.synchronize();  // the clock's, so that each phase is charged its own time
      }
      const PhaseRange range("Gram matrix");
      const auto scope = clock.measure(Phase::gram);
      for_each_slice([&](IndexRange columns) {
        if (form_ == GramForm::samples) {
          add_rows(gram, columns.size(), columns.begin == 0 ? 0.0 : 1.0);
        } else {
          set_columns(gram);
        }
      });
      stream_.synchronize();
    }
  }

  void apply(std::span<const double> direction, std::span<double> rows) override {
    require_sizes(rows.size(), direction.size());
    column_values_.upload(direction, stream_.get());
    for (std::size_t b = 0; b < block_count(); ++b) {
      load(b);
      for_each_slice([&](IndexRange columns) {
        blas_.apply(row_values_.data(), {slice_.data(), columns.size()}, 2 * samples_,
                    columns.size(), column_values_.data() + columns.begin,
                    columns.begin == 0 ? 0.0 : 1.0);
      });
    }
    row_values_.download(rows, stream_.get());
  }

  void apply_transpose(std::span<const double> rows, std::span<double> direction) override {
    require_sizes(rows.size(), direction.size());
    row_values_.upload(rows, stream_.get());
    for (std::size_t b = 0; b < block_count(); ++b) {
      load(b);
      for_each_slice([&](IndexRange columns) {
        blas_.apply(column_values_.data() + columns.begin,
                    {slice_.data(), columns.size(), Transpose::yes}, 2 * samples_, columns.size(),
                    row_values_.data(), 0.0);
      });
    }
    column_values_.download(direction, stream_.get());
  }

 private:
  void require_sizes(std::size_t rows, std::size_t columns) const {
    PLAQUETTE_REQUIRE(rows == 2 * samples_ && columns == parameters_, rows, ", ", columns);
  }
  std::size_t block_count() const { return FixedPartition{parameters_, block_columns_}.count(); }

  /// Gradients of a block's columns and their means.
  void load(std::size_t block_index) {
    PLAQUETTE_REQUIRE(configurations_ != nullptr, "the Jacobian is not defined");
    if (loaded_ == block_index) return;
    loaded_ = block_count();
    block_ = FixedPartition{parameters_, block_columns_}[block_index];
    const FixedPartition windows{samples_, network_.gradient_window()};
    for (std::size_t w = 0; w < windows.count(); ++w) {
      const IndexRange window = windows[w];
      network_.gradients({.entries = entries_.data(),
                          .row_stride = block_.size(),
                          .samples = samples_,
                          .first_sample = window.begin,
                          .begin = block_.begin,
                          .end = block_.end},
                         TensorView<const std::uint64_t, 2>(configurations_ + window.begin * words_,
                                                            window.size(), words_),
                         workspace_);
    }
    column_means<Real>(TensorView<double, 2>(mean_.data(), 2, block_.size()), entries_.data(),
                       block_.size(), weights_.data(), samples_, stream_.get());
    loaded_ = block_index;
  }

  /// Calls work(columns) with each slice of the loaded block, centred and scaled, in slice_
  /// (2M, columns).
  template <class Work>
  void for_each_slice(const Work& work) {
    const FixedPartition slices{block_.size(), slice_columns_};
    for (std::size_t s = 0; s < slices.count(); ++s) {
      const IndexRange within = slices[s];
      centre(within);
      work(IndexRange{block_.begin + within.begin, block_.begin + within.end});
    }
  }

  void centre(IndexRange within) {
    centre_columns<Real>(TensorView<double, 2>(slice_.data(), 2 * samples_, within.size()),
                         entries_.data() + within.begin, block_.size(), mean_.data() + within.begin,
                         block_.size(), weights_.data(),
                         scaled_ ? column_scale_.data() + block_.begin + within.begin : nullptr,
                         stream_.get());
  }

  /// gram += slice·sliceᵀ on the lower triangle, strip by strip.
  void add_rows(double* gram, std::size_t width, double keep) {
    const std::size_t n = 2 * samples_;
    const FixedPartition strips{n, kStrip};
    for (std::size_t s = 0; s < strips.count(); ++s) {
      const IndexRange strip = strips[s];
      blas_.product<double>(gram + strip.begin * n, n, {slice_.data() + strip.begin * width, width},
                            {slice_.data(), width, Transpose::yes},
                            {strip.size(), width, strip.end}, keep);
    }
  }

  /// gram = sliceᵀ·slice on the lower triangle; the slice holds all of B.
  void set_columns(double* gram) {
    const std::size_t n = parameters_;
    const FixedPartition strips{n, kStrip};
    for (std::size_t s = 0; s < strips.count(); ++s) {
      const IndexRange strip = strips[s];
      blas_.product<double>(gram + strip.begin * n, n,
                            {slice_.data() + strip.begin, n, Transpose::yes}, {slice_.data(), n},
                            {strip.size(), 2 * samples_, strip.end}, 0.0);
    }
  }

  GramForm form_;
  const SymmetricNetwork<Real>& network_;
  const Blas& blas_;
  const Stream& stream_;
  Workspace& workspace_;
  std::size_t samples_;
  std::size_t parameters_;
  std::size_t block_columns_;
  std::size_t slice_columns_;
  DeviceBuffer<Real> entries_;          // (2M, columns of the block)
  DeviceBuffer<double> mean_;           // (2, columns of the block)
  DeviceBuffer<double> slice_;          // (2M, columns of the slice)
  DeviceBuffer<double> weights_;        // (M)
  DeviceBuffer<double> column_scale_;   // (P)
  DeviceBuffer<double> row_values_;     // (2M)
  DeviceBuffer<double> column_values_;  // (P)
  bool scaled_ = false;
  const std::uint64_t* configurations_ = nullptr;
  std::size_t words_ = 0;
  IndexRange block_{0, 0};  // columns held in entries_
  std::size_t loaded_;      // its number, or block_count()
};

}  // namespace

JacobianBytes jacobian_bytes(const Problem& problem, std::size_t parameters) {
  const std::size_t rows = 2 * problem.samples;
  const std::size_t real =
      problem.precision.log_derivatives == Precision::fp32 ? sizeof(float) : sizeof(double);
  const std::size_t slice = slice_columns(problem.gram_form, parameters);
  return {.per_column = rows * real + 2 * sizeof(double),
          .fixed = (rows * slice + rows + problem.samples + 2 * parameters) * sizeof(double),
          .slice = slice};
}

template <class Real>
std::unique_ptr<Jacobian> make_jacobian(const Problem& problem,
                                        const SymmetricNetwork<Real>& network,
                                        std::size_t block_columns, const Blas& blas,
                                        const Stream& stream, Workspace& workspace) {
  return std::make_unique<JacobianOf<Real>>(problem, network, problem.system.parameters.size,
                                            block_columns, blas, stream, workspace);
}

template std::unique_ptr<Jacobian> make_jacobian(const Problem&, const SymmetricNetwork<float>&,
                                                 std::size_t, const Blas&, const Stream&,
                                                 Workspace&);
template std::unique_ptr<Jacobian> make_jacobian(const Problem&, const SymmetricNetwork<double>&,
                                                 std::size_t, const Blas&, const Stream&,
                                                 Workspace&);

}  // namespace plaquette::cuda
