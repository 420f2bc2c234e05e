#include "plaquette/io/checkpoint.hpp"

#include <algorithm>
#include <cmath>

#include "plaquette/io/atomic_file.hpp"
#include "plaquette/io/hdf5_file.hpp"

namespace plaquette {
namespace {

constexpr const char* kFormat = "plaquette-checkpoint";
constexpr std::int64_t kVersion = 1;

std::uint64_t counter(const Hdf5Reader& file, const std::string& name) {
  const std::int64_t value = file.integer(name);
  if (value < 0) file.refuse(concat("attribute '", name, "' is ", value, ", below 0"));
  return static_cast<std::uint64_t>(value);
}

std::vector<double> finite_numbers(const Hdf5Reader& file, const std::string& name) {
  std::vector<double> values = file.doubles(name);
  if (!std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); })) {
    file.refuse(concat("dataset '", name, "' holds a number that is not finite"));
  }
  return values;
}

ConfigurationBatch read_chains(const Hdf5Reader& file) {
  const auto sites = counter(file, "sites");
  if (sites == 0) return {};
  std::vector<std::uint64_t> words = file.words("chains");
  if (sites > static_cast<std::uint64_t>(Lattice::kMaxSites) ||
      words.size() % static_cast<std::size_t>(words_for(static_cast<int>(sites))) != 0) {
    file.refuse("dataset 'chains' does not fit the number of sites");
  }
  ConfigurationBatch chains(static_cast<int>(sites), std::move(words));
  for (std::size_t k = 0; k < chains.count(); ++k) {
    if (spin_sum(chains[k], chains.sites()) != 0) {
      file.refuse(concat("chain ", k, " has left the Sz = 0 sector"));
    }
    if (chains.sites() % 64 != 0 &&
        chains[k][chains.words_per_configuration() - 1] >> (chains.sites() % 64) != 0) {
      file.refuse(concat("chain ", k, " has spins behind the last site"));
    }
  }
  return chains;
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  const RunState& state = checkpoint.state;
  const auto write = [&](const std::filesystem::path& temporary) {
    Hdf5Writer file(temporary);
    const auto numbers = [&file](const std::string& name, const std::vector<double>& values) {
      file.doubles(name, {values.size()}, values.data());
    };
    file.text("format", kFormat);
    file.integer("version", kVersion);
    file.integer("step", static_cast<std::int64_t>(state.step));
    file.integer("sweeps", static_cast<std::int64_t>(state.sweeps));
    file.integer("sites", state.chains.sites());
    file.integer("log_bytes", static_cast<std::int64_t>(checkpoint.log_bytes));
    file.real("seconds", checkpoint.seconds);
    file.text("job", checkpoint.job_fingerprint);
    numbers("parameters", state.parameters);
    numbers("previous_direction", state.previous_direction);
    numbers("second_moment", state.second_moment);
    numbers("energy_history", state.energy_history);
    file.words("chains", state.chains.words());
    file.close();
  };
  replace_file(path, write, std::filesystem::path(path).replace_extension(".previous.h5"));
}

Checkpoint read_checkpoint(const std::filesystem::path& path) {
  const Hdf5Reader file(path);
  if (const std::string format = file.text("format"); format != kFormat) {
    file.refuse(concat("is a '", format, "' file, not a '", kFormat, "'"));
  }
  if (const std::int64_t version = file.integer("version"); version != kVersion) {
    file.refuse(concat("has version ", version, ", this program reads ", kVersion));
  }
  Checkpoint checkpoint;
  checkpoint.state.step = counter(file, "step");
  checkpoint.state.sweeps = counter(file, "sweeps");
  checkpoint.state.parameters = finite_numbers(file, "parameters");
  checkpoint.state.previous_direction = finite_numbers(file, "previous_direction");
  checkpoint.state.second_moment = finite_numbers(file, "second_moment");
  checkpoint.state.energy_history = finite_numbers(file, "energy_history");
  checkpoint.state.chains = read_chains(file);
  checkpoint.log_bytes = counter(file, "log_bytes");
  checkpoint.seconds = file.real("seconds");
  if (!std::isfinite(checkpoint.seconds) || checkpoint.seconds < 0) {
    file.refuse(concat("attribute 'seconds' is ", checkpoint.seconds));
  }
  checkpoint.job_fingerprint = file.text("job");
  return checkpoint;
}

}  // namespace plaquette
