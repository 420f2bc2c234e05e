#include <gtest/gtest.h>

#include <cmath>

#include "cli/process.hpp"
#include "plaquette/io/run_log.hpp"
#include "support/messages.hpp"

// report from outside. tests/tools/report_test.py reads what it draws.

namespace plaquette::test {
namespace {

namespace fs = std::filesystem;

/// A run directory that report reads, without having run.
void put_run(const fs::path& directory, std::uint64_t steps,
             const std::string& configuration = "L = 4\nmarshall = true\n") {
  fs::create_directories(directory);
  put_contents(directory / "config.toml", configuration);
  RunLog log(directory / "log.jsonl", 0);
  for (std::uint64_t step = 1; step <= steps; ++step) {
    StepRecord record;
    record.step = step;
    record.energy = -0.5 + 0.3 * std::exp(-0.1 * static_cast<double>(step));
    record.energy_error = 1e-3;
    record.variance = 1e-3 / static_cast<double>(step);
    record.v_score = record.variance;
    log.append(record);
  }
}

/// Ends with status 2 and one line that has these parts.
void expect_refused(const std::vector<std::string>& arguments,
                    std::initializer_list<std::string> parts) {
  const ProcessResult result = plaquette_program(arguments);
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_TRUE(mentions(result.err, parts));
}

TEST(Report, WritesAPageIntoTheRunsDirectory) {
  const ScratchDirectory scratch;
  put_run(scratch / "run", 40);
  const ProcessResult result = plaquette_program({"report", (scratch / "run").string()});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, (scratch / "run/report.html").string() + "\n");
  const std::string page = contents(scratch / "run/report.html");
  EXPECT_TRUE(mentions(page, {"<svg", "-0.52862021", "exact diagonalisation", "step 40 of 300"}));
}

TEST(Report, NothingIsOverwrittenUnasked) {
  const ScratchDirectory scratch;
  put_run(scratch / "run", 3);
  const std::string page = (scratch / "page.html").string();
  put_contents(page, "mine");
  const std::string run = (scratch / "run").string();
  expect_refused({"report", run, "--out", page}, {page, "--force"});
  EXPECT_EQ(contents(page), "mine");
  EXPECT_EQ(plaquette_program({"report", run, "--out", page, "--force"}).status, 0);
  EXPECT_NE(contents(page), "mine");
  expect_refused({"report", run, "--out", scratch.path().string()}, {"directory"});
  EXPECT_EQ(entries(scratch.path()), 2);
}

TEST(Report, SaysWhatIsNoRun) {
  const ScratchDirectory scratch;
  const auto at = [&](const char* name) { return (scratch / name).string(); };
  expect_refused({"report"}, {"DIR"});
  expect_refused({"report", at("absent")}, {"absent", "not a run directory"});
  put_run(scratch / "good", 3);
  put_run(scratch / "empty", 0);
  expect_refused({"report", at("good"), at("empty"), "--out", at("page.html")},
                 {"empty/log.jsonl", "no whole step"});
  EXPECT_FALSE(fs::exists(scratch / "page.html"));
  put_run(scratch / "odd", 3, "L = 4\nJ3 = 1\n");
  expect_refused({"report", at("odd")}, {"odd/config.toml", "J3"});
  put_contents(scratch / "good/measure.json", "{\"energy_per_site\": ");
  expect_refused({"report", at("good")}, {"good/measure.json", "cut off"});
  put_contents(scratch / "good/measure.json", "{\"energy_per_site\": \"low\"}");
  expect_refused({"report", at("good")}, {"good/measure.json"});
  expect_refused({"report", at("good"), "--reference", "low"}, {"--reference low"});
  expect_refused({"report", at("good"), "--reference", "0"}, {"--reference 0"});
}

TEST(Report, SeveralRunsAreOnOnePage) {
  const ScratchDirectory scratch;
  put_run(scratch / "a/run", 40);
  put_run(scratch / "b/run", 30);
  const auto at = [&](const char* name) { return (scratch / name).string(); };
  const ProcessResult result = plaquette_program(
      {"report", at("a/run"), at("b/run"), "--reference", "-0.51", "--out", at("page.html")});
  ASSERT_EQ(result.status, 0) << result.err;
  // Of one name, they are told apart by their paths.
  EXPECT_TRUE(
      mentions(contents(scratch / "page.html"),
               {at("a/run") + "</th>", at("b/run") + "</th>", "-0.51000000 (--reference)"}));
}

}  // namespace
}  // namespace plaquette::test
