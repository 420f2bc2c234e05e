#include <gtest/gtest.h>

#include "plaquette/base/errors.hpp"
#include "plaquette/io/resumption.hpp"
#include "support/messages.hpp"

// How a run goes on, decided without a directory.

namespace plaquette {
namespace {

/// A run of 10 steps whose learning rate falls over all of them.
Configuration ten_steps(ScheduleKind schedule) {
  Configuration configuration;
  configuration.job.steps = 10;
  configuration.job.schedule_steps = 10;
  configuration.job.schedule = schedule;
  return configuration;
}

TEST(Continuation, OfTheSameJobIsTheSame) {
  const Configuration before = ten_steps(ScheduleKind::cosine);
  const Continuation next = continued(before, {}, 4);
  EXPECT_EQ(configuration_text(next.configuration), configuration_text(before));
  EXPECT_FALSE(next.schedule);
}

TEST(Continuation, StepsBeyondTheScheduleGetTheirOwn) {
  const Configuration before = ten_steps(ScheduleKind::cosine);
  const Continuation next = continued(before, {.steps = 30}, 10);
  ASSERT_TRUE(next.schedule);
  EXPECT_EQ(next.schedule->ended, 10);
  EXPECT_EQ(next.configuration.job.schedule_start, 10);
  EXPECT_EQ(next.configuration.job.schedule_steps, 20);
  EXPECT_EQ(next.configuration.stage, 2);
  // Steps within the schedule, and a rate that never falls, leave it alone.
  const Continuation shorter = continued(before, {.steps = 8}, 4);
  EXPECT_FALSE(shorter.schedule);
  EXPECT_EQ(shorter.configuration.stage, 1);
  const Continuation constant = continued(ten_steps(ScheduleKind::constant), {.steps = 30}, 10);
  EXPECT_FALSE(constant.schedule);
  EXPECT_EQ(constant.configuration.stage, 1);
}

TEST(Continuation, ARateBeginsTheScheduleAgain) {
  const Configuration before = ten_steps(ScheduleKind::linear);
  const Continuation next = continued(before, {.learning_rate = 0.01}, 4);
  ASSERT_TRUE(next.schedule);
  EXPECT_FALSE(next.schedule->ended);
  EXPECT_EQ(next.configuration.job.learning_rate, 0.01);
  EXPECT_EQ(next.configuration.job.schedule_start, 4);
  EXPECT_EQ(next.configuration.job.schedule_steps, 6);
  const Continuation told = continued(before, {.schedule_steps = 3, .learning_rate = 0.01}, 4);
  EXPECT_EQ(told.configuration.job.schedule_steps, 3);
}

TEST(Continuation, OtherNumbersBeforeTheFirstStepAreNoStage) {
  const Configuration before = ten_steps(ScheduleKind::linear);
  SymmetryChoice choice;
  choice.spin_flip = SpinFlip::even;
  const RunChanges projected{.symmetry = choice};
  EXPECT_EQ(continued(before, projected, 0).configuration.stage, 1);
  EXPECT_EQ(continued(before, projected, 1).configuration.stage, 2);
}

TEST(Continuation, StepsThatWereDoneCannotBeTakenBack) {
  const Configuration before = ten_steps(ScheduleKind::constant);
  EXPECT_EQ(continued(before, {.steps = 5}, 5).configuration.job.steps, 5);
  EXPECT_THROW((void)continued(before, {.steps = 4}, 5), InputError);
}

}  // namespace
}  // namespace plaquette
