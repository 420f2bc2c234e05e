#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/process.hpp"
#include "plaquette/io/hdf5_file.hpp"

// measure, attention and extrapolate from outside; magnets given by files; runs continued with a
// projection.

namespace plaquette::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::vector<std::string> with(std::vector<std::string> first,
                              const std::vector<std::string>& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

/// Says what matters here, whatever the defaults are: no sign rule and no projection, unless
/// `more` asks for them.
ProcessResult run(const fs::path& out, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {
      "run",  "--d-model",   "8",        "--heads",      "2",    "--layers",
      "1",    "--ffn-ratio", "4",        "--patch",      "2",    "--sampling-power",
      "2",    "--precision", "fp64",     "--optimizer",  "sr",   "--learning-rate",
      "0.03", "--schedule",  "constant", "--diag-shift", "1e-3", "--chains",
      "64",   "--quiet",     "--out",    out.string()};
  const auto asked = [&](const char* flag) {
    return std::find(more.begin(), more.end(), flag) != more.end();
  };
  if (!asked("--marshall")) arguments.emplace_back("--no-marshall");
  if (!asked("--symmetry")) arguments.insert(arguments.end(), {"--symmetry", "none"});
  return plaquette_program(with(arguments, more));
}

/// Succeeds and returns stdout as JSON.
json parsed(const std::vector<std::string>& arguments) {
  const ProcessResult result = plaquette_program(with(arguments, {"--json"}));
  EXPECT_EQ(result.status, 0) << result.err;
  return json::parse(result.out);
}

TEST(Measure, WritesTheSameNumbersAsJsonAndHdf5) {
  const ScratchDirectory scratch;
  const std::string directory = (scratch / "run").string();
  ASSERT_EQ(run(directory, {"--steps", "10"}).status, 0);
  const json found = parsed({"measure", directory, "--samples", "512"});
  EXPECT_EQ(found, json::parse(contents(scratch / "run/measure.json")));
  EXPECT_EQ(found.at("samples"), 512);
  EXPECT_GT(found.at("energy_error"), 0);
  const Hdf5Reader file(scratch / "run/measure.h5");
  EXPECT_EQ(file.doubles("energy_per_site").at(0), found.at("energy_per_site"));
  EXPECT_EQ(file.shape("structure_factor/mean"), (std::vector<std::size_t>{4, 4}));
  const auto C = file.doubles("spin_correlations/mean");
  EXPECT_EQ(C.at(5), found.at("spin_correlations").at("mean").at(1).at(1));
  EXPECT_EQ(found.at("dimer_correlations").size(), 3u);

  // Nothing is overwritten unasked; a measurement can be repeated to the bit.
  const ProcessResult again = plaquette_program({"measure", directory, "--samples", "512"});
  EXPECT_EQ(again.status, 2);
  EXPECT_NE(again.err.find("--force"), std::string::npos) << again.err;
  EXPECT_EQ(parsed({"measure", directory, "--samples", "512", "--force", "--threads", "1"}), found);
}

TEST(Measure, AModelFileIsMeasuredWithoutWriting) {
  const ScratchDirectory scratch;
  const std::string model = PLAQUETTE_TEST_DATA "/4x4_b2_d8_h2_l2_f4_factored.h5";
  const json exact = parsed({"measure", model, "--sampler", "full-sum"});
  EXPECT_EQ(exact.at("energy_error"), 0);
  const json sampled =
      parsed({"measure", model, "--chains", "64", "--samples", "4096", "--observables", "energy"});
  EXPECT_FALSE(sampled.contains("structure_factor"));
  const double pull =
      (double(sampled.at("energy_per_site")) - double(exact.at("energy_per_site"))) /
      double(sampled.at("energy_error"));
  EXPECT_LT(std::abs(pull), 5);
  parsed({"measure", model, "--sampler", "full-sum", "--out", (scratch / "new/deep").string()});
  EXPECT_TRUE(fs::exists(scratch / "new/deep/measure.h5"));
}

TEST(AttentionCommand, WritesMapsAndTheCostOfFreezing) {
  const ScratchDirectory scratch;
  const std::string directory = (scratch / "run").string();
  ASSERT_EQ(run(directory, {"--steps", "5", "--attention", "decoupled"}).status, 0);
  const json found = parsed({"attention", directory, "--sampler", "full-sum"});
  EXPECT_EQ(found, json::parse(contents(scratch / "run/attention.json")));
  EXPECT_EQ(found.at("inputs"), 12870);
  EXPECT_GT(found.at("spread").at(0).at(0), 0);
  EXPECT_GT(std::abs(double(found.at("freezing_change").at("mean"))), 0);
  const Hdf5Reader file(scratch / "run/attention.h5");
  EXPECT_EQ(file.shape("mean"), (std::vector<std::size_t>{1, 2, 4, 4}));
  const auto mean = file.doubles("mean");
  const auto softmax = file.doubles("softmax");
  const auto position = file.doubles("position");
  for (std::size_t e = 0; e < mean.size(); ++e) {
    EXPECT_NEAR(mean[e], softmax[e] + position[e], 1e-14);
  }
  // Maps of given inputs.
  put_contents(scratch / "inputs.txt", "+-+-+-+-+-+-+-+-\n++++++++--------\n");
  const json maps = parsed({"attention", directory, "--no-freeze", "--configurations",
                            (scratch / "inputs.txt").string(), "--out", scratch.path().string()});
  EXPECT_EQ(maps.at("input_maps").size(), 2u);
  EXPECT_FALSE(maps.contains("freezing_change"));
}

TEST(AttentionCommand, ARunLogsTheSpreadAndResumesBitForBit) {
  const ScratchDirectory scratch;
  const std::vector<std::string> more = {
      "--attention", "t5", "--attention-every", "3", "--schedule-steps", "8", "--steps"};
  ASSERT_EQ(run(scratch / "whole", with(more, {"8"})).status, 0);
  ASSERT_EQ(run(scratch / "cut", with(more, {"4"})).status, 0);
  ASSERT_EQ(
      plaquette_program({"resume", (scratch / "cut").string(), "--steps", "8", "--quiet"}).status,
      0);
  std::istringstream whole(contents(scratch / "whole/log.jsonl"));
  std::istringstream cut(contents(scratch / "cut/log.jsonl"));
  std::string a;
  std::string b;
  int looks = 0;
  for (int step = 1; std::getline(whole, a) && std::getline(cut, b); ++step) {
    json one = json::parse(a);
    json other = json::parse(b);
    one.erase("seconds");
    other.erase("seconds");
    EXPECT_EQ(one, other) << step;
    EXPECT_EQ(one.contains("attention_spread"), step % 3 == 0);
    if (step % 3 != 0) continue;
    ++looks;
    EXPECT_EQ(one.at("attention_spread").size(), 1u);
    EXPECT_GT(one.at("attention_spread").at(0).at(1), 0);
  }
  EXPECT_EQ(looks, 2);
}

TEST(Extrapolate, FindsTheLineThroughRuns) {
  const ScratchDirectory scratch;
  std::vector<std::string> arguments = {"extrapolate"};
  for (const std::string steps : {"4", "12"}) {
    const fs::path directory = scratch / steps;
    ASSERT_EQ(
        run(directory, {"--steps", steps, "--sampler", "full-sum", "--L", "2", "--patch", "1"})
            .status,
        0);
    arguments.push_back(directory.string());
  }
  const json found = parsed(arguments);
  const auto summary = [&](const std::string& steps) {
    return json::parse(contents(scratch / steps / "summary.json"));
  };
  const double v1 = summary("4").at("variance");
  const double v2 = summary("12").at("variance");
  const double e1 = summary("4").at("energy_per_site");
  const double e2 = summary("12").at("energy_per_site");
  EXPECT_NEAR(found.at("energy_per_site"), e2 - v2 * (e1 - e2) / (v1 - v2), 1e-12);
  EXPECT_EQ(found.at("runs").size(), 2u);
  // A run that went on after it was measured must be measured again.
  const std::string first = (scratch / "4").string();
  parsed({"measure", first});
  EXPECT_EQ(plaquette_program(arguments).status, 0);
  ASSERT_EQ(plaquette_program({"resume", first, "--steps", "5", "--quiet"}).status, 0);
  const ProcessResult stale = plaquette_program(arguments);
  EXPECT_EQ(stale.status, 2);
  EXPECT_NE(stale.err.find("after step 4"), std::string::npos) << stale.err;
  parsed({"measure", first, "--force"});
  EXPECT_EQ(plaquette_program(arguments).status, 0);
  // A run of another magnet does not belong to the line.
  ASSERT_EQ(run(scratch / "other", {"--steps", "1", "--J2", "0"}).status, 0);
  const ProcessResult refused = plaquette_program(with(arguments, {(scratch / "other").string()}));
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("couplings"), std::string::npos) << refused.err;
}

TEST(Bonds, AMagnetFromAFileIsARunLikeAnyOther) {
  const ScratchDirectory scratch;
  std::string bonds = "# a ring of eight\n";
  for (int i = 0; i < 8; ++i)
    bonds += std::to_string(i) + " " + std::to_string((i + 1) % 8) + " 1 1\n";
  put_contents(scratch / "ring.txt", bonds);
  // In a configuration file the path is relative to that file.
  put_contents(scratch / "job.toml", "lattice = \"chain\"\nL = 8\nbonds = \"ring.txt\"\n");
  const std::string job = (scratch / "job.toml").string();
  const fs::path directory = scratch / "run";
  ASSERT_EQ(run(directory, {"--config", job, "--steps", "4", "--schedule-steps", "8"}).status, 0);
  ASSERT_EQ(run(scratch / "plain", {"--lattice", "chain", "--L", "8", "--J2", "0", "--steps", "8"})
                .status,
            0);
  // The run keeps its own copy, and can be moved.
  fs::remove(scratch / "ring.txt");
  fs::rename(directory, scratch / "moved");
  const std::string moved = (scratch / "moved").string();
  ASSERT_EQ(plaquette_program({"resume", moved, "--steps", "8", "--quiet"}).status, 0);
  EXPECT_EQ(json::parse(contents(scratch / "moved/summary.json")).at("energy_per_site"),
            json::parse(contents(scratch / "plain/summary.json")).at("energy_per_site"));
  const json exact = parsed({"exact", "--lattice", "chain", "--L", "8", "--bonds",
                             (scratch / "moved/bonds.txt").string()});
  EXPECT_NEAR(exact.at("energy_per_site"), -0.45638668, 1e-8);
  // Bonds that have changed are another job.
  put_contents(scratch / "moved/bonds.txt", bonds + "0 4 1 1\n");
  const ProcessResult refused = plaquette_program({"resume", moved, "--steps", "9"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("bonds.txt"), std::string::npos) << refused.err;
}

/// m² and C(1) of a ring of eight, by dense arithmetic over its 70 states: the numbers of a run
/// whose bonds are rotated by --marshall are those of the run with J1 and J2 that it repeats.
TEST(Bonds, MarshallGivesPhysicalObservables) {
  const ScratchDirectory scratch;
  std::string plain;
  std::string turned;
  for (int i = 0; i < 8; ++i) {
    const std::string pair = std::to_string(i) + " " + std::to_string((i + 1) % 8);
    plain += pair + " 1 1\n";
    turned += pair + " 1 -1\n";
  }
  put_contents(scratch / "plain.txt", plain);
  put_contents(scratch / "turned.txt", turned);
  const std::vector<std::string> ring = {"--lattice", "chain", "--L",       "8",
                                         "--steps",   "6",     "--sampler", "full-sum"};
  ASSERT_EQ(run(scratch / "bonds",
                with(ring, {"--bonds", (scratch / "plain.txt").string(), "--marshall"}))
                .status,
            0);
  ASSERT_EQ(run(scratch / "plain", with(ring, {"--J2", "0", "--marshall"})).status, 0);
  ASSERT_EQ(
      run(scratch / "turned", with(ring, {"--bonds", (scratch / "turned.txt").string()})).status,
      0);
  const json right = parsed({"measure", (scratch / "plain").string()});
  const json found = parsed({"measure", (scratch / "bonds").string()});
  EXPECT_EQ(found.at("spin_correlations"), right.at("spin_correlations"));
  EXPECT_EQ(found.at("frame"), "physical");
  EXPECT_EQ(found.at("marshall"), true);
  EXPECT_EQ(found.at("bonds").at(7), json({7, 0, 1, 1}));
  // Signs written into the bonds are not known: said plainly, and mended by declaring them.
  const std::string directory = (scratch / "turned").string();
  const ProcessResult said = plaquette_program({"measure", directory});
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_NE(said.out.find("Jxy < 0 where Jz > 0"), std::string::npos) << said.out;
  const json rotated = json::parse(contents(scratch / "turned/measure.json"));
  EXPECT_EQ(rotated.at("frame"), "bonds");
  EXPECT_EQ(rotated.at("energy_per_site"), right.at("energy_per_site"));
  EXPECT_NE(rotated.at("spin_correlations"), right.at("spin_correlations"));
  const json mended = parsed(
      {"measure", directory, "--bonds", (scratch / "plain.txt").string(), "--marshall", "--force"});
  EXPECT_EQ(mended.at("spin_correlations"), right.at("spin_correlations"));
}

TEST(Provenance, AModelFileIsMeasuredAsWhatItIs) {
  const ScratchDirectory scratch;
  const std::string directory = (scratch / "run").string();
  const std::string model = (scratch / "run/model.h5").string();
  ASSERT_EQ(run(directory, {"--lattice", "chain", "--L", "8", "--J2", "0", "--marshall",
                            "--symmetry", "spin-flip", "--steps", "6", "--sampler", "full-sum"})
                .status,
            0);
  const json of_run = parsed({"measure", directory});
  const json of_model = parsed({"measure", model, "--sampler", "full-sum"});
  EXPECT_EQ(of_model.at("energy_per_site"), of_run.at("energy_per_site"));
  EXPECT_EQ(of_model.at("spin_correlations"), of_run.at("spin_correlations"));
  EXPECT_EQ(of_model.at("J2"), 0);
  EXPECT_EQ(of_model.at("marshall"), true);
  EXPECT_EQ(of_model.at("symmetry"), "spin-flip=even");
  EXPECT_EQ(of_model.at("couplings_from"), "model file");
  EXPECT_EQ(of_run.at("couplings_from"), "run");
  const json looked = parsed({"attention", directory, "--sampler", "full-sum", "--no-freeze"});
  EXPECT_EQ(looked.at("J2"), 0);
  EXPECT_EQ(looked.at("symmetry"), "spin-flip=even");
  // Flags win, one by one.
  const json other = parsed({"measure", model, "--sampler", "full-sum", "--J2", "0.5"});
  EXPECT_EQ(other.at("J2"), 0.5);
  EXPECT_EQ(other.at("marshall"), true);
  EXPECT_EQ(other.at("couplings_from"), "command line");
  // The mean of log-psi's local energies over |ψ|² is that energy.
  std::string lines;
  for (int state = 0; state < 256; ++state) {
    std::string line;
    for (int i = 0; i < 8; ++i) line += (state >> i & 1) != 0 ? '+' : '-';
    if (std::count(line.begin(), line.end(), '+') == 4) lines += line + "\n";
  }
  const ProcessResult amplitudes =
      plaquette_program({"log-psi", model, "--configurations", "-", "--local-energy"}, lines);
  ASSERT_EQ(amplitudes.status, 0) << amplitudes.err;
  EXPECT_NE(amplitudes.err.find("J2 = 0, Marshall frame"), std::string::npos) << amplitudes.err;
  std::istringstream rows(amplitudes.out);
  double norm = 0;
  double energy = 0;
  for (double re, im, e_re, e_im; rows >> re >> im >> e_re >> e_im;) {
    norm += std::exp(2 * re);
    energy += std::exp(2 * re) * e_re;
  }
  EXPECT_NEAR(energy / norm / 8, double(of_run.at("energy_per_site")), 1e-10);
  // A file that says nothing is measured with the defaults, which is said.
  const std::string silent = PLAQUETTE_TEST_DATA "/4x4_b2_d8_h2_l2_f4_factored.h5";
  const ProcessResult said =
      plaquette_program({"measure", silent, "--sampler", "full-sum", "--observables", "energy"});
  EXPECT_NE(said.err.find("defaults J1 = 1, J2 = 0.5"), std::string::npos) << said.err;
  EXPECT_NE(said.out.find("J1 = 1, J2 = 0.5"), std::string::npos) << said.out;
}

TEST(Measure, ChainsKeepTheirSamples) {
  const ScratchDirectory scratch;
  const std::string directory = (scratch / "run").string();
  ASSERT_EQ(run(directory, {"--L", "2", "--steps", "2"}).status, 0);
  const json fewer = parsed({"measure", directory, "--chains", "32"});
  EXPECT_EQ(fewer.at("samples"), 256);
  EXPECT_TRUE(fewer.at("tau").is_number());
  EXPECT_TRUE(fewer.at("r_hat").is_number());
  // As many samples as are asked for, from the run's own chains.
  const json more = parsed({"measure", directory, "--samples", "640", "--force"});
  EXPECT_EQ(more.at("samples"), 640);
  EXPECT_EQ(more.at("chains"), 64);
}

TEST(SystemWarning, IsToldOnce) {
  const ScratchDirectory scratch;
  std::string bonds;
  for (int i = 0; i < 8; ++i) {
    const std::string J = std::to_string(1 + 0.1 * i);
    bonds += std::to_string(i) + " " + std::to_string((i + 1) % 8) + " " + J + " " + J + "\n";
  }
  put_contents(scratch / "random.txt", bonds);
  const std::vector<std::string> job = {
      "--lattice", "chain", "--L",     "8",
      "--steps",   "2",     "--bonds", (scratch / "random.txt").string()};
  const auto told = [](const ProcessResult& result) {
    EXPECT_EQ(result.status, 0) << result.err;
    int count = 0;
    for (std::size_t at = 0;
         (at = result.err.find("--no-translation-invariant", at)) != std::string::npos; ++at) {
      ++count;
    }
    return count;
  };
  EXPECT_EQ(told(run(scratch / "warned", job)), 1);
  EXPECT_EQ(told(run(scratch / "free", with(job, {"--no-translation-invariant"}))), 0);
  const std::string warned = (scratch / "warned").string();
  EXPECT_EQ(told(plaquette_program({"resume", warned, "--steps", "3", "--quiet"})), 1);
  EXPECT_EQ(told(plaquette_program({"measure", warned, "--observables", "energy", "--quiet"})), 1);
}

TEST(SymmetryOption, APairOfLabelsThatNoStateHasIsRefused) {
  const ScratchDirectory scratch;
  for (const std::vector<std::string>& job : std::vector<std::vector<std::string>>{
           {"--lattice", "chain", "--L", "4", "--symmetry", "translations,spin-flip=odd"},
           {"--lattice", "chain", "--L", "4", "--patch", "1", "--symmetry",
            "translations,spin-flip=odd"},
           {"--L", "2", "--symmetry", "c4v=A2"}}) {
    const ProcessResult refused = run(scratch / "run", with(job, {"--steps", "1"}));
    EXPECT_EQ(refused.status, 2);
    EXPECT_NE(refused.err.find("the projected space is empty"), std::string::npos) << refused.err;
    EXPECT_FALSE(fs::exists(scratch / "run"));
  }
}

/// The triangular lattice with Jxy = 1 and with Jxy = −1 are no rotation of each other, a square's
/// bonds with Jxy = ±1 are.
TEST(Extrapolate, TakesRunsOfOneMagnetInAnyFrame) {
  const ScratchDirectory scratch;
  const auto bonds = [](bool triangular, int Jxy) {
    std::string text;
    for (int i = 0; i < 16; ++i) {
      const auto add = [&](int rows, int columns) {
        const int j = (i / 4 + rows) % 4 * 4 + (i % 4 + columns) % 4;
        text += std::to_string(i) + " " + std::to_string(j) + " 1 " + std::to_string(Jxy) + "\n";
      };
      add(1, 0);
      add(0, 1);
      if (triangular) add(1, 1);
    }
    return text;
  };
  const auto directory = [&](const std::string& name, const std::string& text, int steps,
                             const std::vector<std::string>& more = {}) {
    const std::string file = (scratch / (name + ".txt")).string();
    put_contents(file, text);
    EXPECT_EQ(
        run(scratch / name, with({"--bonds", file, "--steps", std::to_string(steps)}, more)).status,
        0);
    return (scratch / name).string();
  };
  const std::string plus = directory("plus", bonds(true, 1), 1);
  const std::string minus = directory("minus", bonds(true, -1), 3);
  const ProcessResult refused = plaquette_program({"extrapolate", plus, minus});
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("couplings"), std::string::npos) << refused.err;
  const std::string square = directory("square", bonds(false, 1), 1);
  const std::string turned = directory("turned", bonds(false, -1), 3);
  const std::string declared = directory("declared", bonds(false, 1), 4, {"--marshall"});
  const ProcessResult taken = plaquette_program({"extrapolate", square, turned, declared});
  EXPECT_EQ(taken.status, 0) << taken.err;
}

TEST(SymmetryOption, ARunIsContinuedWithAProjection) {
  const ScratchDirectory scratch;
  const std::string directory = (scratch / "run").string();
  ASSERT_EQ(
      run(directory, {"--lattice", "chain", "--L", "8", "--steps", "6", "--sampler", "full-sum"})
          .status,
      0);
  const double before = json::parse(contents(scratch / "run/summary.json")).at("energy_per_site");
  const double projected = parsed({"measure", directory, "--observables", "energy", "--symmetry",
                                   "translations,spin-flip"})
                               .at("energy_per_site");
  EXPECT_NE(projected, before);
  ASSERT_EQ(plaquette_program({"resume", directory, "--steps", "8", "--symmetry",
                               "translations,spin-flip", "--quiet"})
                .status,
            0);
  EXPECT_NE(
      contents(scratch / "run/config.toml").find("symmetry = \"translations,spin-flip=even\""),
      std::string::npos);
  // The first step after the change measures the projected state of the old parameters.
  std::istringstream log(contents(scratch / "run/log.jsonl"));
  std::string line;
  for (int step = 0; step < 7; ++step) std::getline(log, line);
  EXPECT_NEAR(json::parse(line).at("energy"), projected, 1e-10);
  // And it stays.
  ASSERT_EQ(plaquette_program({"resume", directory, "--steps", "9", "--quiet"}).status, 0);
}

}  // namespace
}  // namespace plaquette::test
