#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands.hpp"
#include "plaquette/base/errors.hpp"
#include "plaquette/io/words.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace plaquette {

/// Options of a subcommand. One definition serves the flag, the key of a configuration file and
/// the line of a written config.toml; texts are read strictly, so that a message can name the
/// option, the value and what is allowed.
class Options {
 public:
  Options(const std::string& command, const std::string& purpose);
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  void integer(const std::string& name, int& value, const std::string& help);
  void count(const std::string& name, std::size_t& value, const std::string& help);
  void seed(const std::string& name, std::uint64_t& value, const std::string& help);
  void number(const std::string& name, double& value, const std::string& help);
  void text(const std::string& name, std::string& value, const std::string& help);
  /// `name` and, if given, the flag that turns it off.
  void flag(const std::string& name, bool& value, const std::string& help,
            const std::string& negation = "");
  template <class Enum>
  void word(const std::string& name, Enum& value, const std::string& help) {
    define(
        name, help + " (" + allowed_words<Enum>() + ")",
        [name, &value](const std::string& given) {
          const std::optional<Enum> parsed = parse_word<Enum>(given);
          if (!parsed) {
            throw InputError(concat(name, ' ', given, ": must be one of ", allowed_words<Enum>()));
          }
          value = *parsed;
        },
        [&value] { return quoted(plaquette::word(value)); });
  }
  /// An option of any other kind: how to read it and how to write it back.
  void define(const std::string& name, const std::string& help,
              const std::function<void(const std::string&)>& read,
              std::function<std::string()> write);

  void positional(const std::string& name, std::string& value, const std::string& help);
  /// One or more.
  void positionals(const std::string& name, std::vector<std::string>& values,
                   const std::string& help);
  void optional_positional(const std::string& name, std::string& value, const std::string& help);
  /// Options defined from here on do not appear in a configuration file.
  void no_longer_in_files() { in_files_ = false; }
  void configuration_file(const std::string& name);

  bool given(const std::string& name) const;
  /// The file that option `name` means: a relative path on the command line is relative to the
  /// working directory, one in a configuration file to that file's directory.
  std::filesystem::path path(const std::string& name, const std::string& value) const;
  /// False if help was asked for, and printed. Throws InputError.
  [[nodiscard]] bool parse(const Arguments& arguments);
  /// `key = value` lines of everything that belongs in a configuration file.
  std::string to_toml() const;

  /// Bytes with an optional suffix K, M, G or T (powers of 1024). Throws InputError.
  static std::size_t parse_bytes(const std::string& name, const std::string& given);
  static std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

 private:
  struct Line {
    std::string key;
    std::function<std::string()> write;
  };
  std::unique_ptr<CLI::App> app_;
  std::vector<Line> lines_;
  Arguments arguments_;
  bool in_files_ = true;
};

}  // namespace plaquette
