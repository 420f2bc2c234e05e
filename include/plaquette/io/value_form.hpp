#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "plaquette/io/words.hpp"

namespace plaquette {

/// What a value must be in a TOML file.
enum class Notation { integer, number, truth, text, path, integer_or_text, text_or_texts };

/// How a value of one kind is read from the text of a flag or of a file, and written to a file.
template <class Value>
struct Form {
  Notation notation;
  std::string allowed;  ///< "an integer"
  std::function<std::optional<Value>(const std::string&)> read;
  std::function<std::string(const Value&)> write;  ///< in TOML
};

Form<int> integer_form();
Form<std::size_t> count_form();
Form<std::uint64_t> seed_form();
Form<double> finite_form();
Form<bool> truth_form();
Form<std::string> text_form();
Form<std::string> path_form();
/// Bytes with an optional suffix K, M, G or T (powers of 1024); 0 stands for no limit.
Form<std::size_t> bytes_form();

/// `text` as a string of TOML.
std::string toml_string(std::string_view text);

template <class Enum>
Form<Enum> word_form() {
  return {.notation = Notation::text,
          .allowed = "one of " + allowed_words<Enum>(),
          .read = [](const std::string& text) { return parse_word<Enum>(text); },
          .write = [](const Enum& value) { return toml_string(word(value)); }};
}

}  // namespace plaquette
