#include <gtest/gtest.h>

#include <algorithm>

#include "cli/process.hpp"

// Bad input gets one line that names the option, the value and what is allowed, status 2, and
// changes nothing on disk.

namespace plaquette::test {
namespace {

namespace fs = std::filesystem;

struct BadInput {
  std::vector<std::string> arguments;
  std::vector<std::string> named;  ///< what the message must contain
};

void expect_refused(const BadInput& bad, const std::string& input = "") {
  const ProcessResult result = plaquette_program(bad.arguments, input);
  std::string shown;
  for (const std::string& argument : bad.arguments) shown += argument + " ";
  EXPECT_EQ(result.status, 2) << shown << result.err;
  EXPECT_EQ(result.out, "") << shown;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << shown << result.err;
  for (const std::string& name : bad.named) {
    EXPECT_NE(result.err.find(name), std::string::npos) << shown << result.err;
  }
}

TEST(BadInput, OptionsOfRun) {
  const ScratchDirectory scratch;
  const std::string out = (scratch / "run").string();
  const std::vector<BadInput> cases = {
      {{"--L", "5"}, {"--L 5", "even"}},
      {{"--L", "0"}, {"--L 0", "even"}},
      {{"--L", "-4"}, {"--L -4", "even"}},
      {{"--L", "abc"}, {"--L abc", "integer"}},
      {{"--L", "4.5"}, {"--L 4.5", "integer"}},
      {{"--L", "99999999999"}, {"--L 99999999999", "integer"}},
      {{"--L", "6", "--patch", "4"}, {"--patch 4", "--L 6"}},
      {{"--patch", "0"}, {"--patch 0"}},
      {{"--heads", "5"}, {"--heads 5", "--d-model 8"}},
      {{"--heads", "0"}, {"--heads 0"}},
      {{"--d-model", "-16"}, {"--d-model -16"}},
      {{"--layers", "0"}, {"--layers 0"}},
      {{"--layers", "65"}, {"--layers 65", "64"}},
      {{"--ffn-ratio", "0"}, {"--ffn-ratio 0"}},
      {{"--lattice", "kagome"}, {"--lattice kagome", "square, chain"}},
      {{"--attention", "linear"}, {"--attention linear", "factored, t5, decoupled"}},
      {{"--sampler", "gibbs"}, {"--sampler gibbs", "exchange, full-sum"}},
      {{"--optimizer", "adam"}, {"--optimizer adam", "sr, spring, march"}},
      {{"--schedule", "step"}, {"--schedule step", "constant, linear, cosine"}},
      {{"--precision", "fp16"}, {"--precision fp16", "fp64, fp32"}},
      {{"--tf32", "--precision", "fp64"}, {"--tf32", "--precision fp32"}},
      {{"--tf32", "--precision", "fp32", "--backend", "cpu"}, {"--tf32", "--backend cpu"}},
      {{"--backend", "tpu"}, {"--backend tpu", "auto, cpu, cuda"}},
      {{"--chains", "0"}, {"--chains 0"}},
      {{"--chains", "-8"}, {"--chains -8"}},
      {{"--chains", "64", "--samples", "100"}, {"--samples 100", "--chains 64"}},
      {{"--sweeps", "0"}, {"--sweeps 0"}},
      {{"--exchange-range", "0"}, {"--exchange-range 0"}},
      {{"--exchange-range", "9"}, {"--exchange-range 9", "from 1 to"}},
      {{"--steps", "-1"}, {"--steps -1"}},
      {{"--steps", "1e3"}, {"--steps 1e3", "integer"}},
      {{"--learning-rate", "0"}, {"--learning-rate 0"}},
      {{"--learning-rate", "nan"}, {"--learning-rate nan", "finite"}},
      {{"--learning-rate", "inf"}, {"--learning-rate inf", "finite"}},
      {{"--diag-shift", "-1e-3"}, {"--diag-shift -0.001"}},
      {{"--momentum", "1"}, {"--momentum 1"}},
      {{"--J2", "x"}, {"--J2 x"}},
      {{"--J1", "0", "--J2", "0"}, {"--J1 0", "--J2 0"}},
      {{"--seed", "-1"}, {"--seed -1"}},
      {{"--threads", "-1"}, {"--threads -1"}},
      {{"--threads", "100000"}, {"--threads 100000"}},
      {{"--memory-limit", "8X"}, {"--memory-limit 8X", "8G"}},
      {{"--memory-limit", "1M"}, {"--memory-limit", "bytes"}},
      {{"--checkpoint-every", "0"}, {"--checkpoint-every 0"}},
      {{"--checkpoint-minutes", "-1"}, {"--checkpoint-minutes -1"}},
      {{"--L", "6", "--sampler", "full-sum"}, {"--sampler full-sum", "36 sites"}},
      {{"--initial-model", "missing.h5"}, {"missing.h5"}},
      {{"--sampling-power", "0"}, {"--sampling-power 0"}},
      {{"--sampling-power", "-1"}, {"--sampling-power -1"}},
      {{"--sampling-power", "3"}, {"--sampling-power 3"}},
      {{"--attention-every", "-1"}, {"--attention-every -1"}},
      {{"--bonds", "missing.txt"}, {"--bonds missing.txt", "cannot be read"}},
      {{"--lattice", "shastry-sutherland", "--L", "2"}, {"--L 2", "shastry-sutherland"}},
      {{"--symmetry", "mirror"}, {"--symmetry mirror", "c4v"}},
      {{"--symmetry", "translations=2x0"}, {"--symmetry translations=2x0", "from 0 to 1"}},
      {{"--symmetry", "c4v", "--lattice", "chain"}, {"--symmetry c4v", "two-dimensional"}},
      {{"--config", "missing.toml"}, {"missing.toml"}},
      {{"--frobnicate"}, {"--frobnicate"}},
      {{"stray"}, {"stray"}},
      {{"--L"}, {"--L"}},
  };
  for (BadInput bad : cases) {
    bad.arguments.insert(bad.arguments.begin(), "run");
    bad.arguments.insert(bad.arguments.end(), {"--out", out});
    expect_refused(bad);
    EXPECT_FALSE(fs::exists(out)) << bad.arguments[1];
  }
}

TEST(BadInput, CudaWithoutAGpuSaysSoInOneLine) {
  const ProcessResult info = plaquette_program({"info", "--json"});
  ASSERT_EQ(info.status, 0);
  if (info.out.find("\"backend\": \"cuda\",\n      \"usable\": true") != std::string::npos) {
    GTEST_SKIP() << "this machine has a usable GPU";
  }
  expect_refused({{"run", "--backend", "cuda", "--out", "nowhere"}, {"--backend cuda"}});
}

TEST(BadInput, RunNeedsAFreeDirectory) {
  const ScratchDirectory scratch;
  put_contents(scratch / "notes.txt", "mine");
  const std::vector<std::string> small = {"--steps", "1", "--chains", "8", "--quiet"};
  std::vector<std::string> arguments = {"run", "--out", scratch.path().string()};
  arguments.insert(arguments.end(), small.begin(), small.end());
  expect_refused({arguments, {"--out", "not empty", "--force"}});
  expect_refused({{"run", "--out", (scratch / "notes.txt").string()}, {"not a directory"}});
  expect_refused({{"run", "--steps", "1"}, {"--out"}});
  EXPECT_EQ(contents(scratch / "notes.txt"), "mine");

  // --force replaces a run, and nothing that is not a run's.
  arguments.push_back("--force");
  EXPECT_EQ(plaquette_program(arguments).status, 0);
  EXPECT_EQ(contents(scratch / "notes.txt"), "mine");
  EXPECT_TRUE(fs::exists(scratch / "summary.json"));
  // Refused before anything is touched: the old run survives a bad --force.
  const std::string summary = contents(scratch / "summary.json");
  arguments.insert(arguments.end(), {"--heads", "5"});
  expect_refused({arguments, {"--heads 5"}});
  EXPECT_EQ(contents(scratch / "summary.json"), summary);
}

TEST(BadInput, ConfigurationFile) {
  const ScratchDirectory scratch;
  const std::string file = (scratch / "job.toml").string();
  const std::string out = (scratch / "run").string();
  put_contents(file, "L = 4\nlearningrate = 0.1\n");
  expect_refused({{"run", "--config", file, "--out", out}, {"job.toml", "learningrate"}});
  put_contents(file, "heads = 5\n");
  expect_refused({{"run", "--config", file, "--out", out}, {"--heads 5"}});
  EXPECT_FALSE(fs::exists(out));
}

TEST(BadInput, LogPsi) {
  const ScratchDirectory scratch;
  const std::string model = PLAQUETTE_TEST_DATA "/4x4_b2_d8_h2_l2_f4_factored.h5";
  const auto with = [&](const std::string& input, const std::vector<std::string>& named) {
    expect_refused({{"log-psi", model, "--configurations", "-"}, named}, input);
  };
  with("+-+-\n", {"line 1", "4 characters", "16 sites"});
  with("+-+-+-+-+-+-+-+-\n+-+-+-+-+-+-+-+x\n", {"line 2", "'x'"});
  with("++++++++++++++++\n", {"line 1", "16 up", "8 of each"});
  with("", {"no configuration"});
  expect_refused({{"log-psi", model, "--configurations", "missing.txt"}, {"missing.txt"}});
  expect_refused({{"log-psi", model}, {"--configurations"}});
  expect_refused(
      {{"log-psi", (scratch / "none.h5").string(), "--configurations", "-"}, {"none.h5"}});
  put_contents(scratch / "text.h5", "not a model");
  expect_refused({{"log-psi", (scratch / "text.h5").string(), "--configurations", "-"},
                  {"text.h5", "not an HDF5 file"}},
                 "+-+-+-+-+-+-+-+-\n");
  const std::string whole = contents(model);
  put_contents(scratch / "cut.h5", whole.substr(0, whole.size() / 2));
  expect_refused({{"log-psi", (scratch / "cut.h5").string(), "--configurations", "-"}, {"cut.h5"}},
                 "+-+-+-+-+-+-+-+-\n");
}

TEST(BadInput, OtherCommands) {
  const ScratchDirectory scratch;
  expect_refused({{"frobnicate"}, {"frobnicate", "run", "exact"}});
  expect_refused({{"exact", "--L", "6"}, {"--L 6", "20"}});
  expect_refused({{"exact", "--L", "3"}, {"--L 3"}});
  expect_refused({{"exact", "--J2", "1e300"}, {"--J2 1e+300", "1e+06"}});
  expect_refused({{"exact", "--J1", "0", "--J2", "0"}, {"--J1 0", "--J2 0"}});
  expect_refused({{"exact", "--threads", "1000000"}, {"--threads 1000000", "128"}});
  put_contents(scratch / "zero.txt", "0 1 0 0\n");
  expect_refused({{"exact", "--bonds", (scratch / "zero.txt").string()}, {"zero.txt", "coupling"}});
  expect_refused({{"bench", "--repeats", "0"}, {"--repeats 0"}});
  expect_refused({{"bench", "--backends", "cpu,tpu"}, {"--backends", "tpu"}});
  expect_refused({{"bench", "--initial-model", "nowhere.h5"}, {"--initial-model nowhere.h5"}});
  expect_refused(
      {{"bench", "--initial-model", PLAQUETTE_TEST_DATA "/4x4_b2_d8_h2_l2_f4_factored.h5"},
       {"--initial-model", "not the one of this job"}});
  expect_refused({{"profile", "--repeats", "0"}, {"--repeats 0"}});
  expect_refused({{"profile", "--precision", "fp8"}, {"--precision fp8"}});
  expect_refused({{"resume", (scratch / "none").string()}, {"none", "run directory"}});
  expect_refused({{"resume", scratch.path().string()}, {"config.toml"}});
  expect_refused({{"info", (scratch / "none.h5").string()}, {"none.h5"}});
}

TEST(BadInput, MeasureAttentionExtrapolate) {
  const ScratchDirectory scratch;
  const std::string model = PLAQUETTE_TEST_DATA "/4x4_b2_d8_h2_l2_f4_factored.h5";
  for (const std::string command : {"measure", "attention"}) {
    expect_refused({{command, (scratch / "none").string()}, {"none"}});
    expect_refused({{command, scratch.path().string()}, {"config.toml"}});
    expect_refused(
        {{command, model, "--chains", "64", "--samples", "100"}, {"--samples 100", "--chains 64"}});
    expect_refused({{command, model, "--chains", "1", "--samples", "1"}, {"--samples 1"}});
    expect_refused({{command, model, "--thermalisation", "-1"}, {"--thermalisation -1"}});
    expect_refused({{command, model, "--symmetry", "c4v=Z"}, {"--symmetry c4v=Z"}});
  }
  expect_refused({{"measure", model, "--observables", "some"}, {"--observables some", "all"}});
  expect_refused({{"attention", model, "--configurations", "-"}, {"no configuration"}});
  put_contents(scratch / "file", "");
  expect_refused(
      {{"measure", model, "--out", (scratch / "file").string()}, {"--out", "not a directory"}});
  expect_refused({{"extrapolate", scratch.path().string()}, {"config.toml"}});
  const std::string run = (scratch / "run").string();
  ASSERT_EQ(
      plaquette_program({"run", "--steps", "0", "--chains", "8", "--quiet", "--out", run}).status,
      0);
  expect_refused({{"extrapolate", run}, {"at least 2 runs"}});
  put_contents(scratch / "run/summary.json", "{}");
  expect_refused({{"extrapolate", run, run}, {"summary.json", "variance"}});
}

}  // namespace
}  // namespace plaquette::test
