#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands.hpp"
#include "plaquette/base/errors.hpp"
#include "plaquette/io/configuration_values.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace plaquette {

/// Options of a subcommand: some of a configuration's, which may stand in a file as well, and some
/// of its own, which are flags only. Texts are read strictly, so that a message can name the
/// option, the value and what is allowed. The configuration's are collected as values: what they
/// are given over (defaults, a run, a model file) need not be known before parsing.
class Options {
 public:
  Options(const std::string& command, const std::string& purpose);
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  /// Takes the options of a group, or one. `defaults` are those that the help shows.
  void configuration(OptionGroup group, const Configuration& defaults = {});
  void configuration(const std::string& key, const Configuration& defaults = {});
  /// One whose default is that of what the command continues, as `help` says.
  void configuration(const std::string& key, const std::string& help);
  /// --config: a file of any options of a configuration; flags win.
  void configuration_file();

  void integer(const std::string& name, int& value, const std::string& help);
  /// Without a default.
  void number(const std::string& name, std::optional<double>& value, const std::string& help);
  void text(const std::string& name, std::string& value, const std::string& help);
  /// `name` and, if given, the flag that turns it off.
  void flag(const std::string& name, bool& value, const std::string& help,
            const std::string& negation = "");
  template <class Enum>
  void word(const std::string& name, Enum& value, const std::string& help) {
    define(name, help + " (" + allowed_words<Enum>() + ")", word_form<Enum>(), value);
  }

  void positional(const std::string& name, std::string& value, const std::string& help);
  /// One or more.
  void positionals(const std::string& name, std::vector<std::string>& values,
                   const std::string& help);
  void optional_positional(const std::string& name, std::string& value, const std::string& help);

  /// False if help was asked for, and printed. Throws InputError.
  [[nodiscard]] bool parse(const Arguments& arguments);
  /// What was given of the configuration: the file's, then the flags'.
  const ConfigurationValues& values() const { return values_; }
  /// Whether an option was given, as a flag or in the file.
  bool given(const std::string& name) const;

 private:
  template <class Value>
  void define(const std::string& name, const std::string& help, const Form<Value>& form,
              Value& value) {
    define(name, help, form.write(value), [name, form, &value](const std::string& text) {
      std::optional<Value> read = form.read(text);
      if (!read) throw InputError(concat(name, ' ', text, ": must be ", form.allowed));
      value = std::move(*read);
    });
  }
  void define(const std::string& name, const std::string& help, const std::string& shown,
              const std::function<void(const std::string&)>& read);
  void take(const ConfigurationOption& option, const std::string& help, const std::string& shown);

  std::unique_ptr<CLI::App> app_;
  std::vector<std::string> own_;  ///< names of the command's own options
  std::string file_;
  ConfigurationValues values_;
};

}  // namespace plaquette
