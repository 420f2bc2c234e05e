#include "plaquette/io/symmetry_text.hpp"

#include <charconv>
#include <vector>

#include "plaquette/io/words.hpp"

namespace plaquette {
namespace {

[[noreturn]] void refuse(std::string_view item) {
  throw InputError(concat(
      "--symmetry ", item,
      ": must be none, or some of translations[=MxM], c4v[=", allowed_words<PointGroupIrrep>(),
      "], spin-flip[=", allowed_words<SpinFlip>(), "], separated by commas"));
}

PatchMomentum parse_momentum(std::string_view item, std::string_view text) {
  PatchMomentum momentum;
  const char* const end = text.data() + text.size();
  const auto row = std::from_chars(text.data(), end, momentum.row);
  if (row.ec != std::errc{} || row.ptr == end || *row.ptr != 'x') refuse(item);
  const auto column = std::from_chars(row.ptr + 1, end, momentum.column);
  if (column.ec != std::errc{} || column.ptr != end) refuse(item);
  return momentum;
}

template <class Enum>
Enum parse_representation(std::string_view item, std::string_view text) {
  const std::optional<Enum> value = parse_word<Enum>(text);
  if (!value) refuse(item);
  return *value;
}

void parse_item(std::string_view item, SymmetryChoice& choice) {
  const std::size_t equals = item.find('=');
  const std::string_view name = item.substr(0, equals);
  const bool plain = equals == std::string_view::npos;
  const std::string_view value = plain ? "" : item.substr(equals + 1);
  if (name == "translations" && !choice.translations) {
    choice.translations = plain ? PatchMomentum{} : parse_momentum(item, value);
  } else if (name == "c4v" && !choice.c4v) {
    choice.c4v = plain ? PointGroupIrrep::A1 : parse_representation<PointGroupIrrep>(item, value);
  } else if (name == "spin-flip" && !choice.spin_flip) {
    choice.spin_flip = plain ? SpinFlip::even : parse_representation<SpinFlip>(item, value);
  } else {
    refuse(item);
  }
}

}  // namespace

SymmetryChoice parse_symmetry(std::string_view text) {
  SymmetryChoice choice;
  if (text == "none") return choice;
  while (true) {
    const std::size_t comma = text.find(',');
    parse_item(text.substr(0, comma), choice);
    if (comma == std::string_view::npos) return choice;
    text.remove_prefix(comma + 1);
  }
}

std::string symmetry_text(const SymmetryChoice& choice) {
  std::vector<std::string> items;
  if (choice.translations) {
    const auto [row, column] = *choice.translations;
    items.push_back(row == 0 && column == 0 ? "translations"
                                            : concat("translations=", row, 'x', column));
  }
  if (choice.c4v) items.push_back(concat("c4v=", word(*choice.c4v)));
  if (choice.spin_flip) items.push_back(concat("spin-flip=", word(*choice.spin_flip)));
  std::string text = items.empty() ? "none" : items.front();
  for (std::size_t k = 1; k < items.size(); ++k) text += "," + items[k];
  return text;
}

}  // namespace plaquette
