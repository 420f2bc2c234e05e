#include "plaquette/io/run_verdicts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace plaquette::test {
namespace {

/// Steps of an energy that `mean` gives, scattered by `noise` and said to be known within `error`.
template <class Mean>
std::vector<LoggedStep> steps_of(std::size_t count, double noise, double error, const Mean& mean) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  std::vector<LoggedStep> steps(count);
  for (std::size_t k = 0; k < count; ++k) {
    steps[k].step = k + 1;
    steps[k].energy = mean(static_cast<double>(k)) + noise * normal(random);
    steps[k].energy_error = error;
    steps[k].learning_rate = 0.05;
  }
  return steps;
}

double flat(double) { return -0.5; }

TEST(RunStatistics, LatePartIsAQuarterButNoFewerThanNeeded) {
  EXPECT_EQ(late_part(std::vector<LoggedStep>(400)).size(), 100u);
  EXPECT_EQ(late_part(std::vector<LoggedStep>(60)).size(), kScatterPairs + 1);
  EXPECT_EQ(late_part(std::vector<LoggedStep>(3)).size(), 3u);
}

TEST(RunStatistics, TrailingMeansFollowTheBeginning) {
  const std::vector<double> values{8, 6, 4, 2, 0, 0, 0, 4, 4, 4, 4, 4};
  // Windows of 1 up to the 7th value, 2 from the 8th, 3 at the 12th.
  const std::vector<double> means{8, 6, 4, 2, 0, 0, 0, 2, 4, 4, 4, 4};
  EXPECT_EQ(trailing_means(values, 10), means);
  EXPECT_EQ(trailing_means(values, 1), values);
}

TEST(RunStatistics, MeanAndChangeHaveTheErrorsOfTheirScatter) {
  std::vector<LoggedStep> steps(16);
  for (std::size_t k = 0; k < 16; ++k)
    steps[k].energy = (k < 8 ? -1.0 : -2.0) + (k % 2 ? 0.1 : -0.1);
  const Estimate change = energy_change(steps).value();
  EXPECT_NEAR(change.mean, -1.0, 1e-14);
  EXPECT_NEAR(change.error, std::sqrt(2 * 8 * 0.01 / (8 * 7)), 1e-14);
  EXPECT_FALSE(energy_change(Steps(steps).first(15)));
}

TEST(RunStatistics, ScatterIsOneWhereErrorBarsAreRight) {
  EXPECT_NEAR(energy_scatter(steps_of(2000, 1e-3, 1e-3, flat)).value(), 1.0, 0.1);
  EXPECT_NEAR(energy_scatter(steps_of(2000, 4e-3, 1e-3, flat)).value(), 4.0, 0.4);
  EXPECT_FALSE(energy_scatter(steps_of(kScatterPairs, 1e-3, 1e-3, flat)));
  EXPECT_TRUE(energy_scatter(steps_of(kScatterPairs + 1, 1e-3, 1e-3, flat)));
  EXPECT_FALSE(energy_scatter(steps_of(100, 1e-3, 0, flat)));  // a full sum
}

TEST(RunStatistics, SettledWhereNineteenTwentiethsAreDone) {
  const auto falling = [](double k) { return -1 + std::exp(-k / 10); };
  const std::vector<LoggedStep> steps = steps_of(200, 0, 1e-3, falling);
  const std::size_t from = settled_from(steps);
  // e^(−k/10) = 0.05 at k = 30; the mean over ten steps comes up to ten later.
  EXPECT_GE(from, 30u);
  EXPECT_LE(from, 40u);
  EXPECT_EQ(settled_from(Steps(steps).first(12)), 2u);
  EXPECT_EQ(settled_from(Steps(steps).first(3)), 0u);
}

TEST(Verdicts, GradesTurnAtTheirThresholds) {
  constexpr SamplerKind kChains = SamplerKind::exchange;
  struct Case {
    Verdict below, between, beyond;
  };
  const double tiny = 1e-6;
  const Case cases[] = {
      {judge_thermalisation(kAgreedRHat, kChains),
       judge_thermalisation(kAgreedRHat + tiny, kChains),
       judge_thermalisation(kDisagreedRHat + tiny, kChains)},
      {judge_independence(kShortTau, kChains), judge_independence(kShortTau + tiny, kChains),
       judge_independence(kLongTau + tiny, kChains)},
      {judge_acceptance(kLowAcceptance, kChains), judge_acceptance(kLowAcceptance - tiny, kChains),
       judge_acceptance(kLowestAcceptance - tiny, kChains)},
      {judge_error_bar(kWideScatter, kChains), judge_error_bar(kWideScatter + tiny, kChains),
       judge_error_bar(kWidestScatter + tiny, kChains)}};
  for (const auto& [below, between, beyond] : cases) {
    EXPECT_EQ(below.grade, Grade::good) << below.question;
    EXPECT_EQ(between.grade, Grade::caution) << below.question;
    EXPECT_EQ(beyond.grade, Grade::bad) << below.question;
    EXPECT_TRUE(below.advice.empty()) << below.question;
    EXPECT_FALSE(between.advice.empty() || beyond.advice.empty()) << below.question;
    EXPECT_FALSE(below.reason.empty() || below.finding.empty());
  }
  EXPECT_EQ(judge_error_bar(kNarrowScatter - tiny, kChains).grade, Grade::caution);
  EXPECT_NE(judge_independence(3.2, kChains).advice.find("--sweeps 4"), std::string::npos);
}

TEST(Verdicts, AFullSumNeedsNoChains) {
  for (const Verdict& verdict :
       {judge_thermalisation({}, SamplerKind::full_sum),
        judge_independence({}, SamplerKind::full_sum), judge_acceptance(0, SamplerKind::full_sum),
        judge_error_bar({}, SamplerKind::full_sum), judge_outliers(steps_of(30, 0, 0, flat))}) {
    EXPECT_EQ(verdict.grade, Grade::good) << verdict.question;
  }
  EXPECT_EQ(judge_thermalisation({}, SamplerKind::exchange).grade, Grade::unknown);
}

TEST(Verdicts, TheTrendIsJudgedByItsError) {
  EXPECT_EQ(judge_trend(Estimate{-2.9e-3, 1e-3}).grade, Grade::good);
  EXPECT_EQ(judge_trend(Estimate{-3.1e-3, 1e-3}).grade, Grade::caution);
  EXPECT_EQ(judge_trend(Estimate{3.1e-3, 1e-3}).grade, Grade::bad);
  EXPECT_EQ(judge_trend({}).grade, Grade::unknown);
}

TEST(Verdicts, OneWildErrorBarIsSeen) {
  std::vector<LoggedStep> steps = steps_of(40, 1e-3, 1e-3, flat);
  EXPECT_EQ(judge_outliers(steps).grade, Grade::good);
  steps[20].energy_error = 5.1e-3;
  EXPECT_EQ(judge_outliers(steps).grade, Grade::caution);
  EXPECT_EQ(judge_outliers(steps).finding, "in 1 of the last 40 steps");
}

TEST(Verdicts, TheLearningRateHasEndedOrNot) {
  std::vector<LoggedStep> steps = steps_of(100, 0, 1e-3, flat);
  EXPECT_EQ(judge_learning_rate(steps, true).grade, Grade::caution);  // constant to the end
  EXPECT_EQ(judge_learning_rate(steps, false).grade, Grade::good);    // on its way
  steps.back().learning_rate = 0.9 * kEndedRate * 0.05;
  EXPECT_EQ(judge_learning_rate(steps, true).grade, Grade::good);
  EXPECT_EQ(judge_learning_rate(steps, false).grade, Grade::caution);
  steps.back().learning_rate = 0.0;
  EXPECT_EQ(judge_learning_rate(steps, true).grade, Grade::caution);
  EXPECT_NE(judge_learning_rate(steps, true).finding.find("in 1 steps"), std::string::npos);
  for (LoggedStep& step : steps) step.learning_rate.reset();
  EXPECT_EQ(judge_learning_rate(steps, true).grade, Grade::unknown);
}

TEST(Verdicts, ARaisedShiftIsCountedInTheLateSteps) {
  std::vector<LoggedStep> steps(100);
  EXPECT_EQ(judge_shift(steps).grade, Grade::good);
  for (std::size_t k = 0; k < 5; ++k) steps[k].diag_shift_raises = 1;
  EXPECT_EQ(judge_shift(steps).grade, Grade::caution);
  steps[5].diag_shift_raises = 2;
  EXPECT_EQ(judge_shift(steps).grade, Grade::bad);
}

TEST(Verdicts, WhatLimitsTheEnergy) {
  const KnownEnergy exact{-0.5, "exact diagonalisation", true};
  const KnownEnergy published{-0.5, "published", false};
  const Estimate still{0, 1e-4};
  const Estimate falls{-4e-4, 1e-4};
  const auto limit = [](double rest, double error, double step_error, auto reference, auto change) {
    return find_limit({-0.5 + rest, error}, step_error, reference, change);
  };
  EXPECT_EQ(limit(1e-2, 1e-4, 1e-3, std::optional(exact), std::optional(falls)), Limit::steps);
  EXPECT_EQ(limit(1e-2, 1e-4, 1e-3, std::optional(exact), std::optional(still)), Limit::network);
  EXPECT_EQ(limit(1.9e-4, 1e-4, 0, std::optional(exact), std::optional(still)), Limit::sampling);
  EXPECT_EQ(limit(9e-4, 1e-4, 1e-3, std::optional(exact), std::optional(still)), Limit::sampling);
  EXPECT_EQ(limit(1e-2, 1e-4, 1e-3, std::optional(exact), std::optional<Estimate>()),
            Limit::unknown);
  EXPECT_EQ(limit(1e-2, 1e-4, 1e-3, std::optional(published), std::optional(still)),
            Limit::unknown);
  EXPECT_EQ(limit(1e-2, 1e-4, 1e-3, std::optional<KnownEnergy>(), std::optional(still)),
            Limit::unknown);
}

TEST(Verdicts, AttentionThatIsHardlyUsed) {
  const std::vector<double> large{0.05, 0.4};
  const std::vector<double> small{0.05, 0.09};
  EXPECT_TRUE(judge_attention(large, {}).advice.empty());
  EXPECT_TRUE(judge_attention(large, Estimate{3e-3, 1e-3}).advice.empty());
  EXPECT_FALSE(judge_attention(large, Estimate{-1e-3, 1e-3}).advice.empty());
  EXPECT_FALSE(judge_attention(small, {}).advice.empty());
  EXPECT_EQ(judge_attention({}, {}).grade, Grade::unknown);
}

RunReading run_of(std::vector<LoggedStep> steps) {
  RunReading run;
  run.name = "run";
  run.directory.root = "my run/it's";
  run.log.steps = std::move(steps);
  run.configuration.job.steps = static_cast<int>(run.log.steps.size());
  return run;
}

TEST(Verdicts, TheEndIsThatOfTheSummary) {
  RunReading run = run_of(steps_of(60, 1e-3, 1e-3, flat));
  EXPECT_EQ(judge_end(60, 60, {}).grade, Grade::caution);
  run.summary = FoundSummary{.energy = {-0.5, 1e-4}, .steps = 60};
  EXPECT_TRUE(run.finished());
  EXPECT_EQ(judge_end(60, 60, run.summary).grade, Grade::good);
  EXPECT_EQ(last_energy(run).source, "summary");
  run.summary->steps = 40;  // resumed since
  EXPECT_EQ(judge_end(60, 60, run.summary).grade, Grade::caution);
  EXPECT_EQ(last_energy(run).source, "mean of the last 25 steps");
  run.measurement = FoundMeasurement{.energy = {-0.5, 1e-5}, .v_score = {}, .step = 59};
  EXPECT_EQ(run.current_measurement(), nullptr);
  run.measurement->step = 60;
  EXPECT_EQ(last_energy(run).source, "measured");
}

TEST(Verdicts, AdviceComesWorstFirstAndOnce) {
  RunReading run = run_of(steps_of(200, 1e-3, 1e-3, flat));
  for (LoggedStep& step : run.log.steps) {
    step.r_hat = 1.05;
    step.tau = 1.0;
    step.acceptance = 0.3;
    step.diag_shift_raises = 1;
  }
  run.summary = FoundSummary{.energy = {-0.5, 1e-4}, .steps = 200};
  run.reference = KnownEnergy{-0.5, "exact diagonalisation", true};
  const std::vector<Verdict> verdicts = judge(run);
  const std::vector<std::string> advice = next_steps(run, verdicts);
  ASSERT_EQ(advice.size(), 4u);
  EXPECT_EQ(advice[0], judge_shift(run.log.steps).advice);
  EXPECT_EQ(advice[1], judge_thermalisation(1.05, SamplerKind::exchange).advice);
  EXPECT_EQ(advice[2], judge_learning_rate(run.log.steps, true).advice);
  EXPECT_EQ(advice[3], "observables with error bars: plaquette measure 'my run/it'\\''s'");
}

TEST(KnownEnergies, AreThoseOfTheMagnetAndInItsUnit) {
  Job job;
  job.L = 6;
  EXPECT_NEAR(published_energy(job).value().per_site, -0.50380965, 1e-12);
  job.couplings.J1 = 2;
  job.couplings.J2 = 1;
  EXPECT_NEAR(published_energy(job).value().per_site, -1.0076193, 1e-12);
  job.couplings.J2 = 0.9;
  EXPECT_FALSE(published_energy(job));
  job.couplings = {};
  job.lattice = LatticeKind::shastry_sutherland;
  EXPECT_FALSE(published_energy(job));
  EXPECT_TRUE(published_v_scores(job).empty());
  job.lattice = LatticeKind::square;
  job.couplings.bonds = {{0, 1, 1.0, 1.0}};
  EXPECT_FALSE(published_energy(job));
}

TEST(KnownEnergies, VScoresAreSortedAndOfTotalEnergies) {
  Job job;
  job.L = 6;
  const std::vector<PublishedVScore> found = published_v_scores(job);
  ASSERT_EQ(found.size(), 3u);
  // The table's DMRG: N Var / E² of the whole lattice, where units cancel.
  EXPECT_NEAR(found[1].v_score, 36 * 2.253085463868047 / std::pow(72.37403751679382, 2), 1e-12);
  EXPECT_TRUE(std::ranges::is_sorted(found, {}, &PublishedVScore::v_score));
}

}  // namespace
}  // namespace plaquette::test
