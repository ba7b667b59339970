#include "controller/e_process.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "controller/random.h"

namespace {

using approxlite::EProcess;
using approxlite::Random;

constexpr double kEpsilon = 0.02, kAlpha = 0.01;

// Checks until refuted, at most `limit`; 0: never.
int checks_until_refuted(EProcess evidence, double disagreement, int limit, Random& random) {
  for (int i = 1; i <= limit; ++i) {
    evidence.update(random.happens(disagreement), 1);
    if (evidence.refuted()) return i;
  }
  return 0;
}

int median_until_refuted(const EProcess& evidence, double disagreement, Random& random) {
  std::vector<int> checks(201);
  for (int& each : checks) each = checks_until_refuted(evidence, disagreement, 100000, random);
  std::nth_element(checks.begin(), checks.begin() + 100, checks.end());
  return checks[100];
}

TEST(EProcess, StartsAtOne) { EXPECT_EQ(EProcess(kEpsilon, kAlpha, 1).value(), 1); }

// E[value after | value before] by adding up both outcomes: the defining inequality, with equality at epsilon.
TEST(EProcess, IsAMartingaleAtEpsilonForEveryWeightOfACheck) {
  Random random(1);
  EProcess evidence(kEpsilon, kAlpha, 0.05);
  for (int i = 0; i < 6000 && !evidence.refuted(); ++i) {
    const double relative = 0.05 + 0.95 * random.happens(0.5);
    EProcess differs = evidence, agrees = evidence;
    differs.update(true, relative);
    agrees.update(false, relative);
    const double mean = kEpsilon * differs.value() + (1 - kEpsilon) * agrees.value();
    ASSERT_NEAR(mean, evidence.value(), 1e-9 * evidence.value()) << "check " << i;
    ASSERT_GT(agrees.value(), 0);
    evidence.update(random.happens(0.03), relative);
  }
}

// Unsure answers are drawn more often and differ more often; only both kinds together differ at epsilon. Up to just below
// an alarm, where bets shrink.
TEST(EProcess, IsAMartingaleAtEpsilonWhereOnlyUnsureAnswersDiffer) {
  constexpr double kUnsureShare = 0.1, kRelative = 0.2, kLeast = 0.05;
  constexpr double kUnsureDiffers = kEpsilon / kUnsureShare;
  Random random(1);
  EProcess evidence(kEpsilon, kAlpha, kRelative);
  double most = 0;
  for (int i = 0; i < 6000 && !evidence.refuted(); ++i) {
    auto after = [&evidence](bool differs, double relative) {
      EProcess next = evidence;
      next.update(differs, relative);
      return next.value();
    };
    const double unsure_drawn = kUnsureShare * kLeast / kRelative, sure_drawn = (1 - kUnsureShare) * kLeast;
    const double unsure = kUnsureDiffers * after(true, kRelative) + (1 - kUnsureDiffers) * after(false, kRelative);
    const double mean =
        unsure_drawn * unsure + sure_drawn * after(false, 1) + (1 - unsure_drawn - sure_drawn) * evidence.value();
    ASSERT_NEAR(mean, evidence.value(), 1e-9 * evidence.value()) << "check " << i;
    most = std::max(most, evidence.value());
    const bool is_unsure = random.happens(unsure_drawn / (unsure_drawn + sure_drawn));
    evidence.update(is_unsure && random.happens(1.5 * kUnsureDiffers), is_unsure ? kRelative : 1);
  }
  EXPECT_GT(most, 0.5 / kAlpha);
}

TEST(EProcess, NeverGoesBeyondWhatAnAlarmNeeds) {
  for (const double relative : {1.0, 0.3, 0.01}) {
    EProcess evidence(kEpsilon, kAlpha, relative);
    while (!evidence.refuted()) evidence.update(true, relative);
    EXPECT_NEAR(evidence.value(), 1 / kAlpha, 1e-6) << relative;
  }
}

TEST(EProcess, EveryEpsilonAndAlphaIsRefutedByDisagreementAlone) {
  for (const double epsilon : {1e-6, 0.01, 0.5, 0.99}) {
    for (const double alpha : {1e-9, 0.5}) {
      EProcess evidence(epsilon, alpha, 1);
      int checks = 0;
      while (!evidence.refuted() && checks < 100000) {
        evidence.update(true, 1);
        ++checks;
      }
      EXPECT_TRUE(evidence.refuted()) << epsilon << " " << alpha;
    }
  }
}

// A seeded run of 20 000 checks, as 1e6 answers give at 2 %, for each of 400 guards: the promise of 1 % is missed if
// more than 10 alarm, the 99.7 % point of a binomial with 400 trials and 1 %.
TEST(EProcess, SeldomAlarmsAtExactlyEpsilon) {
  Random random(2);
  int alarms = 0;
  for (int run = 0; run < 400; ++run) {
    alarms += checks_until_refuted(EProcess(kEpsilon, kAlpha, 1), kEpsilon, 20000, random) != 0;
  }
  EXPECT_LE(alarms, 10);
}

TEST(EProcess, FindsAChangeFromTheStartAndAfterALongGoodTime) {
  Random random(3);
  EXPECT_LT(median_until_refuted(EProcess(kEpsilon, kAlpha, 1), 0.05, random), 430);
  EProcess good(kEpsilon, kAlpha, 1);
  for (int i = 0; i < 2000; ++i) good.update(i % 50 == 49, 1);
  ASSERT_FALSE(good.refuted());
  EXPECT_LT(median_until_refuted(good, 0.05, random), 450);
}

TEST(EProcess, NeverForgetsToWatchHoweverLongTheGoodTime) {
  Random random(4);
  EProcess good(kEpsilon, kAlpha, 1);
  for (int i = 0; i < 1000000; ++i) good.update(i % 100 == 99, 1);
  EXPECT_LT(median_until_refuted(good, 0.05, random), 1500);
}

TEST(EProcess, ContinuesFromWhatWasSaved) {
  Random random(5);
  EProcess one(kEpsilon, kAlpha, 1);
  for (int i = 0; i < 300; ++i) one.update(random.happens(0.03), 1);
  EProcess other(kEpsilon, kAlpha, 1);
  other.restore(one.checks(), one.capital());
  for (int i = 0; i < 100; ++i) {
    const bool differs = random.happens(0.03);
    one.update(differs, 0.5);
    other.update(differs, 0.5);
    ASSERT_EQ(one.value(), other.value());
  }
}

}  // namespace
