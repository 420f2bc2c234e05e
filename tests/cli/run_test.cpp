#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "cli/process.hpp"
#include "plaquette/io/checkpoint.hpp"
#include "plaquette/io/model_file.hpp"
#include "plaquette/io/posix_file.hpp"

// A run is never lost and always the same: interrupted, killed, out of disk, resumed, repeated.

namespace plaquette::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Says what matters here, whatever the defaults are.
const std::vector<std::string> kSmall = {"--patch",
                                         "2",
                                         "--ffn-ratio",
                                         "4",
                                         "--no-marshall",
                                         "--symmetry",
                                         "none",
                                         "--precision",
                                         "fp64",
                                         "--optimizer",
                                         "sr",
                                         "--sampling-power",
                                         "2",
                                         "--learning-rate",
                                         "0.03",
                                         "--diag-shift",
                                         "1e-3",
                                         "--d-model",
                                         "8",
                                         "--heads",
                                         "2",
                                         "--layers",
                                         "1",
                                         "--chains",
                                         "64",
                                         "--seed",
                                         "7",
                                         "--schedule",
                                         "cosine",
                                         "--quiet",
                                         "--steps"};

std::vector<std::string> small_run(const fs::path& out, int steps,
                                   const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"run"};
  arguments.insert(arguments.end(), kSmall.begin(), kSmall.end());
  arguments.insert(arguments.end(), {std::to_string(steps), "--out", out.string()});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// The log without the timings, which no two runs share.
std::string log_without_seconds(const fs::path& run) {
  std::istringstream lines(contents(run / "log.jsonl"));
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    json step = json::parse(line);
    step.erase("seconds");
    kept += step.dump() + "\n";
  }
  return kept;
}

std::size_t steps_logged(const fs::path& run) {
  if (!fs::exists(run / "log.jsonl")) return 0;
  const std::string log = contents(run / "log.jsonl");
  return static_cast<std::size_t>(std::count(log.begin(), log.end(), '\n'));
}

void wait_for_steps(const fs::path& run, std::size_t steps) {
  for (int tries = 0; tries < 3000 && steps_logged(run) < steps; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ASSERT_GE(steps_logged(run), steps);
}

void expect_same_run(const fs::path& one, const fs::path& other) {
  EXPECT_EQ(log_without_seconds(one), log_without_seconds(other));
  EXPECT_EQ(read_model(one / "model.h5").parameters, read_model(other / "model.h5").parameters);
  const json a = json::parse(contents(one / "summary.json"));
  const json b = json::parse(contents(other / "summary.json"));
  for (const char* key : {"energy_per_site", "energy_error", "variance", "v_score", "steps"}) {
    EXPECT_EQ(a.at(key), b.at(key)) << key;
  }
}

TEST(Run, WritesWhatTheContractNames) {
  const ScratchDirectory scratch;
  const ProcessResult result = plaquette_program(small_run(scratch / "run", 10, {"--json"}));
  ASSERT_EQ(result.status, 0) << result.err;
  const json summary = json::parse(result.out);
  EXPECT_EQ(summary, json::parse(contents(scratch / "run/summary.json")));
  for (const char* key : {"energy_per_site", "energy_error", "variance", "v_score", "seconds"}) {
    EXPECT_TRUE(summary.at(key).is_number()) << key;
  }
  EXPECT_EQ(summary.at("steps"), 10);
  std::istringstream log(contents(scratch / "run/log.jsonl"));
  int step = 0;
  for (std::string line; std::getline(log, line);) {
    const json record = json::parse(line);
    EXPECT_EQ(record.at("step"), ++step);
    for (const char* key : {"energy", "energy_error", "variance", "v_score", "acceptance", "r_hat",
                            "tau", "learning_rate", "seconds"}) {
      EXPECT_TRUE(record.contains(key)) << key;
    }
    for (const char* phase :
         {"sampling", "local_energy", "log_derivatives", "gram", "solve", "update"}) {
      EXPECT_GE(record.at("seconds").at(phase), 0.0) << phase;
    }
  }
  EXPECT_EQ(step, 10);
  EXPECT_TRUE(fs::exists(scratch / "run/checkpoint.h5"));
  EXPECT_EQ(read_checkpoint(scratch / "run/checkpoint.h5").state.step, 10u);
}

TEST(Run, ResumedEqualsUninterrupted) {
  const ScratchDirectory scratch;
  ASSERT_EQ(plaquette_program(small_run(scratch / "whole", 24)).status, 0);
  for (const std::string cut : {"1", "7", "23"}) {
    const fs::path run = scratch / ("cut" + cut);
    ASSERT_EQ(plaquette_program(small_run(run, std::stoi(cut), {"--schedule-steps", "24"})).status,
              0);
    const ProcessResult resumed =
        plaquette_program({"resume", run.string(), "--steps", "24", "--quiet"});
    ASSERT_EQ(resumed.status, 0) << resumed.err;
    expect_same_run(scratch / "whole", run);
  }
}

TEST(Run, SpringAndMarchResumeToo) {
  for (const std::string optimizer : {"spring", "march"}) {
    const ScratchDirectory scratch;
    const std::vector<std::string> more = {"--optimizer", optimizer, "--schedule-steps", "12"};
    ASSERT_EQ(plaquette_program(small_run(scratch / "whole", 12, more)).status, 0);
    ASSERT_EQ(plaquette_program(small_run(scratch / "cut", 5, more)).status, 0);
    ASSERT_EQ(plaquette_program({"resume", (scratch / "cut").string(), "--steps", "12", "--quiet"})
                  .status,
              0);
    expect_same_run(scratch / "whole", scratch / "cut");
  }
}

TEST(Run, SurvivesKillAndSignals) {
  const ScratchDirectory scratch;
  const std::vector<std::string> more = {"--checkpoint-every", "4"};
  ASSERT_EQ(plaquette_program(small_run(scratch / "whole", 60, more)).status, 0);
  const std::vector<std::pair<int, int>> signals = {
      {SIGKILL, 128 + SIGKILL}, {SIGINT, 130}, {SIGTERM, 143}, {SIGUSR1, 138}};
  for (const auto& [signal, status] : signals) {
    const fs::path run = scratch / ("signal" + std::to_string(signal));
    Process process(small_run(run, 60, more));
    wait_for_steps(run, 6);
    process.signal(signal);
    EXPECT_EQ(process.wait().status, status);
    const std::uint64_t saved = read_checkpoint(run / "checkpoint.h5").state.step;
    EXPECT_LT(saved, 60u);
    EXPECT_GE(saved + 4, steps_logged(run));
    if (signal != SIGKILL) {
      EXPECT_EQ(saved, steps_logged(run));
    }
    ASSERT_EQ(plaquette_program({"resume", run.string(), "--quiet"}).status, 0);
    expect_same_run(scratch / "whole", run);
  }
}

TEST(Run, AFullDiskCostsAtMostTheStepsSinceTheCheckpoint) {
  const ScratchDirectory scratch;
  const std::vector<std::string> more = {"--checkpoint-every", "3"};
  ASSERT_EQ(plaquette_program(small_run(scratch / "whole", 40, more)).status, 0);
  // No file may grow beyond this: the log hits it first, long after many checkpoints.
  const std::size_t limit = std::max(fs::file_size(scratch / "whole/checkpoint.h5"),
                                     fs::file_size(scratch / "whole/model.h5")) +
                            1000;
  const fs::path run = scratch / "full";
  Process process(small_run(run, 4000, {"--checkpoint-every", "3", "--schedule-steps", "40"}), "",
                  limit);
  const ProcessResult result = process.wait();
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_NE(result.err.find(run.string()), std::string::npos) << result.err;
  const std::uint64_t saved = read_checkpoint(run / "checkpoint.h5").state.step;
  EXPECT_GE(saved + 3, steps_logged(run));
  EXPECT_GT(saved, 0u);
  const ProcessResult resumed =
      plaquette_program({"resume", run.string(), "--steps", std::to_string(saved + 2), "--quiet"});
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(steps_logged(run), saved + 2);
}

TEST(Run, ResumeRefusesWhatItCannotContinue) {
  const ScratchDirectory scratch;
  const fs::path run = scratch / "run";
  ASSERT_EQ(plaquette_program(small_run(run, 6, {"--checkpoint-every", "2"})).status, 0);
  const std::string checkpoint = contents(run / "checkpoint.h5");

  put_contents(run / "checkpoint.h5", checkpoint.substr(0, checkpoint.size() / 2));
  ProcessResult result = plaquette_program({"resume", run.string(), "--steps", "8"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("checkpoint.h5"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("--previous"), std::string::npos) << result.err;
  EXPECT_EQ(plaquette_program({"resume", run.string(), "--previous", "--quiet"}).status, 0);

  put_contents(run / "checkpoint.h5", checkpoint);
  std::string config = contents(run / "config.toml");
  const std::string good = config;
  config.replace(config.find("seed = 7"), 8, "seed = 8");
  put_contents(run / "config.toml", config);
  result = plaquette_program({"resume", run.string()});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("config.toml"), std::string::npos) << result.err;
  put_contents(run / "config.toml", good);

  result = plaquette_program({"resume", run.string(), "--steps", "3"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("--steps 3"), std::string::npos) << result.err;
}

/// The same job under a program that knew fewer options.
TEST(Run, ResumesTheCheckpointOfAnOlderProgram) {
  const ScratchDirectory scratch;
  ASSERT_EQ(plaquette_program(small_run(scratch / "run", 4)).status, 0);
  Checkpoint checkpoint = read_checkpoint(scratch / "run/checkpoint.h5");
  const std::string line = "tf32 = false\n";
  const std::size_t at = checkpoint.job_fingerprint.find(line);
  ASSERT_NE(at, std::string::npos);
  checkpoint.job_fingerprint.erase(at, line.size());
  write_checkpoint(scratch / "run/checkpoint.h5", checkpoint);
  const std::string run = (scratch / "run").string();
  ASSERT_EQ(plaquette_program({"resume", run, "--steps", "5", "--quiet"}).status, 0);

  checkpoint.job_fingerprint.insert(at, "tf32 = true\n");
  write_checkpoint(scratch / "run/checkpoint.h5", checkpoint);
  EXPECT_EQ(plaquette_program({"resume", run, "--steps", "6", "--quiet"}).status, 2);
}

TEST(Run, ResumeRefusesACheckpointOfAnotherShape) {
  const ScratchDirectory scratch;
  const fs::path run = scratch / "run";
  ASSERT_EQ(plaquette_program(small_run(run, 4, {"--optimizer", "march"})).status, 0);
  const Checkpoint good = read_checkpoint(run / "checkpoint.h5");
  const std::vector<std::pair<const char*, std::function<void(RunState&)>>> damages = {
      {"parameters", [](RunState& state) { state.parameters.pop_back(); }},
      {"last direction", [](RunState& state) { state.previous_direction.clear(); }},
      {"second moments", [](RunState& state) { state.second_moment.push_back(1); }},
      {"below 0", [](RunState& state) { state.second_moment[3] = -1; }},
      {"chains", [](RunState& state) { state.chains = {}; }},
      {"energies", [](RunState& state) { state.energy_history.pop_back(); }}};
  for (const auto& [named, damage] : damages) {
    Checkpoint bad = good;
    damage(bad.state);
    write_checkpoint(run / "checkpoint.h5", bad);
    for (const std::string command : {"resume", "measure"}) {
      const ProcessResult result = plaquette_program({command, run.string(), "--quiet"});
      EXPECT_EQ(result.status, 2) << named << ": " << result.err;
      EXPECT_NE(result.err.find(named), std::string::npos) << result.err;
    }
  }
}

TEST(Run, OneProcessADirectory) {
  const ScratchDirectory scratch;
  const fs::path run = scratch / "run";
  Process first(small_run(run, 100000));
  wait_for_steps(run, 2);
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"resume", run.string()}, small_run(run, 3, {"--force"})}) {
    const ProcessResult second = plaquette_program(arguments);
    EXPECT_EQ(second.status, 2);
    EXPECT_NE(second.err.find("another process"), std::string::npos) << second.err;
  }
  first.signal(SIGINT);
  EXPECT_EQ(first.wait().status, 130);
  const std::string next = std::to_string(steps_logged(run) + 1);
  EXPECT_EQ(plaquette_program({"resume", run.string(), "--steps", next, "--quiet"}).status, 0);
}

TEST(Run, MessagesThatNobodyTakesDoNotEndIt) {
  const ScratchDirectory scratch;
  std::vector<std::string> arguments = small_run(scratch / "run", 3);
  std::erase(arguments, "--quiet");
  EXPECT_EQ(Process(arguments, "", 0, "/dev/full").wait().status, 0);
  EXPECT_EQ(steps_logged(scratch / "run"), 3u);
  EXPECT_EQ(Process({"run", "--L", "3"}, "", 0, "/dev/full").wait().status, 2);
}

TEST(Run, ConfigurationFileRepeatsTheRunOnAnyThreadsAndMemory) {
  const ScratchDirectory scratch;
  ASSERT_EQ(plaquette_program(small_run(scratch / "one", 12, {"--threads", "1"})).status, 0);
  const std::string config = (scratch / "one/config.toml").string();
  ASSERT_EQ(plaquette_program({"run", "--config", config, "--threads", "2", "--memory-limit", "64M",
                               "--quiet", "--out", (scratch / "two").string()})
                .status,
            0);
  expect_same_run(scratch / "one", scratch / "two");
}

TEST(Run, StopsWithinALongThermalisation) {
  const ScratchDirectory scratch;
  Process process(small_run(scratch / "run", 3, {"--thermalisation", "1000000"}));
  for (int tries = 0; tries < 500 && !fs::exists(scratch / "run/checkpoint.h5"); ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  process.signal(SIGTERM);
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_EQ(process.wait().status, 143);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(5));
  EXPECT_EQ(read_checkpoint(scratch / "run/checkpoint.h5").state.step, 0u);
}

double logged_rate(const fs::path& run, std::size_t step) {
  std::istringstream lines(contents(run / "log.jsonl"));
  std::string line;
  for (std::size_t k = 0; k < step; ++k) std::getline(lines, line);
  return json::parse(line).at("learning_rate");
}

/// The resolved options of `run --dry-run` with these flags: key = value.
std::string resolved(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {"run", "--dry-run"});
  const ProcessResult result = plaquette_program(flags);
  EXPECT_EQ(result.status, 0) << result.err;
  return result.out;
}

TEST(Run, ChoosesByTheLatticeAndSaysSo) {
  const auto has = [](const std::string& text, const std::string& line) {
    return text.find("\n" + line + "\n") != std::string::npos;
  };
  const std::string small = resolved({});
  EXPECT_TRUE(has(small, "marshall = true") && has(small, "patch = 1") &&
              has(small, "symmetry = \"c4v=A1\"") && has(small, "samples = 256") &&
              has(small, "steps = 150") && has(small, "schedule-steps = 150"))
      << small;
  const std::string large = resolved({"--L", "10", "--no-marshall", "--diag-shift", "1e-5"});
  EXPECT_TRUE(has(large, "marshall = false") && has(large, "patch = 2") &&
              has(large, "symmetry = \"none\"") && has(large, "samples = 2048"))
      << large;
  EXPECT_TRUE(has(large, "diag-shift-schedule = \"constant\"")) << large;

  const ScratchDirectory scratch;
  const ProcessResult run = plaquette_program({"run", "--steps", "1", "--chains", "4", "--patch",
                                               "2", "--out", (scratch / "run").string()});
  EXPECT_NE(run.err.find("chosen for this magnet: --marshall --symmetry c4v=A1 --d-model 8 "
                         "--sampling-power 1 --optimizer spring --diag-shift 0.01 "
                         "--diag-shift-end 0.0001\n"),
            std::string::npos)
      << run.err;
}

/// What a file leaves out had, when the file was written, not the values of today's defaults.
TEST(Run, ResumesAConfigurationWithoutTheLaterOptions) {
  const ScratchDirectory scratch;
  const fs::path run = scratch / "run";
  ASSERT_EQ(plaquette_program(small_run(run, 2)).status, 0);
  std::string config = contents(run / "config.toml");
  Checkpoint checkpoint = read_checkpoint(run / "checkpoint.h5");
  for (const std::string line : {"sampling-power = 2\n", "diag-shift-schedule = \"constant\"\n",
                                 "diag-shift-end = 0.0001\n"}) {
    for (std::string* text : {&config, &checkpoint.job_fingerprint}) {
      const std::size_t at = text->find(line);
      ASSERT_NE(at, std::string::npos) << line;
      text->erase(at, line.size());
    }
  }
  put_contents(run / "config.toml", config);
  write_checkpoint(run / "checkpoint.h5", checkpoint);
  const ProcessResult result =
      plaquette_program({"resume", run.string(), "--steps", "3", "--quiet"});
  EXPECT_EQ(result.status, 0) << result.err;
}

TEST(Run, AnExtendedRunLearns) {
  const ScratchDirectory scratch;
  const fs::path run = scratch / "run";
  ASSERT_EQ(plaquette_program(small_run(run, 4)).status, 0);
  ProcessResult result = plaquette_program({"resume", run.string(), "--steps", "8", "--quiet"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("step 4 to 8"), std::string::npos) << result.err;
  EXPECT_EQ(logged_rate(run, 5), 0.03);
  EXPECT_GT(logged_rate(run, 8), 0.0);
  result = plaquette_program({"resume", run.string(), "--steps", "12", "--quiet", "--learning-rate",
                              "0.01", "--schedule-steps", "2"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(logged_rate(run, 9), 0.01);
  EXPECT_EQ(logged_rate(run, 11), 0.0);
  EXPECT_NE(result.err.find("step 11: the learning rate is 0"), std::string::npos) << result.err;
  // Its configuration is that of the last stage, and says so.
  result = plaquette_program(
      {"run", "--config", (run / "config.toml").string(), "--out", (scratch / "again").string()});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("stage"), std::string::npos) << result.err;
  EXPECT_TRUE(fs::exists(run / "config.stage-1.toml"));
  EXPECT_TRUE(fs::exists(run / "config.stage-2.toml"));
  EXPECT_FALSE(fs::exists(scratch / "again"));
}

/// As if two sessions had been killed between their configuration and their first checkpoint.
TEST(Run, GoesOnFromACheckpointOfAnyEarlierStage) {
  const ScratchDirectory scratch;
  const fs::path run = scratch / "run";
  ASSERT_EQ(plaquette_program(small_run(run, 2)).status, 0);
  const std::string checkpoint = contents(run / "checkpoint.h5");
  for (const char* rate : {"0.02", "0.01"}) {
    ASSERT_EQ(plaquette_program({"resume", run.string(), "--steps", rate[3] == '2' ? "3" : "4",
                                 "--learning-rate", rate, "--quiet"})
                  .status,
              0);
  }
  ASSERT_TRUE(fs::exists(run / "config.stage-2.toml"));
  put_contents(run / "checkpoint.h5", checkpoint);
  ProcessResult result = plaquette_program({"measure", run.string(), "--quiet"});
  EXPECT_EQ(result.status, 0) << result.err;
  result = plaquette_program({"resume", run.string(), "--quiet"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(read_checkpoint(run / "checkpoint.h5").state.step, 4u);
  // A file that someone has edited is still refused.
  std::string edited = contents(run / "config.toml");
  const std::string heads = "heads = 2\n";
  ASSERT_NE(edited.find(heads), std::string::npos);
  edited.replace(edited.find(heads), heads.size(), "heads = 4\n");
  put_contents(run / "config.toml", edited);
  EXPECT_EQ(plaquette_program({"resume", run.string(), "--quiet"}).status, 2);
}

TEST(Run, OnlyOneOfTwoThatStartTogether) {
  const ScratchDirectory scratch;
  for (int round = 0; round < 8; ++round) {
    const fs::path run = scratch / ("run" + std::to_string(round));
    Process first(small_run(run, 1));
    Process second(small_run(run, 1));
    const int one = first.wait().status;
    const int other = second.wait().status;
    EXPECT_EQ(std::min(one, other), 0);
    EXPECT_EQ(std::max(one, other), 2);
  }
}

TEST(Run, SaysThatACheckpointIsLocked) {
  const ScratchDirectory scratch;
  const fs::path run = scratch / "run";
  ASSERT_EQ(plaquette_program(small_run(run, 2)).status, 0);
  PosixFile writer(run / "checkpoint.h5", O_RDWR);
  ASSERT_TRUE(writer.try_lock());
  const ProcessResult result = plaquette_program({"resume", run.string(), "--steps", "3"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("locked"), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("--previous"), std::string::npos) << result.err;
}

TEST(Run, AsksBeforeTheWorkWhetherItsFilesCanBeWritten) {
  const ScratchDirectory scratch;
  const fs::path run = scratch / "run";
  ASSERT_EQ(plaquette_program(small_run(run, 2)).status, 0);
  fs::remove(run / "summary.json");
  fs::create_directory(run / "summary.json");
  const std::string config = contents(run / "config.toml");
  const ProcessResult result = plaquette_program({"resume", run.string(), "--steps", "4"});
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.err.find("summary.json"), std::string::npos) << result.err;
  EXPECT_EQ(steps_logged(run), 2u);
  EXPECT_EQ(contents(run / "config.toml"), config);
}

TEST(Run, PrintsWhatItFoundWhenItCannotWriteIt) {
  const ScratchDirectory scratch;
  const fs::path run = scratch / "run";
  Process process(small_run(run, 30));
  wait_for_steps(run, 1);
  fs::create_directory(run / "summary.json");
  const ProcessResult result = process.wait();
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.out.find("energy per site"), std::string::npos) << result.out;
}

TEST(Run, DryRunWritesNothing) {
  const ScratchDirectory scratch;
  const ProcessResult result = plaquette_program(small_run(scratch / "run", 10, {"--dry-run"}));
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.out.find("d-model = 8"), std::string::npos);
  EXPECT_NE(result.out.find("Gram matrix"), std::string::npos);
  EXPECT_FALSE(fs::exists(scratch / "run"));
}

TEST(Run, StartsFromAGivenModel) {
  const ScratchDirectory scratch;
  ASSERT_EQ(plaquette_program(small_run(scratch / "first", 5)).status, 0);
  const std::string model = (scratch / "first/model.h5").string();
  ASSERT_EQ(plaquette_program(small_run(scratch / "none", 0, {"--initial-model", model})).status,
            0);
  EXPECT_EQ(read_model(model).parameters, read_model(scratch / "none/model.h5").parameters);
  // A run may be replaced by one that starts from its own model, and be repeated all the same.
  const std::string first = (scratch / "first").string();
  ASSERT_EQ(plaquette_program(small_run(first, 5, {"--initial-model", model, "--force"})).status,
            0);
  ASSERT_EQ(plaquette_program({"run", "--config", first + "/config.toml", "--quiet", "--out",
                               (scratch / "again").string()})
                .status,
            0);
  expect_same_run(first, scratch / "again");
  const ProcessResult result =
      plaquette_program(small_run(scratch / "other", 5, {"--initial-model", model, "--L", "6"}));
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("--initial-model"), std::string::npos);
}

}  // namespace
}  // namespace plaquette::test
