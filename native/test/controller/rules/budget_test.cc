// Whether a device that follows the rule uses what it is allowed, over hours of a life that nobody told the rule about.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>

#include "test/controller/session_tester.h"

namespace approxlite {
namespace {

constexpr double kHourS = 3600.0;

// Exact (100 mJ), a cascade of rungs 3 and 0 (25, 125), rungs 2 and 4 alone (33, 20): inputs come every second or so.
class Device : public SessionTester {
 public:
  explicit Device(float canary_rate = 0.02f)
      : SessionTester({{{3, 0.5f}, {0, 0.0f}}, {{2, 0.0f}}, {{4, 0.0f}}}), guard(canary_rate) {
    candidates[1].energy_mj = 55.0f;  // expected to escalate on 30 %
    options.guard = guard.get();
    options.rule.rule = APPROX_RULE_BUDGET;
    options.rule.candidate = 0;
    options.rule.idle_w = 0.02f;
    context.time_s = 1000.0;
  }
  // Joules of the whole device in `seconds`, inputs `every_s` apart on average.
  double live(double seconds, double every_s = 1.0) {
    std::exponential_distribution<double> gap(1.0 / every_s);
    std::uniform_real_distribution<float> uniform(0.0f, 1.0f);
    std::lognormal_distribution<float> noise(0.0f, 0.1f);
    const double end = context.time_s + seconds;
    double used_j = seconds * options.rule.idle_w;
    for (;;) {
      context.time_s += gap(random);
      if (context.time_s >= end) break;
      approx_step step = begin();
      reasons.insert(static_cast<approx_reason>(step.reason));
      candidates_seen += step.candidate;
      ++inputs;
      const float difference = uniform(random) < escalated ? 0.1f : 1.0f;
      while (step.action == APPROX_ACTION_RUN) {
        const float dearer = drift * noise(random);
        used_j += dearer * options.rungs[step.rung].energy_mj / 1e3;
        step = observe(difference, 1, dearer);
      }
      if (finish().action == APPROX_ACTION_CHECK) {
        used_j += 0.1;
        check(1);
      }
    }
    context.time_s = end;
    return used_j;
  }

  GuardTester guard;
  std::mt19937 random{5};
  std::set<approx_reason> reasons;
  float escalated = 0.3f, drift = 1.0f;
  int64_t candidates_seen = 0, inputs = 0;
};

void expect_near_share(double used, double allowed) { EXPECT_NEAR(used / allowed, 1.0, 0.03) << used << " J"; }

TEST(Budget, IsUsedUpOverHoursWhateverTheInputsAre) {
  for (float watts : {0.050f, 0.060f, 0.075f, 0.090f, 0.11f}) {
    Device device;
    device.options.rule.energy_j_per_hour = watts * kHourS;
    expect_near_share(device.live(4 * kHourS), watts * 4 * kHourS);
  }
}

TEST(Budget, HoldsWhenEverythingIsDearerThanMeasuredAndEscalatesMore) {
  Device device;
  device.drift = 1.4f;
  device.escalated = 0.6f;
  device.options.rule.energy_j_per_hour = 0.09f * kHourS;
  expect_near_share(device.live(4 * kHourS), 0.09 * 4 * kHourS);
}

TEST(Budget, CountsCanaries) {
  Device device(0.2f);
  device.options.rule.energy_j_per_hour = 0.09f * kHourS;
  expect_near_share(device.live(4 * kHourS), 0.09 * 4 * kHourS);
}

TEST(Budget, HoldsWhenTheRateOfInputsChanges) {
  Device device;
  device.options.rule.energy_j_per_hour = 0.08f * kHourS;
  double used = 0.0;
  for (int hour = 0; hour < 6; ++hour) used += device.live(kHourS, hour % 2 == 0 ? 0.7 : 1.3);
  expect_near_share(used, 0.08 * 6 * kHourS);
}

TEST(Budget, LeavesNoHourMoreThanThreePercentAbove) {
  Device device;
  device.options.rule.energy_j_per_hour = 0.08f * kHourS;
  device.live(2 * kHourS, 30.0);  // hardly any input: much is saved
  EXPECT_LE(device.live(kHourS), 0.08 * kHourS * 1.04);
}

TEST(Budget, RunsWhatIsAskedForWhenThereIsPlenty) {
  Device device;
  device.options.rule.energy_j_per_hour = 0.5f * kHourS;
  device.live(kHourS);
  EXPECT_EQ(device.candidates_seen, 0);
}

TEST(Budget, ThatCannotBeKeptIsReportedAndNeverPaidInAccuracy) {
  Device device;
  device.options.certified = 3;
  device.options.rule.energy_j_per_hour = 0.045f * kHourS;  // rung 4 would do, but is not certified
  device.live(kHourS);
  EXPECT_TRUE(device.reasons.contains(APPROX_REASON_BUDGET_INFEASIBLE));
  const approx_step step = device.begin();
  expect_run(step, 2, APPROX_REASON_BUDGET_INFEASIBLE);
  EXPECT_LT(step.evidence, 0.033f);
}

TEST(Budget, ThatCanBeKeptIsNeverCalledInfeasible) {
  Device device;
  device.options.rule.energy_j_per_hour = 0.06f * kHourS;
  device.live(4 * kHourS);
  EXPECT_FALSE(device.reasons.contains(APPROX_REASON_BUDGET_INFEASIBLE));
}

TEST(Budget, DoesNotCountWhileCharging) {
  Device device;
  device.options.rule.energy_j_per_hour = 0.05f * kHourS;
  device.context.charging = 1;
  device.live(kHourS);
  EXPECT_EQ(device.candidates_seen, 0);
  device.context.charging = 0;
  const double used = device.live(4 * kHourS);
  expect_near_share(used, 0.05 * 4 * kHourS);
}

TEST(Budget, WithoutAClockIsNotGuessedAt) {
  Device device;
  device.options.rule.energy_j_per_hour = 0.05f * kHourS;
  device.context.time_s = static_cast<double>(kNaN);
  for (int i = 0; i < 100; ++i) expect_run(device.answer(), kExact, APPROX_REASON_FIRST_STAGE);
}

TEST(Budget, LeavesTheBatteryAtItsTargetAtItsTime) {
  for (double watts : {0.05, 0.08, 0.1}) {
    Device device;
    const float capacity_j = 4000.0f, start = 0.8f;
    const double hours = 6.0, allowed_j = watts * hours * kHourS;
    device.options.rule.battery_target = start - static_cast<float>(allowed_j) / capacity_j;
    device.options.rule.battery_target_time_s = device.context.time_s + hours * kHourS;
    device.options.rule.battery_capacity_j = capacity_j;
    device.options.rule.idle_w = 0.02f;
    double used_j = 0.0;
    for (int minute = 0; minute < 360; ++minute) {
      // A battery says whole percents only.
      device.context.battery = std::ceil(100.0f * (start - static_cast<float>(used_j) / capacity_j)) / 100.0f;
      used_j += device.live(60.0);
    }
    EXPECT_NEAR(used_j / allowed_j, 1.0, 0.03) << watts;
  }
}

TEST(Budget, MixesTwoNeighboursAndNoOthers) {
  Device device;
  device.escalated = 0.3f;
  device.options.rule.energy_j_per_hour = (0.02f + 0.045f) * kHourS;  // between 55 and 33 mJ
  device.live(600.0);
  std::set<int32_t> seen;
  for (int i = 0; i < 2000; ++i) {
    device.context.time_s += 1.0;
    approx_step step = device.begin();
    seen.insert(step.candidate);
    while (step.action == APPROX_ACTION_RUN) step = device.observe(i % 10 < 3 ? 0.1f : 1.0f);
  }
  EXPECT_EQ(seen, (std::set<int32_t>{1, 2}));
}

}  // namespace
}  // namespace approxlite
