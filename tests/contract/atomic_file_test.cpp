#include "plaquette/io/atomic_file.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "plaquette/base/errors.hpp"
#include "plaquette/io/words.hpp"
#include "support/messages.hpp"
#include "support/restricted_child.hpp"
#include "support/scratch_directory.hpp"

namespace plaquette {
namespace {

using test::contents;
using test::mentions;
using test::message_of;

TEST(AtomicFile, ReplacesAndKeepsThePrevious) {
  const test::ScratchDirectory scratch;
  const auto path = scratch / "file";
  const auto write = [&](const std::string& text) {
    replace_file(
        path,
        [&](const auto& temporary) {
          EXPECT_NE(temporary, path);
          test::put_contents(temporary, text);
        },
        scratch / "file.previous");
  };
  write("one");
  EXPECT_EQ(test::entries(scratch.path()), 1);
  write("two");
  write("three");
  EXPECT_EQ(contents(path), "three");
  EXPECT_EQ(contents(scratch / "file.previous"), "two");
  EXPECT_EQ(test::entries(scratch.path()), 2);
}

TEST(AtomicFile, AFailedWriteLeavesTheFileAndNothingElse) {
  const test::ScratchDirectory scratch;
  const auto path = scratch / "file";
  write_text_atomically(path, "old");
  EXPECT_THROW(replace_file(
                   path,
                   [](const auto& temporary) {
                     test::put_contents(temporary, "half of the n");
                     throw std::runtime_error("stop");
                   },
                   scratch / "file.previous"),
               std::runtime_error);
  EXPECT_EQ(contents(path), "old");
  EXPECT_EQ(test::entries(scratch.path()), 1);
}

TEST(AtomicFile, FullDisk) {
  const test::ScratchDirectory scratch;
  const auto path = scratch / "file";
  write_text_atomically(path, "old");
  const std::string said = test::message_on_full_disk(
      1000, [&] { write_text_atomically(path, std::string(2000, 'x')); });
  EXPECT_TRUE(mentions(said, {"IoError", "file", "File too large"}));
  EXPECT_EQ(contents(path), "old");
  EXPECT_EQ(test::entries(scratch.path()), 1);
}

TEST(AtomicFile, TargetIsADirectory) {
  const test::ScratchDirectory scratch;
  std::filesystem::create_directory(scratch / "taken");
  EXPECT_TRUE(mentions(message_of<IoError>([&] { write_text_atomically(scratch / "taken", "x"); }),
                       {"taken", "directory"}));
  EXPECT_EQ(test::entries(scratch.path()), 1);
}

TEST(Words, EveryWordIsReadBack) {
  for (const char* text : {"factored", "t5", "decoupled"}) {
    EXPECT_EQ(word(parse_word<Attention>(text).value()), text);
  }
  EXPECT_EQ(parse_word<SamplerKind>("full-sum"), SamplerKind::full_sum);
  EXPECT_EQ(parse_word<Precision>("fp32"), Precision::fp32);
  EXPECT_FALSE(parse_word<Optimizer>("adam"));
  EXPECT_EQ(allowed_words<Optimizer>(), "sr, spring, march");
}

}  // namespace
}  // namespace plaquette
