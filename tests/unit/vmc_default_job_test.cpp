#include <gtest/gtest.h>

#include "plaquette/vmc/default_job.hpp"

namespace plaquette {
namespace {

Job default_for(LatticeKind lattice, int L) {
  Job job = default_job();
  job.lattice = lattice;
  job.L = L;
  return job;
}

/// The job with all that is chosen by the magnet; whatever that is, it must fit the magnet.
Job chosen(Job job) {
  job.couplings.marshall = default_marshall(job);
  job.symmetry = default_symmetry(job);
  job.network.patch = default_patch(job);
  job.network.d_model = default_d_model(job);
  job.chains = job.samples = default_chains(job);
  job.sampling_power = default_sampling_power(job);
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
    const Job job = chosen(default_for(row.lattice, row.L));
    EXPECT_TRUE(job.couplings.marshall) << row.L;
    EXPECT_EQ(job.network.patch, row.patch) << row.L;
    EXPECT_EQ(job.sampling_power, row.power) << row.L;
  }
}

/// On 6×6 collinear order is odd under a quarter turn about a site, Néel order even.
TEST(DefaultJob, ProjectsOnlyWhereEveryJ2HasOneRepresentation) {
  const auto projects = [](Job job) { return default_symmetry(job).c4v.has_value(); };
  Job job = default_for(LatticeKind::square, 4);
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
  for (const int L : {2, 6, 8, 10}) EXPECT_FALSE(projects(default_for(LatticeKind::square, L)));
  EXPECT_FALSE(projects(default_for(LatticeKind::chain, 4)));
  EXPECT_FALSE(projects(default_for(LatticeKind::shastry_sutherland, 4)));
}

TEST(DefaultJob, RotatesOnlyWhatOrdersAntiferromagnetically) {
  Job job = default_for(LatticeKind::square, 4);
  job.couplings.J2 = 1;
  EXPECT_TRUE(chosen(job).couplings.marshall);
  job.couplings.J1 = -1;
  EXPECT_FALSE(chosen(job).couplings.marshall);
}

TEST(DefaultJob, ListedBondsHaveNoSublatticesAndPerhapsNoTranslations) {
  Job job = default_for(LatticeKind::chain, 4);
  job.couplings.bonds = {{0, 1, 1, 1}};
  EXPECT_FALSE(chosen(job).couplings.marshall);
  EXPECT_EQ(chosen(job).network.patch, 2);
}

/// With one-site patches a momentum could not be asked for, and a ring of 6 in the rotated frame
/// could not be projected at all.
TEST(DefaultJob, ProjectedTranslationsGetPatchesOfTwo) {
  for (Job job : {default_for(LatticeKind::chain, 6), default_for(LatticeKind::square, 4)}) {
    job.symmetry.translations.emplace();
    job.network.patch = default_patch(job);
    EXPECT_EQ(job.network.patch, 2);
    job.couplings.marshall = true;
    make_system(job);
  }
}

}  // namespace
}  // namespace plaquette
