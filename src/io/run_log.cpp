#include "plaquette/io/run_log.hpp"

#include <fcntl.h>

#include <nlohmann/json.hpp>

#include "plaquette/base/errors.hpp"

namespace plaquette {
namespace {

nlohmann::ordered_json or_null(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

}  // namespace

std::string to_json_line(const StepRecord& record) {
  nlohmann::ordered_json line;
  line["step"] = record.step;
  line["energy"] = record.energy;
  line["energy_per_site"] = record.energy;
  line["energy_error"] = record.energy_error;
  line["variance"] = record.variance;
  line["v_score"] = record.v_score;
  line["acceptance"] = record.acceptance;
  line["r_hat"] = or_null(record.r_hat);
  line["tau"] = or_null(record.tau);
  line["learning_rate"] = record.learning_rate;
  line["diag_shift"] = record.diag_shift;
  line["diag_shift_raises"] = record.diag_shift_raises;
  if (!record.attention_spread.empty()) line["attention_spread"] = record.attention_spread;
  nlohmann::ordered_json seconds;
  for (std::size_t phase = 0; phase < kPhaseNames.size(); ++phase) {
    seconds[kPhaseNames[phase]] = record.clock.seconds(static_cast<Phase>(phase));
  }
  line["seconds"] = std::move(seconds);
  return line.dump();
}

RunLog::RunLog(const std::filesystem::path& path, std::uint64_t bytes)
    : file_(path, O_WRONLY | O_CREAT), bytes_(bytes) {
  if (file_.size() < bytes) {
    throw InputError(concat(path.string(), ": has ", file_.size(),
                            " bytes, the checkpoint was written after ", bytes));
  }
  file_.truncate(bytes);
}

void RunLog::append(const StepRecord& record) {
  const std::string line = to_json_line(record) + "\n";
  file_.write(line);
  bytes_ += line.size();
}

}  // namespace plaquette
