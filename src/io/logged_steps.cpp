#include "plaquette/io/logged_steps.hpp"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "plaquette/base/errors.hpp"

namespace plaquette {
namespace {

using Json = nlohmann::json;

std::optional<double> number(const Json& line, const char* key) {
  const auto found = line.find(key);
  if (found == line.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

std::vector<std::vector<double>> spread(const Json& line) {
  std::vector<std::vector<double>> layers;
  const auto found = line.find("attention_spread");
  if (found == line.end()) return layers;
  for (const Json& heads : *found) {
    std::vector<double>& layer = layers.emplace_back();
    for (const Json& head : heads) {
      if (head.is_number()) layer.push_back(head.get<double>());
    }
  }
  return layers;
}

std::optional<std::array<double, kPhaseNames.size()>> seconds(const Json& line) {
  const auto found = line.find("seconds");
  if (found == line.end() || !found->is_object()) return std::nullopt;
  std::array<double, kPhaseNames.size()> phases{};
  for (std::size_t phase = 0; phase < phases.size(); ++phase) {
    phases[phase] = number(*found, kPhaseNames[phase]).value_or(0.0);
  }
  return phases;
}

/// `where` names the file and the line.
LoggedStep parse(std::string_view text, const std::string& where) {
  const Json line = Json::parse(text, nullptr, false);
  if (!line.is_object()) throw InputError(where + ": is not a JSON object");
  const auto step = line.find("step");
  if (step == line.end() || !step->is_number_unsigned()) {
    throw InputError(where + ": has no 'step', a number from 1 up");
  }
  std::optional<double> energy = number(line, "energy");
  if (!energy) energy = number(line, "energy_per_site");
  if (!energy) throw InputError(where + ": has no number 'energy'");
  return {.step = step->get<std::uint64_t>(),
          .energy = *energy,
          .energy_error = number(line, "energy_error"),
          .variance = number(line, "variance"),
          .v_score = number(line, "v_score"),
          .acceptance = number(line, "acceptance"),
          .r_hat = number(line, "r_hat"),
          .tau = number(line, "tau"),
          .learning_rate = number(line, "learning_rate"),
          .diag_shift = number(line, "diag_shift"),
          .diag_shift_raises = static_cast<int>(number(line, "diag_shift_raises").value_or(0.0)),
          .attention_spread = spread(line),
          .seconds = seconds(line)};
}

}  // namespace

StepLog read_step_log(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(concat(path.string(), ": cannot be read; the run has not begun"));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  StepLog log;
  std::size_t begin = 0;
  std::size_t number = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    ++number;
    const std::string where = concat(path.string(), ", line ", number);
    const LoggedStep step = parse(std::string_view(text).substr(begin, end - begin), where);
    if (!log.steps.empty() && step.step <= log.steps.back().step) {
      throw InputError(
          concat(where, ": step ", step.step, " comes after step ", log.steps.back().step));
    }
    log.steps.push_back(step);
    begin = end + 1;
  }
  log.torn = begin < text.size();
  if (log.steps.empty()) {
    throw InputError(concat(path.string(), ": has no whole step yet; try again after the first"));
  }
  return log;
}

}  // namespace plaquette
