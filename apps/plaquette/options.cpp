#include "options.hpp"

#include <CLI/CLI.hpp>

#include "fmt/core.h"

namespace plaquette {

Options::Options(const std::string& command, const std::string& purpose)
    : app_(std::make_unique<CLI::App>(purpose, "plaquette " + command)) {}

Options::~Options() = default;

void Options::define(const std::string& name, const std::string& help, const std::string& shown,
                     const std::function<void(const std::string&)>& read) {
  // Given twice, the last one counts: scripts add to what they were given.
  app_->add_option_function<std::string>(name, read, help)->default_str(shown)->take_last();
  own_.push_back(name.substr(2));
}

void Options::take(const ConfigurationOption& option, const std::string& help,
                   const std::string& shown) {
  const std::string name = "--" + option.key;
  const auto keep = [this, &option, name](const std::string& text) {
    ConfigurationValues one;
    one.add(option, text, concat(name, ' ', text));
    // A bad value is the first thing to say: what follows may be a consequence.
    Configuration anything;
    one.apply(anything);
    values_.add(std::move(one));
  };
  if (option.notation != Notation::truth) {
    app_->add_option_function<std::string>(name, keep, help)->default_str(shown)->take_last();
    return;
  }
  app_->add_flag_function(
      option.negation.empty() ? name : name + ",!--" + option.negation,
      [keep](std::int64_t count) { keep(count > 0 ? "true" : "false"); }, help);
}

void Options::configuration(OptionGroup group, const Configuration& defaults) {
  for (const ConfigurationOption& option : configuration_options()) {
    if (option.group == group) take(option, option.help, option.write(defaults));
  }
}

void Options::configuration(const std::string& key, const Configuration& defaults) {
  const ConfigurationOption& option = configuration_option(key);
  take(option, option.help, option.write(defaults));
}

void Options::configuration(const std::string& key, const std::string& help) {
  take(configuration_option(key), help, "");
}

void Options::configuration_file() {
  define("--config", "read options from a TOML file; flags win", "",
         [this](const std::string& path) { file_ = path; });
}

void Options::integer(const std::string& name, int& value, const std::string& help) {
  define(name, help, integer_form(), value);
}

void Options::number(const std::string& name, std::optional<double>& value,
                     const std::string& help) {
  define(name, help, "", [name, &value](const std::string& text) {
    value = finite_form().read(text);
    if (!value) throw InputError(concat(name, ' ', text, ": must be ", finite_form().allowed));
  });
}

void Options::text(const std::string& name, std::string& value, const std::string& help) {
  define(name, help, text_form(), value);
}

void Options::flag(const std::string& name, bool& value, const std::string& help,
                   const std::string& negation) {
  app_->add_flag(negation.empty() ? name : name + ",!" + negation, value, help);
  own_.push_back(name.substr(2));
}

void Options::positional(const std::string& name, std::string& value, const std::string& help) {
  app_->add_option(name, value, help)->required();
}

void Options::positionals(const std::string& name, std::vector<std::string>& values,
                          const std::string& help) {
  app_->add_option(name, values, help)->required();
}

void Options::optional_positional(const std::string& name, std::string& value,
                                  const std::string& help) {
  app_->add_option(name, value, help);
}

bool Options::given(const std::string& name) const {
  if (values_.has(name.substr(2))) return true;
  const CLI::Option* const option = app_->get_option_no_throw(name);
  return option != nullptr && option->count() > 0;
}

bool Options::parse(const Arguments& arguments) {
  // CLI11 wants the arguments last first.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app_->parse(reversed);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app_->help());
    return false;
  } catch (const CLI::ParseError& error) {
    throw InputError(error.what());
  }
  if (file_.empty()) return true;
  ConfigurationValues all = read_configuration_values(file_, own_);
  all.add(std::move(values_));
  values_ = std::move(all);
  return true;
}

}  // namespace plaquette
