#include <gtest/gtest.h>

#include "test/controller/session_tester.h"

namespace approxlite {
namespace {

class ThermalTester : public SessionTester {
 public:
  ThermalTester() : SessionTester({{{1, 0.0f}}, {{2, 0.0f}}, {{3, 0.0f}}}) {
    options.rule.rule = APPROX_RULE_THERMAL;
    options.rule.candidate = 0;
    options.rule.headroom_limit = 0.85f;
  }
  approx_step at(double time_s, float headroom) {
    context.time_s = time_s;
    context.thermal_headroom = headroom;
    return begin();
  }
};

TEST(Thermal, GoesOneCheaperAtATimeWithTimeInBetween) {
  ThermalTester session;
  expect_run(session.at(0.0, 0.5f), 0, APPROX_REASON_FIRST_STAGE);
  const approx_step step = session.at(1.0, 0.9f);
  expect_run(step, 1, APPROX_REASON_HEAT);
  EXPECT_EQ(step.evidence, 0.9f);
  expect_run(session.at(2.0, 0.9f), 1, APPROX_REASON_HEAT);
  expect_run(session.at(11.0, 0.9f), 2, APPROX_REASON_HEAT);
}

TEST(Thermal, StaysBetweenTheTwoLimits) {
  ThermalTester session;
  session.at(0.0, 0.9f);
  expect_run(session.at(100.0, 0.80f), 1, APPROX_REASON_HEAT);
  expect_run(session.at(200.0, 0.70f), 0, APPROX_REASON_COOL);
  expect_run(session.at(300.0, 0.80f), 0, APPROX_REASON_FIRST_STAGE);
}

TEST(Thermal, GoesToTheCheapestAtOnceWhenSevere) {
  ThermalTester session;
  session.options.certified = 3;
  expect_run(session.at(0.0, 1.0f), 2, APPROX_REASON_HEAT);
}

TEST(Thermal, NeverTakesUnknownForCool) {
  ThermalTester session;
  session.at(0.0, 0.9f);
  expect_run(session.at(100.0, kNaN), 2, APPROX_REASON_HEAT);  // still 0.9
  expect_run(session.at(200.0, kInfinity), 3, APPROX_REASON_HEAT);
}

TEST(Thermal, WithoutAClockTakesTheSameReadingForNoNews) {
  ThermalTester session;
  const double unknown = static_cast<double>(kNaN);
  expect_run(session.at(unknown, 0.90f), 1, APPROX_REASON_HEAT);
  expect_run(session.at(unknown, 0.90f), 1, APPROX_REASON_HEAT);
  expect_run(session.at(unknown, 0.91f), 2, APPROX_REASON_HEAT);
}

}  // namespace
}  // namespace approxlite
