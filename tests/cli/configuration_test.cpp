#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "plaquette/io/configuration_values.hpp"
#include "plaquette/io/job_identity.hpp"

// Configuration files say what they mean, or one line says where and why not.

namespace plaquette::test {
namespace {

namespace fs = std::filesystem;

struct Refused {
  std::string lines;
  std::vector<std::string> named;
};

/// `run` with a file of these lines after a first that is good.
void expect_refused(const Refused& refused) {
  const ScratchDirectory scratch;
  put_contents(scratch / "job.toml", "heads = 4\n" + refused.lines + "\n");
  const std::string file = (scratch / "job.toml").string();
  const ProcessResult result =
      plaquette_program({"run", "--dry-run", "--config", file, "--out", "nowhere"});
  EXPECT_EQ(result.status, 2) << refused.lines;
  EXPECT_EQ(result.out, "") << refused.lines;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  for (const std::string& name : refused.named) {
    EXPECT_NE(result.err.find(name), std::string::npos) << refused.lines << ": " << result.err;
  }
}

/// The resolved options of a job whose file holds this.
std::string resolved(const std::string& text) {
  const ScratchDirectory scratch;
  put_contents(scratch / "job.toml", text);
  const ProcessResult result = plaquette_program(
      {"run", "--dry-run", "--memory-limit", "4G", "--config", (scratch / "job.toml").string()});
  EXPECT_EQ(result.status, 0) << text << result.err;
  return result.out.substr(0, result.out.find("\n\n"));  // the memory plan follows
}

TEST(ConfigurationFile, AValueOfAnotherTypeIsNamedWithItsPlace) {
  const std::vector<Refused> cases = {
      {"L = \"6\"", {"job.toml, line 2: L = \"6\": must be an integer"}},
      {"L = 6.0", {"job.toml, line 2: L = 6.0: must be an integer"}},
      {"L = [4, 6]", {"line 2: L = [4, 6]: must be an integer"}},
      {"L = 99999999999", {"line 2: L = 99999999999: must be an integer"}},
      {"chains = -8", {"line 2: chains = -8: must be a positive integer"}},
      {"J2 = \"0.5\"", {"line 2: J2 = \"0.5\": must be a finite number"}},
      {"J2 = true", {"line 2: J2 = true: must be a finite number"}},
      {"J2 = nan", {"line 2: J2 = nan: must be a finite number"}},
      {"\n\nJ2 = 2020-01-01", {"line 4: J2 = 2020-01-01: must be a finite number"}},
      {"marshall = 1", {"line 2: marshall = 1: must be true or false"}},
      {"marshall = \"yes\"", {"line 2: marshall = \"yes\": must be true or false"}},
      {"lattice = 4", {"line 2: lattice = 4: must be one of square, chain"}},
      {"lattice = \"kagome\"", {"line 2: lattice = \"kagome\": must be one of square, chain"}},
      {"backend = \"tpu\"", {"line 2: backend = \"tpu\": must be one of auto, cpu, cuda"}},
      {"seed = -1", {"line 2: seed = -1: must be an integer from 0"}},
      {"memory-limit = \"8X\"", {"line 2: memory-limit = \"8X\": must be", "8G"}},
      {"symmetry = [\"c4v\", 3]", {"line 2: symmetry = [\"c4v\", 3]: must be", "list"}},
      {"symmetry = [\"c4v\", \"mirror\"]", {"line 2: symmetry = ", "mirror", "spin-flip"}},
      {"bonds = 3", {"line 2: bonds = 3: must be a path"}},
  };
  for (const Refused& refused : cases) expect_refused(refused);
}

TEST(ConfigurationFile, WhatIsNoTomlIsShownWithItsLine) {
  const std::vector<Refused> cases = {
      {"J2 = 0,5", {"job.toml, line 2: 'J2 = 0,5'", "0.5"}},
      {"L: 6", {"job.toml, line 2: 'L: 6'", "key = value"}},
      {"lattice = chain", {"line 2: 'lattice = chain'", "quotes"}},
      {"L 6", {"line 2: 'L 6'"}},
      {"steps =", {"line 2: 'steps ='"}},
      {"L = 4\nL = 6", {"line 3: 'L = 6'", "once"}},
  };
  for (const Refused& refused : cases) expect_refused(refused);
}

TEST(ConfigurationFile, KeysThatDoNotBelongAreNamed) {
  const std::vector<Refused> cases = {
      {"[run]\nsteps = 3", {"job.toml, line 2: '[run]'", "sections"}},
      {"[[part]]\nsteps = 3", {"line 2: '[[part]]'", "no sections"}},
      {"out = \"runs/a\"", {"line 2: 'out'", "--out"}},
      {"quiet = true", {"line 2: 'quiet'", "--quiet"}},
      {"learning_rate = 0.1", {"line 2", "'learning_rate'", "'learning-rate'"}},
      {"frobnicate = 1", {"line 2", "'frobnicate'"}},
  };
  for (const Refused& refused : cases) expect_refused(refused);
}

TEST(ConfigurationFile, ListsAreLists) {
  EXPECT_NE(resolved("symmetry = [\"c4v\", \"spin-flip\"]").find("\"c4v=A1,spin-flip=even\""),
            std::string::npos);
  EXPECT_EQ(resolved("symmetry = [\"c4v\", \"spin-flip\"]"),
            resolved("symmetry = \"c4v,spin-flip\""));
  EXPECT_EQ(resolved("symmetry = []"), resolved("symmetry = \"none\""));
}

TEST(ConfigurationFile, EditorsMarksDoNotMatter) {
  const std::string plain = resolved("J2 = 0.25\nsteps = 7\n");
  EXPECT_NE(plain.find("J2 = 0.25"), std::string::npos);
  EXPECT_EQ(resolved("\xef\xbb\xbfJ2 = 0.25\r\nsteps = 7\r\n"), plain);
  EXPECT_EQ(resolved("# a comment\nsteps = 7 # steps\n\nJ2 = 2.5e-1"), plain);
}

TEST(ConfigurationFile, RepeatsEveryOption) {
  const ScratchDirectory scratch;
  // A value other than the default for every option, as one writes it on the command line.
  const std::vector<std::pair<const char*, const char*>> given = {
      {"lattice", "chain"},
      {"L", "8"},
      {"J1", "0.1"},
      {"J2", "1e-7"},
      {"marshall", "true"},
      {"bonds", "/tmp/a \"b\"\\c.txt"},
      {"patch", "1"},
      {"d-model", "8"},
      {"heads", "2"},
      {"layers", "3"},
      {"ffn-ratio", "2"},
      {"attention", "t5"},
      {"translation-invariant", "false"},
      {"symmetry", "translations=1x0,spin-flip=odd"},
      {"sampler", "full-sum"},
      {"chains", "16"},
      {"samples", "32"},
      {"sweeps", "2"},
      {"thermalisation", "3"},
      {"exchange-range", "1"},
      {"sampling-power", "1.5"},
      {"seed", "18446744073709551615"},
      {"steps", "9"},
      {"optimizer", "march"},
      {"learning-rate", "0.0625"},
      {"schedule", "cosine"},
      {"schedule-steps", "5"},
      {"schedule-start", "1"},
      {"diag-shift", "0.002"},
      {"diag-shift-schedule", "linear"},
      {"diag-shift-end", "0.0003"},
      {"momentum", "0.5"},
      {"march-decay", "0.75"},
      {"norm-limit", "3"},
      {"precision", "fp32"},
      {"tf32", "true"},
      {"backend", "cpu"},
      {"threads", "3"},
      {"memory-limit", "3M"},
      {"checkpoint-every", "4"},
      {"checkpoint-minutes", "0.5"},
      {"attention-every", "6"},
      {"stage", "2"},
      {"initial-model", "/m.h5"}};
  Configuration wanted;
  for (const auto& [key, text] : given) configuration_option(key).read(wanted, text);
  EXPECT_EQ(given.size(), configuration_options().size());
  for (const ConfigurationOption& option : configuration_options()) {
    EXPECT_NE(option.write(wanted), option.write({})) << option.key;
  }
  put_contents(scratch / "job.toml", configuration_text(wanted));
  Configuration found;
  read_configuration_values(scratch / "job.toml").apply(found);
  EXPECT_EQ(configuration_text(found), configuration_text(wanted));
  EXPECT_EQ(found.job.seed, 18446744073709551615U);
  EXPECT_EQ(found.bonds_file, "/tmp/a \"b\"\\c.txt");
}

/// What programs before this one wrote into checkpoints: they must go on being resumed.
TEST(JobIdentity, IsTheTextThatCheckpointsHold) {
  const std::string old =
      "lattice = \"square\"\nL = 4\nJ1 = 1\nJ2 = 0.5\nmarshall = false\npatch = 2\n"
      "d-model = 16\nheads = 4\nlayers = 2\nffn-ratio = 4\nattention = \"factored\"\n"
      "translation-invariant = true\nsampler = \"exchange\"\nchains = 1024\nsamples = 1024\n"
      "sweeps = 1\nthermalisation = 10\nexchange-range = 2\nsampling-power = 2\nseed = 0\n"
      "optimizer = \"sr\"\nlearning-rate = 0.03\nschedule = \"constant\"\nschedule-steps = 300\n"
      "diag-shift = 0.001\ndiag-shift-schedule = \"constant\"\ndiag-shift-end = 0.0001\n"
      "momentum = 0.95\nmarch-decay = 0.995\nnorm-limit = 1\nprecision = \"fp64\"\n"
      "tf32 = false\nattention-every = 0\n";
  Configuration job;
  job.job.schedule_steps = 300;
  EXPECT_TRUE(same_job(job, old));
  EXPECT_TRUE(same_job(job, job_fingerprint(job)));
  // How to run, what to write and where from do not count; everything else does.
  for (const auto& [key, text] :
       std::vector<std::pair<const char*, const char*>>{{"steps", "7"},
                                                        {"threads", "2"},
                                                        {"symmetry", "c4v"},
                                                        {"checkpoint-every", "3"},
                                                        {"backend", "cuda"},
                                                        {"memory-limit", "1G"},
                                                        {"initial-model", "m.h5"}}) {
    Configuration other = job;
    configuration_option(key).read(other, text);
    EXPECT_TRUE(same_job(other, old)) << key;
  }
  for (const auto& [key, text] :
       std::vector<std::pair<const char*, const char*>>{{"J2", "0.25"},
                                                        {"seed", "1"},
                                                        {"chains", "512"},
                                                        {"marshall", "true"},
                                                        {"attention", "t5"},
                                                        {"precision", "fp32"},
                                                        {"schedule", "linear"}}) {
    Configuration other = job;
    configuration_option(key).read(other, text);
    EXPECT_FALSE(same_job(other, old)) << key;
  }
  Configuration bonds = job;
  bonds.job.couplings.bonds = {{0, 1, 1.0, 1.0}};
  EXPECT_FALSE(same_job(bonds, old));
  EXPECT_TRUE(same_job(bonds, job_fingerprint(bonds)));
}

TEST(Exact, TakesTheMagnetOfARunsConfiguration) {
  const ScratchDirectory scratch;
  const std::string file = (scratch / "config.toml").string();
  // The network would not fit: exact needs none.
  put_contents(file, configuration_text({}));
  std::string text = contents(file);
  text.replace(text.find("J2 = 0.5"), 8, "J2 = 0.0");
  text.replace(text.find("\"square\""), 8, "\"chain\"");
  text.replace(text.find("patch = 2"), 9, "patch = 3");
  put_contents(file, text);
  const ProcessResult from_file = plaquette_program({"exact", "--config", file, "--json"});
  ASSERT_EQ(from_file.status, 0) << from_file.err;
  EXPECT_EQ(from_file.out,
            plaquette_program({"exact", "--lattice", "chain", "--J2", "0", "--json"}).out);
  put_contents(file, text + "pach = 3\n");
  const ProcessResult unknown = plaquette_program({"exact", "--config", file});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("'pach'"), std::string::npos) << unknown.err;
}

TEST(Names, NeedNotBeUtf8) {
  const ScratchDirectory scratch;
  const std::string name = (scratch / "b\xff\xfe.txt").string();
  put_contents(name, "0 1 1 1\n1 2 1 1\n2 3 1 1\n3 0 1 1\n");
  const std::vector<std::string> magnet = {"--lattice", "chain", "--L", "4", "--bonds", name};
  const std::string model = (scratch / "m\xff.h5").string();
  fs::copy_file(PLAQUETTE_TEST_DATA "/4x4_b2_d8_h2_l2_f4_factored.h5", model);
  std::vector<std::vector<std::string>> commands = {{"exact", "--json"},
                                                    {"run", "--dry-run", "--json"}};
  for (auto& command : commands) command.insert(command.end(), magnet.begin(), magnet.end());
  commands.push_back({"info", "--json", model});
  for (const auto& command : commands) {
    const ProcessResult result = plaquette_program(command);
    EXPECT_EQ(result.status, 0) << command[0] << result.err;
    EXPECT_TRUE(nlohmann::json::accept(result.out)) << command[0] << result.out;
  }
  const ProcessResult text = plaquette_program({"info", model});
  EXPECT_EQ(text.status, 0) << text.err;
}

TEST(LogPsi, OverflowIsSaidNotPrinted) {
  const ScratchDirectory scratch;
  Model model = read_model(PLAQUETTE_TEST_DATA "/4x4_b2_d8_h2_l2_f4_factored.h5");
  for (double& parameter : model.parameters) parameter *= 1e10;
  const std::string path = (scratch / "large.h5").string();
  write_model(path, model);
  const auto log_psi = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"log-psi", path, "--configurations", "-"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return plaquette_program(arguments, "+-+-+-+-+-+-+-+-\n");
  };
  // ψ is e^(7e10): its logarithm is a number like any other.
  const ProcessResult amplitude = log_psi({});
  EXPECT_EQ(amplitude.status, 0) << amplitude.err;
  EXPECT_GT(std::stod(amplitude.out), 1e10);
  const ProcessResult energy = log_psi({"--local-energy"});
  EXPECT_EQ(energy.status, 0) << energy.err;
  EXPECT_NE(energy.err.find("1 of 1 local energies overflow"), std::string::npos) << energy.err;
  EXPECT_EQ(energy.out.substr(0, 12), amplitude.out.substr(0, 12));
  const ProcessResult single = log_psi({"--precision", "fp32"});
  EXPECT_EQ(single.status, 1);
  EXPECT_EQ(single.out, "");
  EXPECT_NE(single.err.find("--precision fp64"), std::string::npos) << single.err;
}

}  // namespace
}  // namespace plaquette::test
