#include "plaquette/io/run_recorder.hpp"

#include <gtest/gtest.h>

#include "support/messages.hpp"
#include "support/restricted_child.hpp"
#include "support/scratch_directory.hpp"

namespace plaquette {
namespace {

constexpr std::size_t kDisk = 1 << 20;  // a checkpoint of the job below is far smaller

Job tiny_job() {
  Job job;
  job.L = 2;
  job.network = {.patch = 1, .d_model = 2, .heads = 1, .layers = 1, .ffn_ratio = 1};
  job.chains = 2;
  return job;
}

StepRecord record_of(std::uint64_t step) {
  StepRecord record;
  record.step = step;
  return record;
}

/// A step that is not in the log could never get there again.
TEST(RunRecorder, ACheckpointIsNotAheadOfALogThatCouldNotBeWritten) {
  const test::ScratchDirectory scratch;
  const RunDirectory directory{scratch.path()};
  const Job job = tiny_job();
  RunState state = initial_state(job, {});
  const std::size_t line = to_json_line(record_of(1)).size() + 1;
  test::put_contents(directory.log(), std::string(kDisk - 2 * line - line / 2, '\n'));
  const std::uint64_t earlier = std::filesystem::file_size(directory.log());
  const std::string said = test::message_on_full_disk(kDisk, [&] {
    RunRecorder recorder(
        directory, job, {.state = state, .log_bytes = earlier, .seconds = 0, .job_fingerprint = ""},
        {.steps = 100, .minutes = 1000});
    recorder.begin(state);
    try {
      for (state.step = 1; state.step <= 3; ++state.step) {
        recorder.step(record_of(state.step), state);
      }
    } catch (const IoError&) {
      recorder.end(state);
      throw;
    }
  });
  EXPECT_TRUE(test::mentions(said, {"IoError", "log.jsonl", "File too large"}));
  const Checkpoint saved = read_checkpoint(directory.checkpoint());
  EXPECT_EQ(saved.log_bytes, earlier + saved.state.step * line);
  EXPECT_LT(saved.state.step, 3u);
}

}  // namespace
}  // namespace plaquette
