#include "plaquette/io/value_form.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "fmt/core.h"

namespace plaquette {
namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_finite(const std::string& text) {
  const std::optional<double> value = parse_number<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<std::size_t> parse_bytes(const std::string& text) {
  constexpr std::string_view kSuffixes = "KMGT";
  if (text == "0") return 0;
  std::string_view digits = text;
  int shift = 0;
  if (!digits.empty()) {
    const std::size_t suffix = kSuffixes.find(digits.back());
    if (suffix != std::string_view::npos) {
      shift = 10 * (static_cast<int>(suffix) + 1);
      digits.remove_suffix(1);
    }
  }
  const std::optional<std::size_t> value = parse_number<std::size_t>(digits);
  if (!value || *value == 0 || *value > (std::numeric_limits<std::size_t>::max() >> shift)) {
    return std::nullopt;
  }
  return *value << shift;
}

std::optional<bool> parse_truth(const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

template <class Number>
std::string shortest(const Number& value) {
  return fmt::format("{}", value);
}

}  // namespace

Form<int> integer_form() {
  return {Notation::integer, "an integer", parse_number<int>, shortest<int>};
}

Form<std::size_t> count_form() {
  return {Notation::integer, "a positive integer", parse_number<std::size_t>,
          shortest<std::size_t>};
}

Form<std::uint64_t> seed_form() {
  // Integers of TOML end at 2^63 - 1.
  return {Notation::integer_or_text,
          "an integer from 0 to 2^64 - 1; in a file above 2^63 - 1 in "
          "quotes",
          parse_number<std::uint64_t>, [](const std::uint64_t& seed) {
            constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
            return seed > kLargest ? toml_string(shortest(seed)) : shortest(seed);
          }};
}

Form<double> finite_form() {
  return {Notation::number, "a finite number", parse_finite, shortest<double>};
}

Form<bool> truth_form() {
  return {Notation::truth, "true or false", parse_truth,
          [](const bool& value) { return std::string(value ? "true" : "false"); }};
}

Form<std::string> text_form() {
  return {Notation::text, "a text in quotes", [](const std::string& text) { return text; },
          [](const std::string& text) { return toml_string(text); }};
}

Form<std::string> path_form() {
  Form<std::string> form = text_form();
  form.notation = Notation::path;
  form.allowed = "a path in quotes";
  return form;
}

Form<std::size_t> bytes_form() {
  return {Notation::integer_or_text,
          "a positive number of bytes, with K, M, G or T for powers of 1024, such as 8G",
          parse_bytes, [](const std::size_t& bytes) { return toml_string(shortest(bytes)); }};
}

std::string toml_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      result += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace plaquette
