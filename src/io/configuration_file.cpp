#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include "fmt/core.h"
#include "plaquette/base/errors.hpp"
#include "plaquette/io/configuration_values.hpp"

namespace plaquette {
namespace {

/// A file's text, and how a message refers to places in it.
class Source {
 public:
  explicit Source(const std::filesystem::path& path) : name_(path.string()) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    // A directory opens, and gives nothing; an empty file gives nothing either.
    if (!file || std::filesystem::is_directory(path) || (content << file.rdbuf()).bad()) {
      throw InputError(concat("--config ", name_, ": cannot be read"));
    }
    text_ = content.str();
  }

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }

  /// "job.toml, line 3"
  std::string place(const toml::source_position& at) const {
    return concat(name_, ", line ", at.line);
  }

  /// The line without blanks around it and what cannot be seen, shortened.
  std::string line(const toml::source_position& at) const {
    std::istringstream lines(text_);
    std::string line;
    for (toml::source_index k = 0; k < at.line && std::getline(lines, line);) ++k;
    return shown(line);
  }

  /// What stands right of the key's `=`, up to where the value ends in its first line.
  std::string value(const toml::source_region& where) const {
    std::istringstream lines(text_);
    std::string line;
    for (toml::source_index k = 0; k < where.begin.line && std::getline(lines, line);) ++k;
    const std::size_t begin = std::min<std::size_t>(where.begin.column - 1, line.size());
    return where.end.line == where.begin.line
               ? shown(line.substr(begin, where.end.column - where.begin.column))
               : shown(line.substr(begin)) + " ...";
  }

 private:
  static std::string shown(const std::string& line) {
    constexpr std::size_t kMost = 60;
    std::string text;
    for (const char c : line) {
      if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) text += c;
    }
    const std::size_t first = text.find_first_not_of(' ');
    if (first == std::string::npos) return "";
    text = text.substr(first, text.find_last_not_of(' ') + 1 - first);
    return text.size() > kMost ? concat(text.substr(0, kMost), "...") : text;
  }

  std::string name_;
  std::string text_;
};

toml::table parse(const Source& source) {
  try {
    return toml::parse(source.text(), source.name());
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    throw InputError(concat(source.place(at), ": '", source.line(at),
                            "' is not TOML; a line is: key = value, with numbers such as 0.5, "
                            "words in quotes, lists in [ ], each key once"));
  }
}

/// The texts of a list, with commas; nothing if one is not a text.
std::optional<std::string> joined(const toml::array& list) {
  std::string text;
  for (const toml::node& item : list) {
    const auto value = item.value_exact<std::string>();
    if (!value) return std::nullopt;
    text += (text.empty() ? "" : ",") + *value;
  }
  return list.empty() ? "none" : text;
}

/// The value as the text of a flag; nothing if it is of another type.
std::optional<std::string> text_of(const toml::node& node, Notation notation) {
  const auto integer = node.value_exact<std::int64_t>();
  const auto number = node.value_exact<double>();
  const auto truth = node.value_exact<bool>();
  auto text = node.value_exact<std::string>();
  const auto written = [](const auto& value) -> std::optional<std::string> {
    return value ? std::optional(fmt::format("{}", *value)) : std::nullopt;
  };
  switch (notation) {
    case Notation::integer:
      return written(integer);
    case Notation::number:
      return integer ? written(integer) : written(number);
    case Notation::truth:
      return written(truth);
    case Notation::text:
    case Notation::path:
      return text;
    case Notation::integer_or_text:
      return integer ? written(integer) : text;
    case Notation::text_or_texts:
      return node.is_array() ? joined(*node.as_array()) : text;
  }
  return std::nullopt;
}

/// Letters and digits of a key in lower case: what people mistake are the others.
std::string plain(std::string_view key) {
  std::string letters;
  for (const char c : key) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return letters;
}

[[noreturn]] void refuse_key(const std::string& where, const std::string& key,
                             std::span<const std::string> flags_only) {
  if (std::find(flags_only.begin(), flags_only.end(), key) != flags_only.end()) {
    throw InputError(concat(where, ": '", key, "' is no key of a file; give the flag --", key));
  }
  std::string advice;
  for (const ConfigurationOption& option : configuration_options()) {
    if (plain(option.key) == plain(key)) advice = concat("; did you mean '", option.key, "'?");
  }
  throw InputError(concat(where, ": has the unknown option '", key, "'", advice));
}

/// A path that a file names is relative to the file's directory.
std::string beside(const std::filesystem::path& file, const std::string& path) {
  // An absolute path replaces what stands before it.
  return path.empty() ? path : (file.parent_path() / path).string();
}

}  // namespace

ConfigurationValues read_configuration_values(const std::filesystem::path& path,
                                              std::span<const std::string> flags_only) {
  const Source source(path);
  const toml::table document = parse(source);
  ConfigurationValues values;
  for (const auto& [toml_key, node] : document) {
    const std::string key(toml_key.str());
    const std::string where = source.place(toml_key.source().begin);
    if (node.is_table() || node.is_array_of_tables()) {
      throw InputError(concat(where, ": '", source.line(toml_key.source().begin),
                              "': a configuration has no sections; write its keys without"));
    }
    const ConfigurationOption* const option = find_configuration_option(key);
    if (option == nullptr) refuse_key(where, key, flags_only);
    const std::string origin = concat(where, ": ", key, " = ", source.value(node.source()));
    std::optional<std::string> text = text_of(node, option->notation);
    if (!text) throw InputError(concat(origin, ": must be ", option->allowed));
    if (option->notation == Notation::path) text = beside(path, *text);
    values.add(*option, std::move(*text), origin);
  }
  return values;
}

}  // namespace plaquette
