#include "plaquette/io/bonds_file.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "plaquette/exact/diagonalisation.hpp"
#include "support/messages.hpp"
#include "support/scratch_directory.hpp"

namespace plaquette::test {
namespace {

class BondsFile : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& text) const {
    put_contents(file_, text);
    return file_;
  }
  ScratchDirectory directory_;
  std::filesystem::path file_ = directory_ / "bonds.txt";
};

TEST_F(BondsFile, HoldsTheBondsToTheBit) {
  const std::vector<Bond> bonds{{0, 1, 0.1, -1.0 / 3}, {5, 2, 1e-300, 7}, {0, 1, 1, 1}};
  const std::vector<Bond> read = read_bonds(write(bonds_text(bonds)), 6);
  ASSERT_EQ(read.size(), bonds.size());
  for (std::size_t k = 0; k < bonds.size(); ++k) {
    EXPECT_EQ(read[k].i, bonds[k].i);
    EXPECT_EQ(read[k].j, bonds[k].j);
    EXPECT_EQ(read[k].Jz, bonds[k].Jz);
    EXPECT_EQ(read[k].Jxy, bonds[k].Jxy);
  }
}

TEST_F(BondsFile, ALatticeWrittenAsBondsHasItsGroundState) {
  const Lattice lattice = make_lattice(LatticeKind::square, 4);
  const Hamiltonian direct = make_hamiltonian(lattice, {.J1 = 1, .J2 = 0.5});
  Couplings couplings;
  couplings.bonds = read_bonds(write("# a comment\n\n" + bonds_text(direct.bonds)), 16);
  EXPECT_EQ(ground_state(make_hamiltonian(lattice, couplings)).energy, ground_state(direct).energy);
}

TEST_F(BondsFile, RefusesWhatIsWrongAndSaysWhere) {
  const std::pair<const char*, const char*> cases[] = {
      {"0 1 1\n", "line 1: has 3 fields"},
      {"0 1 1 1\n0 1 1 1 1\n", "line 2: has 5 fields"},
      {"0 6 1 1\n", "site 6: must be from 0 to 5"},
      {"-1 2 1 1\n", "site -1"},
      {"0.5 2 1 1\n", "site 0.5"},
      {"2 2 1 1\n", "joins site 2 to itself"},
      {"0 1 nan 1\n", "coupling nan"},
      {"0 1 1 inf\n", "coupling inf"},
      {"0 1 1 1e7\n", "coupling 1e7"},
      {"0 1 1 x\n", "coupling x"},
      {"# nothing\n", "holds no bond"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_TRUE(mentions(message_of<InputError>([&] { read_bonds(write(text), 6); }), {message}));
  }
  EXPECT_TRUE(mentions(message_of<InputError>([&] { read_bonds(directory_ / "none", 6); }),
                       {"--bonds", "none", "cannot be read"}));
}

}  // namespace
}  // namespace plaquette::test
