#include "plaquette/io/logged_steps.hpp"

#include <gtest/gtest.h>

#include "plaquette/base/errors.hpp"
#include "plaquette/io/run_log.hpp"
#include "support/messages.hpp"
#include "support/scratch_directory.hpp"

namespace plaquette::test {
namespace {

TEST(LoggedSteps, ReadsWhatTheLogWrote) {
  const ScratchDirectory scratch;
  const auto path = scratch / "log.jsonl";
  StepRecord record;
  record.step = 1;
  record.energy = -0.1 - 0.2;
  record.energy_error = 1.0 / 3.0;
  record.v_score = 5e-324;
  record.diag_shift_raises = 2;
  {
    RunLog log(path, 0);
    log.append(record);
    record.step = 2;
    record.r_hat = 1.25;
    record.tau = 2.5;
    record.attention_spread = {{0.1, 0.2}, {0.3, 0.4}};
    log.append(record);
  }
  const StepLog log = read_step_log(path);
  ASSERT_EQ(log.steps.size(), 2u);
  EXPECT_FALSE(log.torn);
  EXPECT_EQ(log.steps[0].energy, record.energy);
  EXPECT_EQ(log.steps[0].energy_error, record.energy_error);
  EXPECT_EQ(log.steps[0].v_score, record.v_score);
  EXPECT_EQ(log.steps[0].diag_shift_raises, 2);
  EXPECT_FALSE(log.steps[0].r_hat || log.steps[0].tau);
  EXPECT_EQ(log.steps[1].step, 2u);
  EXPECT_EQ(log.steps[1].r_hat, 1.25);
  EXPECT_EQ(log.steps[1].tau, 2.5);
  EXPECT_EQ(log.steps[1].attention_spread, record.attention_spread);
  EXPECT_TRUE(log.steps[1].seconds);
}

TEST(LoggedSteps, ALineThatIsBeingWrittenIsLeftOut) {
  const ScratchDirectory scratch;
  const auto path = scratch / "log.jsonl";
  StepRecord record;
  record.step = 1;
  const std::string whole = to_json_line(record) + "\n";
  record.step = 2;
  const std::string next = to_json_line(record) + "\n";
  for (std::size_t bytes = 1; bytes < next.size(); ++bytes) {
    put_contents(path, whole + next.substr(0, bytes));
    const StepLog log = read_step_log(path);
    ASSERT_EQ(log.steps.size(), 1u) << bytes;
    ASSERT_TRUE(log.torn) << bytes;
  }
}

TEST(LoggedSteps, AnOlderProgramLoggedLess) {
  const ScratchDirectory scratch;
  const auto path = scratch / "log.jsonl";
  put_contents(
      path, "{\"step\":1,\"energy\":-0.5}\n{\"step\":2,\"energy_per_site\":-0.6,\"tau\":null}\n");
  const StepLog log = read_step_log(path);
  EXPECT_EQ(log.steps[0].energy, -0.5);
  EXPECT_EQ(log.steps[1].energy, -0.6);
  EXPECT_FALSE(log.steps[0].energy_error || log.steps[0].learning_rate || log.steps[0].seconds);
  EXPECT_FALSE(log.steps[1].tau);
}

TEST(LoggedSteps, SaysWhichLineIsWrong) {
  const ScratchDirectory scratch;
  const auto path = scratch / "log.jsonl";
  const auto message = [&](const std::string& text) {
    put_contents(path, text);
    return message_of<InputError>([&] { read_step_log(path); });
  };
  const std::string first = "{\"step\":1,\"energy\":-0.5}\n";
  EXPECT_TRUE(mentions(message(""), {"log.jsonl", "no whole step"}));
  EXPECT_TRUE(mentions(message("{\"step\":1"), {"log.jsonl", "no whole step"}));
  EXPECT_TRUE(mentions(message(first + "{\"step\":2,\n"), {"log.jsonl, line 2", "JSON"}));
  EXPECT_TRUE(mentions(message("[1]\n"), {"line 1", "JSON object"}));
  EXPECT_TRUE(mentions(message("{\"energy\":-0.5}\n"), {"line 1", "'step'"}));
  EXPECT_TRUE(mentions(message(first + "{\"step\":2,\"energy\":null}\n"), {"line 2", "'energy'"}));
  EXPECT_TRUE(mentions(message(first + first), {"line 2", "step 1"}));
  EXPECT_TRUE(mentions(message_of<InputError>([&] { read_step_log(scratch / "absent"); }),
                       {"absent", "not begun"}));
}

}  // namespace
}  // namespace plaquette::test
