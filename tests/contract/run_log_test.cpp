#include "plaquette/io/run_log.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "plaquette/base/errors.hpp"
#include "support/messages.hpp"
#include "support/restricted_child.hpp"
#include "support/scratch_directory.hpp"

namespace plaquette {
namespace {

using test::contents;
using test::mentions;
using test::message_of;

StepRecord some_record(std::uint64_t step) {
  StepRecord record;
  record.step = step;
  record.energy = -0.1 - 0.2;
  record.energy_error = 1.0 / 3.0;
  record.variance = 1e-300;
  record.v_score = 5e-324;
  record.acceptance = 0.25;
  record.learning_rate = 0.03;
  record.diag_shift = 1e-4;
  record.diag_shift_raises = 2;
  return record;
}

TEST(RunLog, ALineHasEveryKeyAndRoundTripsItsNumbers) {
  StepRecord record = some_record(7);
  const auto early = nlohmann::json::parse(to_json_line(record));
  EXPECT_EQ(early.at("step"), 7);
  EXPECT_EQ(early.at("energy").get<double>(), record.energy);
  // The same under the name that the summary has.
  EXPECT_EQ(early.at("energy_per_site").get<double>(), record.energy);
  EXPECT_EQ(early.at("energy_error").get<double>(), record.energy_error);
  EXPECT_EQ(early.at("variance").get<double>(), record.variance);
  EXPECT_EQ(early.at("v_score").get<double>(), record.v_score);
  EXPECT_EQ(early.at("acceptance").get<double>(), record.acceptance);
  EXPECT_TRUE(early.at("r_hat").is_null());
  EXPECT_TRUE(early.at("tau").is_null());
  EXPECT_EQ(early.at("learning_rate").get<double>(), record.learning_rate);
  EXPECT_EQ(early.at("diag_shift").get<double>(), record.diag_shift);
  EXPECT_EQ(early.at("diag_shift_raises"), 2);
  EXPECT_EQ(early.at("seconds").size(), kPhaseNames.size());
  for (const char* phase : kPhaseNames) EXPECT_TRUE(early.at("seconds").at(phase).is_number());
  EXPECT_EQ(early.size(), 13u);

  record.r_hat = 1.01;
  record.tau = 2.5;
  const auto late = nlohmann::json::parse(to_json_line(record));
  EXPECT_EQ(late.at("r_hat").get<double>(), 1.01);
  EXPECT_EQ(late.at("tau").get<double>(), 2.5);
}

TEST(RunLog, AppendsAndCountsBytes) {
  const test::ScratchDirectory scratch;
  const auto path = scratch / "log.jsonl";
  {
    RunLog log(path, 0);
    EXPECT_EQ(log.bytes(), 0u);
    log.append(some_record(1));
    log.append(some_record(2));
    log.sync();
    EXPECT_EQ(log.bytes(), std::filesystem::file_size(path));
  }
  std::istringstream lines(contents(path));
  std::string line;
  for (int step = 1; step <= 2; ++step) {
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(nlohmann::json::parse(line).at("step"), step);
  }
  EXPECT_FALSE(std::getline(lines, line));
}

TEST(RunLog, CutsOffWhatTheCheckpointDoesNotKnow) {
  const test::ScratchDirectory scratch;
  const auto path = scratch / "log.jsonl";
  std::uint64_t known = 0;
  {
    RunLog log(path, 0);
    log.append(some_record(1));
    known = log.bytes();
    log.append(some_record(2));
    log.append(some_record(3));
  }
  const std::string first_line = contents(path).substr(0, known);
  RunLog log(path, known);
  EXPECT_EQ(contents(path), first_line);
  log.append(some_record(2));
  EXPECT_EQ(contents(path), first_line + to_json_line(some_record(2)) + "\n");
  EXPECT_EQ(log.bytes(), std::filesystem::file_size(path));
}

TEST(RunLog, RefusesAFileShorterThanTheCheckpointSays) {
  const test::ScratchDirectory scratch;
  const auto path = scratch / "log.jsonl";
  test::put_contents(path, "{}\n");
  EXPECT_TRUE(mentions(message_of<InputError>([&] { RunLog(path, 4); }), {"log.jsonl", "3", "4"}));
  EXPECT_EQ(contents(path), "{}\n");
}

TEST(RunLog, SaysWhyItCannotWrite) {
  const test::ScratchDirectory scratch;
  EXPECT_TRUE(mentions(message_of<IoError>([&] { RunLog(scratch / "absent/log.jsonl", 0); }),
                       {"absent/log.jsonl", "No such file"}));
  const auto path = scratch / "log.jsonl";
  const std::string said = test::message_on_full_disk(1000, [&] {
    RunLog log(path, 0);
    for (std::uint64_t step = 1; step < 100; ++step) log.append(some_record(step));
  });
  EXPECT_TRUE(mentions(said, {"IoError", "log.jsonl", "File too large"}));
}

}  // namespace
}  // namespace plaquette
