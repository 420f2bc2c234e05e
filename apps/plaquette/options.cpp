#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
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

template <class Number>
Number require_number(const std::string& name, const std::string& given, const char* allowed) {
  const std::optional<Number> value = parse_number<Number>(given);
  if (!value) throw InputError(concat(name, ' ', given, ": must be ", allowed));
  return *value;
}

}  // namespace

Options::Options(const std::string& command, const std::string& purpose)
    : app_(std::make_unique<CLI::App>(purpose, "plaquette " + command)) {
  app_->allow_config_extras(CLI::config_extras_mode::error);
}

Options::~Options() = default;

void Options::define(const std::string& name, const std::string& help,
                     const std::function<void(const std::string&)>& read,
                     std::function<std::string()> write) {
  CLI::Option* option = app_->add_option_function<std::string>(name, read, help);
  // Given twice, the last one counts: scripts add to what they were given.
  option->configurable(in_files_)->default_str(write())->take_last();
  if (in_files_) lines_.push_back({name.substr(2), std::move(write)});
}

void Options::integer(const std::string& name, int& value, const std::string& help) {
  define(
      name, help,
      [name, &value](const std::string& given) {
        value = require_number<int>(name, given, "an integer");
      },
      [&value] { return fmt::format("{}", value); });
}

void Options::count(const std::string& name, std::size_t& value, const std::string& help) {
  define(
      name, help,
      [name, &value](const std::string& given) {
        value = require_number<std::size_t>(name, given, "a positive integer");
      },
      [&value] { return fmt::format("{}", value); });
}

void Options::seed(const std::string& name, std::uint64_t& value, const std::string& help) {
  define(
      name, help,
      [name, &value](const std::string& given) {
        value = require_number<std::uint64_t>(name, given, "an integer from 0 to 2^64 - 1");
      },
      [&value] { return fmt::format("{}", value); });
}

void Options::number(const std::string& name, double& value, const std::string& help) {
  define(
      name, help,
      [name, &value](const std::string& given) {
        const auto parsed = require_number<double>(name, given, "a finite number");
        if (!std::isfinite(parsed)) {
          throw InputError(concat(name, ' ', given, ": must be a finite number"));
        }
        value = parsed;
      },
      [&value] { return fmt::format("{}", value); });
}

void Options::text(const std::string& name, std::string& value, const std::string& help) {
  define(
      name, help, [&value](const std::string& given) { value = given; },
      [&value] { return quoted(value); });
}

void Options::flag(const std::string& name, bool& value, const std::string& help,
                   const std::string& negation) {
  app_->add_flag(negation.empty() ? name : name + ",!" + negation, value, help)
      ->configurable(in_files_);
  if (in_files_) lines_.push_back({name.substr(2), [&value] { return value ? "true" : "false"; }});
}

void Options::positional(const std::string& name, std::string& value, const std::string& help) {
  app_->add_option(name, value, help)->required()->configurable(false);
}

void Options::positionals(const std::string& name, std::vector<std::string>& values,
                          const std::string& help) {
  app_->add_option(name, values, help)->required()->configurable(false);
}

void Options::optional_positional(const std::string& name, std::string& value,
                                  const std::string& help) {
  app_->add_option(name, value, help)->configurable(false);
}

void Options::configuration_file(const std::string& name) {
  app_->set_config(name, "", "read options from a TOML file; flags win")->configurable(false);
}

bool Options::given(const std::string& name) const { return app_->count(name) > 0; }

std::filesystem::path Options::path(const std::string& name, const std::string& value) const {
  const bool on_command_line =
      std::any_of(arguments_.begin(), arguments_.end(), [&](const std::string& argument) {
        return argument == name || argument.starts_with(name + "=");
      });
  const CLI::Option* file = app_->get_config_ptr();
  if (on_command_line || file == nullptr || file->count() == 0) return value;
  // An absolute value replaces what stands before it.
  return std::filesystem::path(file->as<std::string>()).parent_path() / value;
}

bool Options::parse(const Arguments& arguments) {
  arguments_ = arguments;
  // CLI11 wants the arguments last first.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app_->parse(reversed);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app_->help());
    return false;
  } catch (const CLI::ConfigError& error) {
    // CLI11 says "INI was not able to parse KEY" of a key that it does not know.
    const std::string what = error.what();
    const std::size_t key = what.rfind(' ');
    throw InputError(concat(app_->get_config_ptr()->as<std::string>(), ": has the unknown option '",
                            what.substr(key == std::string::npos ? 0 : key + 1), "'"));
  } catch (const CLI::ParseError& error) {
    throw InputError(error.what());
  }
  return true;
}

std::size_t Options::parse_bytes(const std::string& name, const std::string& given) {
  constexpr std::string_view kSuffixes = "KMGT";
  std::string_view digits = given;
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
    throw InputError(concat(name, ' ', given,
                            ": must be a positive number of bytes, with K, M, G or T for powers "
                            "of 1024, such as 8G"));
  }
  return *value << shift;
}

std::string Options::to_toml() const {
  std::string text;
  for (const Line& line : lines_) text += line.key + " = " + line.write() + "\n";
  return text;
}

}  // namespace plaquette
