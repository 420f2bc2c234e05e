#include "plaquette/io/checkpoint.hpp"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "plaquette/base/errors.hpp"
#include "support/messages.hpp"
#include "support/restricted_child.hpp"
#include "support/scratch_directory.hpp"

namespace plaquette {
namespace {

using test::contents;
using test::mentions;
using test::message_of;
using test::put_contents;

std::vector<double> numbers(std::size_t count, double scale) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = scale * std::sin(1.0 + double(i));
  return values;
}

/// Three chains of 100 sites, two words each.
Checkpoint some_checkpoint() {
  Checkpoint checkpoint;
  RunState& state = checkpoint.state;
  state.step = 1234567890123;
  state.sweeps = 98765;
  state.parameters = numbers(5000, 1e-3);
  state.parameters[0] = -0.0;
  state.parameters[1] = std::numeric_limits<double>::denorm_min();
  state.previous_direction = numbers(5000, 1e-200);
  state.second_moment = numbers(5000, 1e300);
  state.chains = ConfigurationBatch(100, 3);
  for (std::size_t k = 0; k < 3; ++k) {
    for (int i = 0; i < 100; ++i) {
      if ((i / (int(k) + 1)) % 2 == 0 && spin_sum(state.chains[k], 100) < 0) {
        state.chains[k][i >> 6] |= std::uint64_t{1} << (i & 63);
      }
    }
    for (int i = 99; spin_sum(state.chains[k], 100) < 0; --i) {
      state.chains[k][i >> 6] |= std::uint64_t{1} << (i & 63);
    }
  }
  state.energy_history = numbers(96, -0.5);
  checkpoint.log_bytes = (std::uint64_t{1} << 40) + 17;
  checkpoint.seconds = 0.1 + 0.2;
  checkpoint.job_fingerprint = "lattice = \"square\"\nλ = 1e-4\n";
  return checkpoint;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
    return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
  });
}

void expect_same(const Checkpoint& a, const Checkpoint& b) {
  EXPECT_EQ(a.state.step, b.state.step);
  EXPECT_EQ(a.state.sweeps, b.state.sweeps);
  EXPECT_TRUE(same_bits(a.state.parameters, b.state.parameters));
  EXPECT_TRUE(same_bits(a.state.previous_direction, b.state.previous_direction));
  EXPECT_TRUE(same_bits(a.state.second_moment, b.state.second_moment));
  EXPECT_TRUE(same_bits(a.state.energy_history, b.state.energy_history));
  EXPECT_EQ(a.state.chains.sites(), b.state.chains.sites());
  EXPECT_EQ(a.state.chains.count(), b.state.chains.count());
  EXPECT_EQ(a.state.chains.words(), b.state.chains.words());
  EXPECT_EQ(a.log_bytes, b.log_bytes);
  EXPECT_EQ(a.seconds, b.seconds);
  EXPECT_EQ(a.job_fingerprint, b.job_fingerprint);
}

class CheckpointFile : public ::testing::Test {
 protected:
  std::string complaint() {
    return message_of<InputError>([this] { read_checkpoint(path_); });
  }
  std::string complaint(const std::function<void(hid_t file)>& damage) {
    const hid_t file = H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    EXPECT_GE(file, 0);
    damage(file);
    H5Fclose(file);
    return complaint();
  }

  test::ScratchDirectory scratch_;
  const std::filesystem::path path_ = scratch_ / "checkpoint.h5";
  const std::filesystem::path previous_ = scratch_ / "checkpoint.previous.h5";
};

TEST_F(CheckpointFile, RoundTripIsBitEqual) {
  write_checkpoint(path_, some_checkpoint());
  expect_same(some_checkpoint(), read_checkpoint(path_));
  EXPECT_EQ(test::entries(scratch_.path()), 1);
}

TEST_F(CheckpointFile, FullSummationHasNoChains) {
  Checkpoint checkpoint = some_checkpoint();
  checkpoint.state.chains = {};
  checkpoint.state.energy_history = {};
  checkpoint.state.previous_direction = {};
  checkpoint.state.second_moment = {};
  checkpoint.job_fingerprint = "";
  write_checkpoint(path_, checkpoint);
  expect_same(checkpoint, read_checkpoint(path_));
}

TEST_F(CheckpointFile, ThePreviousOneIsKept) {
  Checkpoint checkpoint = some_checkpoint();
  for (std::uint64_t step = 1; step <= 3; ++step) {
    checkpoint.state.step = step;
    write_checkpoint(path_, checkpoint);
  }
  EXPECT_EQ(read_checkpoint(path_).state.step, 3u);
  EXPECT_EQ(read_checkpoint(previous_).state.step, 2u);
  EXPECT_EQ(test::entries(scratch_.path()), 2);
}

TEST_F(CheckpointFile, Missing) {
  EXPECT_TRUE(mentions(complaint(), {"checkpoint.h5", "No such file"}));
}

TEST_F(CheckpointFile, CutAnywhere) {
  write_checkpoint(path_, some_checkpoint());
  const std::string whole = contents(path_);
  for (std::size_t twentieths = 0; twentieths < 20; ++twentieths) {
    put_contents(path_, whole.substr(0, whole.size() * twentieths / 20));
    EXPECT_TRUE(mentions(complaint(), {"checkpoint.h5", "truncated"})) << twentieths;
  }
}

/// Wherever a byte is wrong, the file is refused or the numbers are still the right ones; no
/// damage to the arrays goes unnoticed.
TEST_F(CheckpointFile, AWrongByteInTheArraysIsNoticed) {
  const Checkpoint original = some_checkpoint();
  write_checkpoint(path_, original);
  const std::string whole = contents(path_);
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); at += 499) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    put_contents(path_, bytes);
    try {
      const RunState state = read_checkpoint(path_).state;
      EXPECT_TRUE(same_bits(state.parameters, original.state.parameters)) << at;
      EXPECT_TRUE(same_bits(state.previous_direction, original.state.previous_direction)) << at;
      EXPECT_TRUE(same_bits(state.second_moment, original.state.second_moment)) << at;
      EXPECT_TRUE(same_bits(state.energy_history, original.state.energy_history)) << at;
      EXPECT_EQ(state.chains.words(), original.state.chains.words()) << at;
    } catch (const InputError& error) {
      EXPECT_TRUE(mentions(error.what(), {"checkpoint.h5"}));
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
}

TEST_F(CheckpointFile, FormatAndMissingThings) {
  write_checkpoint(path_, some_checkpoint());
  EXPECT_TRUE(mentions(complaint([](hid_t file) { H5Ldelete(file, "second_moment", H5P_DEFAULT); }),
                       {"checkpoint.h5", "second_moment"}));
  EXPECT_TRUE(mentions(complaint([](hid_t file) { H5Adelete(file, "sweeps"); }),
                       {"checkpoint.h5", "sweeps"}));
  EXPECT_TRUE(mentions(complaint([](hid_t file) { H5Adelete(file, "format"); }),
                       {"checkpoint.h5", "format"}));
}

TEST_F(CheckpointFile, NotFinite) {
  Checkpoint checkpoint = some_checkpoint();
  checkpoint.state.previous_direction[17] = std::nan("");
  write_checkpoint(path_, checkpoint);
  EXPECT_TRUE(mentions(complaint(), {"checkpoint.h5", "previous_direction", "finite"}));
  checkpoint = some_checkpoint();
  checkpoint.seconds = std::nan("");
  write_checkpoint(path_, checkpoint);
  EXPECT_TRUE(mentions(complaint(), {"checkpoint.h5", "seconds"}));
}

TEST_F(CheckpointFile, AChainThatLeftTheSector) {
  Checkpoint checkpoint = some_checkpoint();
  checkpoint.state.chains[2][0] ^= 1;
  write_checkpoint(path_, checkpoint);
  EXPECT_TRUE(mentions(complaint(), {"checkpoint.h5", "chain 2"}));
  checkpoint = some_checkpoint();
  checkpoint.state.chains[1][1] ^= std::uint64_t{1} << 63;  // behind the last site
  write_checkpoint(path_, checkpoint);
  EXPECT_TRUE(mentions(complaint(), {"checkpoint.h5", "chain 1"}));
}

TEST_F(CheckpointFile, AnArrayThatClaimsToBeHuge) {
  write_checkpoint(path_, some_checkpoint());
  const std::string said = complaint([](hid_t file) {
    H5Ldelete(file, "parameters", H5P_DEFAULT);
    const hsize_t extent = hsize_t{1} << 50;
    const hsize_t chunk = 1024;
    const hid_t space = H5Screate_simple(1, &extent, nullptr);
    const hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(layout, 1, &chunk);
    H5Dclose(
        H5Dcreate2(file, "parameters", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, layout, H5P_DEFAULT));
    H5Pclose(layout);
    H5Sclose(space);
  });
  EXPECT_TRUE(mentions(said, {"checkpoint.h5", "parameters"}));
}

TEST_F(CheckpointFile, FullDiskLeavesTheOldOneIntact) {
  write_checkpoint(path_, some_checkpoint());
  const std::string whole = contents(path_);
  const std::string said =
      test::message_on_full_disk(4096, [this] { write_checkpoint(path_, some_checkpoint()); });
  EXPECT_TRUE(mentions(said, {"IoError", "checkpoint.h5", "File too large"}));
  EXPECT_EQ(contents(path_), whole);
  EXPECT_EQ(test::entries(scratch_.path()), 1) << "a temporary file was left behind";
}

TEST_F(CheckpointFile, DirectoryThatIsNotThere) {
  EXPECT_TRUE(mentions(
      message_of<IoError>([this] { write_checkpoint(scratch_ / "absent/checkpoint.h5", {}); }),
      {"absent/checkpoint.h5", "No such file"}));
}

TEST_F(CheckpointFile, UnwritableDirectoryLeavesTheOldOneIntact) {
  write_checkpoint(path_, some_checkpoint());
  std::filesystem::permissions(scratch_.path(), std::filesystem::perms(0555));
  const std::string said =
      test::message_of_ordinary_user([this] { write_checkpoint(path_, some_checkpoint()); });
  std::filesystem::permissions(scratch_.path(), std::filesystem::perms(0700));
  EXPECT_TRUE(mentions(said, {"IoError", "checkpoint.h5", "Permission denied"}));
  expect_same(some_checkpoint(), read_checkpoint(path_));
}

}  // namespace
}  // namespace plaquette
