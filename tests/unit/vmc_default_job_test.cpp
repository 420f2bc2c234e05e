#include <gtest/gtest.h>

#include "plaquette/vmc/default_job.hpp"

namespace plaquette {
namespace {

Job magnet(LatticeKind lattice, int L) {
  Job job;
  job.lattice = lattice;
  job.L = L;
  return job;
}

/// What a search of this magnet begins with; whatever that is, it must fit the magnet.
Job chosen(Job job) {
  job.symmetry = default_symmetry(job);
  job = default_job(job);
  make_system(job);
  return job;
}

TEST(DefaultJob, FollowsTheLattice) {
  struct Row {
    LatticeKind lattice;
    int L;
    int patch;
    double power;
  };
  for (const Row& row :
       {Row{LatticeKind::square, 4, 1, 1}, Row{LatticeKind::square, 6, 1, 2},
        Row{LatticeKind::square, 10, 2, 2}, Row{LatticeKind::chain, 6, 1, 1},
        Row{LatticeKind::chain, 64, 2, 2}, Row{LatticeKind::shastry_sutherland, 4, 2, 1}}) {
    const Job job = chosen(magnet(row.lattice, row.L));
    EXPECT_TRUE(job.couplings.marshall) << row.L;
    EXPECT_EQ(job.network.patch, row.patch) << row.L;
    EXPECT_EQ(job.sampling_power, row.power) << row.L;
    EXPECT_EQ(job.optimizer, row.power == 1 ? Optimizer::spring : Optimizer::sr) << row.L;
  }
}

/// On 6×6 collinear order is odd under a quarter turn about a site, Néel order even.
TEST(DefaultJob, ProjectsOnlyWhereEveryJ2HasOneRepresentation) {
  const auto projects = [](Job job) { return default_symmetry(job).c4v.has_value(); };
  Job job = magnet(LatticeKind::square, 4);
  EXPECT_TRUE(projects(job));
  EXPECT_EQ(chosen(job).chains, 256u);
  job.couplings.J2 = 1;
  EXPECT_TRUE(projects(job));
  job.sampler = SamplerKind::full_sum;
  EXPECT_FALSE(projects(job));
  job.sampler = SamplerKind::exchange;
  job.couplings.J1 = -1;
  EXPECT_FALSE(projects(job));
  EXPECT_EQ(chosen(job).chains, 1024u);
  for (const int L : {2, 6, 8, 10}) EXPECT_FALSE(projects(magnet(LatticeKind::square, L)));
  EXPECT_FALSE(projects(magnet(LatticeKind::chain, 4)));
  EXPECT_FALSE(projects(magnet(LatticeKind::shastry_sutherland, 4)));
}

TEST(DefaultJob, RotatesOnlyWhatOrdersAntiferromagnetically) {
  Job job = magnet(LatticeKind::square, 4);
  job.couplings.J2 = 1;
  EXPECT_TRUE(chosen(job).couplings.marshall);
  job.couplings.J1 = -1;
  EXPECT_FALSE(chosen(job).couplings.marshall);
}

TEST(DefaultJob, ListedBondsHaveNoSublatticesAndPerhapsNoTranslations) {
  Job job = magnet(LatticeKind::chain, 4);
  job.couplings.bonds = {{0, 1, 1, 1}};
  EXPECT_FALSE(chosen(job).couplings.marshall);
  EXPECT_EQ(chosen(job).network.patch, 2);
}

/// With one-site patches a momentum could not be asked for, and a ring of 6 in the rotated frame
/// could not be projected at all.
TEST(DefaultJob, ProjectedTranslationsGetPatchesOfTwo) {
  for (Job job : {magnet(LatticeKind::chain, 6), magnet(LatticeKind::square, 4)}) {
    job.symmetry.translations.emplace();
    job = default_job(job);
    EXPECT_EQ(job.network.patch, 2);
    make_system(job);
  }
}

}  // namespace
}  // namespace plaquette
