#include <gtest/gtest.h>

#include <functional>

#include "plaquette/vmc/default_job.hpp"

namespace plaquette {
namespace {

Job chosen(LatticeKind lattice, int L, const std::function<void(Job&)>& change = {},
           const Settled& settled = {}) {
  Job job = default_job();
  job.lattice = lattice;
  job.L = L;
  if (change) change(job);
  choose_left_open(settled, job);
  make_system(job);  // whatever is chosen must fit the magnet
  return job;
}

TEST(DefaultJob, FollowsTheLattice) {
  struct Row {
    LatticeKind lattice;
    int L;
    int patch;
    double power;
    double rate;
  };
  for (const Row& row :
       {Row{LatticeKind::square, 4, 1, 1, 0.08}, Row{LatticeKind::square, 6, 1, 2, 0.05},
        Row{LatticeKind::square, 10, 2, 2, 0.05}, Row{LatticeKind::chain, 6, 1, 1, 0.08},
        Row{LatticeKind::chain, 64, 2, 2, 0.05},
        Row{LatticeKind::shastry_sutherland, 4, 2, 1, 0.08}}) {
    const Job job = chosen(row.lattice, row.L);
    EXPECT_TRUE(job.couplings.marshall) << row.L;
    EXPECT_EQ(job.network.patch, row.patch) << row.L;
    EXPECT_EQ(job.sampling_power, row.power) << row.L;
    EXPECT_EQ(job.learning_rate, row.rate) << row.L;
  }
}

TEST(DefaultJob, RotatesOnlyWhatOrdersAntiferromagnetically) {
  EXPECT_TRUE(
      chosen(LatticeKind::square, 4, [](Job& j) { j.couplings.J2 = 1; }).couplings.marshall);
  EXPECT_FALSE(
      chosen(LatticeKind::square, 4, [](Job& j) { j.couplings.J1 = -1; }).couplings.marshall);
  const Job bonds = chosen(LatticeKind::chain, 4, [](Job& j) {
    j.couplings.bonds = {{0, 1, 1, 1}};
  });
  EXPECT_FALSE(bonds.couplings.marshall);
  EXPECT_EQ(bonds.network.patch, 2);
}

/// With one-site patches a momentum could not be asked for, and a ring of 6 in the rotated frame
/// could not be projected at all.
TEST(DefaultJob, ProjectedTranslationsGetPatchesOfTwo) {
  const auto project = [](Job& job) { job.symmetry.translations.emplace(); };
  EXPECT_EQ(chosen(LatticeKind::chain, 6, project).network.patch, 2);
  EXPECT_EQ(chosen(LatticeKind::square, 4, project).network.patch, 2);
}

TEST(DefaultJob, LeavesWhatIsSettled) {
  const auto change = [](Job& job) {
    job.couplings.marshall = false;
    job.network.patch = 4;
    job.sampling_power = 1.5;
    job.learning_rate = 0.01;
  };
  const Job job =
      chosen(LatticeKind::square, 4, change,
             {.marshall = true, .patch = true, .sampling_power = true, .learning_rate = true});
  EXPECT_FALSE(job.couplings.marshall);
  EXPECT_EQ(job.network.patch, 4);
  EXPECT_EQ(job.sampling_power, 1.5);
  EXPECT_EQ(job.learning_rate, 0.01);
}

TEST(DefaultJob, AShiftThatIsGivenStays) {
  const auto small = [](Job& job) { job.diag_shift = 1e-5; };
  EXPECT_EQ(chosen(LatticeKind::square, 4).diag_shift_schedule, ScheduleKind::cosine);
  EXPECT_EQ(chosen(LatticeKind::square, 4, small, {.diag_shift = true}).diag_shift_schedule,
            ScheduleKind::constant);
  const Job scheduled =
      chosen(LatticeKind::square, 4, small, {.diag_shift = true, .diag_shift_schedule = true});
  EXPECT_EQ(scheduled.diag_shift_schedule, ScheduleKind::cosine);
  EXPECT_EQ(scheduled.diag_shift_end, Job{}.diag_shift_end);
}

}  // namespace
}  // namespace plaquette
