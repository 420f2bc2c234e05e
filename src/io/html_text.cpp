#include "plaquette/io/html_text.hpp"

#include <array>
#include <cstdint>

namespace plaquette {
namespace {

/// Bytes of the UTF-8 character that `text` begins with; 0 if it begins with none.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  std::uint32_t code = first & (0xFFU >> (length + 1));
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(k) & 0xC0U) != 0x80U) return 0;
    code = code << 6U | (byte(k) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  const bool outside_xml = code == 0xFFFE || code == 0xFFFF || (code >= 0x7F && code < 0xA0);
  return code < kLeast[length] || code > 0x10FFFF || surrogate || outside_xml ? 0 : length;
}

std::string_view named(char character) {
  switch (character) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

bool printable(char character) {
  const auto code = static_cast<unsigned char>(character);
  return (code >= ' ' && code != 0x7F) || character == '\n' || character == '\t';
}

}  // namespace

std::string html_text(std::string_view bytes) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string text;
  while (!bytes.empty()) {
    const std::size_t length = character_length(bytes);
    if (length == 0 || (length == 1 && !printable(bytes.front()))) {
      text += kReplacement;
    } else if (const std::string_view name = named(bytes.front()); !name.empty()) {
      text += name;
    } else {
      text += bytes.substr(0, length);
    }
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

}  // namespace plaquette
