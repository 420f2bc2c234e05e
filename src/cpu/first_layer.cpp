#include "cpu/first_layer.hpp"

#include <algorithm>
#include <cmath>

#include "cpu/layers.hpp"
#include "cpu/product_kernels.hpp"
#include "plaquette/physics/configuration.hpp"

namespace plaquette::cpu {
namespace {

std::size_t patch_values(const NetworkSizes& sizes) { return std::size_t{1} << sizes.patch_sites; }

std::size_t row_stride(const NetworkSizes& sizes) {
  return (sizes.channels + kTableRowMultiple - 1) / kTableRowMultiple * kTableRowMultiple;
}

/// Rows x + bias of every patch, and T of every position and patch.
std::size_t table_elements(const NetworkSizes& sizes) {
  return (1 + sizes.positions) * patch_values(sizes) * row_stride(sizes);
}

/// Bit k of a value is the spin of the patch's site k.
double spin_of(std::size_t value, std::size_t k) { return (value >> k & 1) != 0 ? 1.0 : -1.0; }

/// out = x·kernel + bias, or without bias if that is null.
void multiply(std::span<double> out, std::span<const double> x, const double* kernel,
              const double* bias) {
  for (std::size_t c = 0; c < out.size(); ++c) out[c] = bias == nullptr ? 0.0 : bias[c];
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double* row = kernel + k * out.size();
#pragma omp simd
    for (std::size_t c = 0; c < out.size(); ++c) out[c] += x[k] * row[c];
  }
}

void normalise(std::span<double> out, std::span<const double> x, const double* scale,
               const double* bias) {
  const auto d = static_cast<double>(x.size());
  double mean = 0;
  for (const double value : x) mean += value / d;
  double variance = 0;
  for (const double value : x) variance += (value - mean) * (value - mean) / d;
  const double inverse = 1.0 / std::sqrt(variance + kNormEpsilon);
  for (std::size_t c = 0; c < x.size(); ++c) {
    out[c] = (x[c] - mean) * inverse * scale[c] + bias[c];
  }
}

}  // namespace

template <class Real>
bool FirstLayer<Real>::pays(const NetworkSizes& sizes) {
  constexpr std::size_t kCacheBytes = std::size_t{256} << 10;
  return !sizes.softmax && sizes.patch_sites <= 4 && 2 * sizes.tokens <= sizes.channels &&
         table_elements(sizes) * sizeof(Real) <= kCacheBytes;
}

template <class Real>
std::size_t FirstLayer<Real>::elements(const NetworkSizes& sizes) {
  return pays(sizes) ? table_elements(sizes) : 0;
}

template <class Real>
std::size_t FirstLayer<Real>::scratch_bytes(const NetworkSizes& sizes, std::size_t batch) {
  if (!pays(sizes)) return 0;
  return Workspace::measure([&](Workspace::Frame& frame) {
    frame.take<std::uint32_t>(batch * sizes.tokens);
    frame.take<std::uint32_t>(sizes.tokens);
  });
}

template <class Real>
FirstLayer<Real>::FirstLayer(const NetworkShape& shape)
    : sizes_(shape),
      values_(pays(sizes_) ? patch_values(sizes_) : 0),
      stride_(row_stride(sizes_)),
      rows_(elements(sizes_)) {
  if (!pays(sizes_)) return;
  // What pads a row is added up with it.
  std::fill_n(rows_.data(), rows_.size(), Real(0));
  for (const std::int32_t position : PositionLists(shape).forward) {
    first_.push_back(
        static_cast<std::uint32_t>((1 + static_cast<std::size_t>(position)) * values_));
  }
}

template <class Real>
void FirstLayer<Real>::set_parameters(std::span<const double> theta, const ParameterTable& table) {
  const std::size_t d = sizes_.channels;
  const LayerOffsets& layer = table.layers.front();
  const auto at = [&](std::size_t offset) { return theta.data() + offset; };
  std::vector<double> spins(sizes_.patch_sites);
  std::vector<double> x(d), unit(d), value(d), weighted(d), out(d);
  for (std::size_t s = 0; s < values_; ++s) {
    for (std::size_t k = 0; k < spins.size(); ++k) spins[k] = spin_of(s, k);
    multiply(x, spins, at(table.embed.kernel), at(table.embed.bias));
    normalise(unit, x, at(layer.norm1.scale), at(layer.norm1.bias));
    multiply(value, unit, at(layer.value.kernel), at(layer.value.bias));
    for (std::size_t c = 0; c < d; ++c) {
      row(s)[c] = static_cast<Real>(x[c] + theta[layer.output.bias + c]);
    }
    for (std::size_t position = 0; position < sizes_.positions; ++position) {
      for (std::size_t c = 0; c < d; ++c) {
        const std::size_t head = c / sizes_.head_width;
        weighted[c] = theta[layer.position + head * sizes_.positions + position] * value[c];
      }
      multiply(out, weighted, at(layer.output.kernel), nullptr);
      std::copy(out.begin(), out.end(), row((1 + position) * values_ + s));
    }
  }
}

template <class Real>
void FirstLayer<Real>::residual(TensorView<Real, 3> out,
                                TensorView<const std::uint64_t, 2> configurations,
                                const std::vector<std::int32_t>& patch_sites,
                                Workspace& workspace) const {
  const std::size_t batch = configurations.extent(0);
  const std::size_t n = sizes_.tokens;
  const std::size_t b2 = sizes_.patch_sites;
  auto frame = workspace.frame();
  std::uint32_t* patches = frame.take<std::uint32_t>(batch * n);
  std::uint32_t* rows = frame.take<std::uint32_t>(n);
  for (std::size_t s = 0; s < batch; ++s) {
    const std::uint64_t* words = configurations.data() + s * sizes_.words;
    for (std::size_t i = 0; i < n; ++i) {
      std::uint32_t value = 0;
      for (std::size_t k = 0; k < b2; ++k) {
        value |= static_cast<std::uint32_t>(spin_up(words, patch_sites[i * b2 + k])) << k;
      }
      patches[s * n + i] = value;
    }
  }
  // Token by token: all samples read the same part of a full table.
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t s = 0; s < batch; ++s) {
      const std::uint32_t* patch = patches + s * n;
#pragma omp simd
      for (std::size_t j = 0; j < n; ++j) rows[j] = first_[i * n + j] + patch[j];
      product_kernels<Real>().sum_table_rows({.out = &out(s, i, 0),
                                              .width = sizes_.channels,
                                              .table = rows_.data(),
                                              .stride = stride_,
                                              .first = patch[i],
                                              .rows = rows,
                                              .count = n});
    }
  }
}

template class FirstLayer<float>;
template class FirstLayer<double>;

}  // namespace plaquette::cpu
