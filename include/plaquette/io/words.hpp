#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "plaquette/backend/backend.hpp"
#include "plaquette/vmc/choices.hpp"
#include "plaquette/vmc/observables.hpp"

namespace plaquette {

/// The words that the command line and the files use for the values of an enumeration.
template <class Enum>
struct Words;

template <>
struct Words<LatticeKind> {
  static constexpr std::pair<std::string_view, LatticeKind> kTable[] = {
      {"square", LatticeKind::square},
      {"chain", LatticeKind::chain},
      {"shastry-sutherland", LatticeKind::shastry_sutherland}};
};
template <>
struct Words<Attention> {
  static constexpr std::pair<std::string_view, Attention> kTable[] = {
      {"factored", Attention::factored},
      {"t5", Attention::t5},
      {"decoupled", Attention::decoupled}};
};
template <>
struct Words<SamplerKind> {
  static constexpr std::pair<std::string_view, SamplerKind> kTable[] = {
      {"exchange", SamplerKind::exchange}, {"full-sum", SamplerKind::full_sum}};
};
template <>
struct Words<Optimizer> {
  static constexpr std::pair<std::string_view, Optimizer> kTable[] = {
      {"sr", Optimizer::sr}, {"spring", Optimizer::spring}, {"march", Optimizer::march}};
};
template <>
struct Words<ScheduleKind> {
  static constexpr std::pair<std::string_view, ScheduleKind> kTable[] = {
      {"constant", ScheduleKind::constant},
      {"linear", ScheduleKind::linear},
      {"cosine", ScheduleKind::cosine}};
};
template <>
struct Words<Precision> {
  static constexpr std::pair<std::string_view, Precision> kTable[] = {{"fp64", Precision::fp64},
                                                                      {"fp32", Precision::fp32}};
};
template <>
struct Words<BackendKind> {
  static constexpr std::pair<std::string_view, BackendKind> kTable[] = {
      {"cpu", BackendKind::cpu}, {"cuda", BackendKind::cuda}};
};

template <>
struct Words<ObservableSet> {
  static constexpr std::pair<std::string_view, ObservableSet> kTable[] = {
      {"all", ObservableSet::all}, {"energy", ObservableSet::energy}};
};

template <>
struct Words<PointGroupIrrep> {
  static constexpr std::pair<std::string_view, PointGroupIrrep> kTable[] = {
      {"A1", PointGroupIrrep::A1},
      {"A2", PointGroupIrrep::A2},
      {"B1", PointGroupIrrep::B1},
      {"B2", PointGroupIrrep::B2}};
};
template <>
struct Words<SpinFlip> {
  static constexpr std::pair<std::string_view, SpinFlip> kTable[] = {{"even", SpinFlip::even},
                                                                     {"odd", SpinFlip::odd}};
};

template <class Enum>
std::string_view word(Enum value) {
  for (const auto& [text, meaning] : Words<Enum>::kTable) {
    if (meaning == value) return text;
  }
  return "unknown";
}

template <class Enum>
std::optional<Enum> parse_word(std::string_view given) {
  for (const auto& [text, meaning] : Words<Enum>::kTable) {
    if (text == given) return meaning;
  }
  return std::nullopt;
}

/// "factored, t5, decoupled"
template <class Enum>
std::string allowed_words() {
  std::string list;
  for (const auto& [text, meaning] : Words<Enum>::kTable) {
    if (!list.empty()) list += ", ";
    list += text;
  }
  return list;
}

}  // namespace plaquette
