// Who outranks whom: alarm, pin, deadline, heat, budget, difficulty; and what is kept from one input to the next.
#include <gtest/gtest.h>

#include "test/controller/session_tester.h"

namespace approxlite {
namespace {

// Candidates: exact, then rungs 1 to 3 alone. Rung r takes 100 / (1 + r) ms, half as much again when slow.
class AutoTester : public SessionTester {
 public:
  AutoTester() : SessionTester({{{1, 0.0f}}, {{2, 0.0f}}, {{3, 0.0f}}}) {
    options.guard = guard.get();
    options.rule.rule = APPROX_RULE_AUTO;
    options.rule.candidate = 1;
    options.rule.headroom_limit = 0.85f;
    options.rule.energy_j_per_hour = 0.050f * 3600.0f;  // 50 mJ a second, the energy of rung 1
    context.time_s = 0.0;
  }
  approx_step next(float difference = 1.0f) {
    context.time_s += 1.0;
    return answer(difference);
  }
  GuardTester guard{0.0f};
};

TEST(Composition, WithoutPressureRunsWhatIsAsked) {
  AutoTester session;
  expect_run(session.next(), 1, APPROX_REASON_FIRST_STAGE);
}

TEST(Composition, DeadlineOutranksHeatAndBudget) {
  AutoTester session;
  for (int i = 0; i < 5; ++i) session.next();
  session.context.thermal_headroom = 0.9f;
  expect_run(session.next(), 2, APPROX_REASON_HEAT);
  session.context.deadline_ms = 40.0f;  // rung 2 may take 50, rung 3 37.5
  expect_run(session.next(), 3, APPROX_REASON_DEADLINE);
  session.context.deadline_ms = 10.0f;
  const approx_step late = session.next();
  expect_run(late, 3, APPROX_REASON_LATE);
  EXPECT_EQ(late.evidence, 10.0f);
}

TEST(Composition, HeatOutranksABudgetThatAsksForLess) {
  AutoTester session;
  session.options.rule.energy_j_per_hour = 0.040f * 3600.0f;
  for (int i = 0; i < 5; ++i) session.next();
  session.context.thermal_headroom = 1.1f;
  expect_run(session.next(), 3, APPROX_REASON_HEAT);
}

TEST(Composition, PinOutranksEveryRuleAndIsNeverChecked) {
  AutoTester session;
  session.options.guard = nullptr;
  session.get();
  session.context.deadline_ms = 1.0f;
  ASSERT_EQ(approx_session_pin(session.get(), 4), APPROX_OK);
  const approx_step step = session.begin();
  expect_run(step, 4, APPROX_REASON_PINNED);
  EXPECT_EQ(step.candidate, -1);
  expect_accept(session.observe(1.0f), 4, APPROX_REASON_LAST_STAGE);
  expect_step(session.finish(), APPROX_ACTION_DONE, 4, APPROX_REASON_PINNED);
  ASSERT_EQ(approx_session_pin(session.get(), -1), APPROX_OK);
  expect_run(session.begin(), 3, APPROX_REASON_LATE);
  EXPECT_EQ(approx_session_pin(session.get(), 5), APPROX_INVALID_ARGUMENT);
}

TEST(Composition, AlarmOutranksPinAndDeadline) {
  AutoTester session;
  session.context.deadline_ms = 1.0f;
  approx_session_pin(session.get(), 4);
  approx_guard_latch(session.guard.get(), APPROX_ALARM_PERSON);
  const approx_step step = session.begin();
  expect_run(step, kExact, APPROX_REASON_ALARM);
  EXPECT_EQ(step.evidence, static_cast<float>(APPROX_ALARM_PERSON));
  expect_accept(session.observe(1.0f), kExact, APPROX_REASON_LAST_STAGE);
  expect_step(session.finish(), APPROX_ACTION_DONE, kExact, APPROX_REASON_NO_CANARY);
}

TEST(Composition, OutputThatIsNotFiniteLatchesExactFromTheSameInputOn) {
  AutoTester session;
  session.begin();
  expect_run(session.observe(kNaN), kExact, APPROX_REASON_NOT_FINITE);
  expect_accept(session.observe(1.0f), kExact, APPROX_REASON_LAST_STAGE);
  expect_run(session.begin(), kExact, APPROX_REASON_ALARM);
}

TEST(Composition, TripwireRunsExactOnTheSameInput) {
  AutoTester session;
  approx_guard_inject(session.guard.get(), APPROX_FAULT_NAN, 0.0f);  // the guard sees what the output does not hold
  session.begin();
  const approx_step step = session.observe(1.0f);
  expect_run(step, kExact, APPROX_REASON_TRIPWIRE);
  EXPECT_EQ(step.evidence, static_cast<float>(APPROX_ALARM_NOT_FINITE));
  expect_accept(session.observe(1.0f), kExact, APPROX_REASON_LAST_STAGE);
}

// Fixed at rung 1 with reuse below a change of 0.1.
class ReuseTester : public SessionTester {
 public:
  explicit ReuseTester(float canary_rate = 0.0f) : SessionTester({{{1, 0.0f}}}), guard(canary_rate) {
    candidates[1].reuse_change = 0.1f;
    options.guard = guard.get();
  }
  approx_step next(float change) {
    context.input_change = change;
    return answer();
  }
  GuardTester guard;
};

TEST(Reuse, GivesTheAnswerBeforeToAnInputThatHardlyChanged) {
  ReuseTester session;
  expect_run(session.next(0.0f), 1, APPROX_REASON_FIRST_STAGE);  // there is no answer before
  const approx_step step = session.next(0.05f);
  expect_step(step, APPROX_ACTION_REUSE, 1, APPROX_REASON_UNCHANGED);
  EXPECT_EQ(step.evidence, 0.05f);
  expect_step(session.next(0.05f), APPROX_ACTION_REUSE, 1, APPROX_REASON_UNCHANGED);
  expect_run(session.next(0.1f), 1, APPROX_REASON_FIRST_STAGE);
  expect_run(session.next(kNaN), 1, APPROX_REASON_FIRST_STAGE);
}

TEST(Reuse, IsCheckedLikeAnyAnswer) {
  ReuseTester session(1.0f);
  session.next(kNaN);
  expect_step(session.next(0.0f), APPROX_ACTION_REUSE, 1, APPROX_REASON_UNCHANGED);
  expect_step(session.finish(), APPROX_ACTION_CHECK, kExact, APPROX_REASON_CANARY);
  const approx_step stale = session.check(2);
  expect_step(stale, APPROX_ACTION_DONE, 1, APPROX_REASON_DIFFERS);
  EXPECT_EQ(stale.evidence, 1.0f);
  EXPECT_EQ(session.guard.status().disagreements, 1u);
}

TEST(Reuse, IsForgottenAfterPinFailureAndInputsDropped) {
  ReuseTester pinned;
  pinned.next(kNaN);
  approx_session_pin(pinned.get(), 1);
  expect_run(pinned.next(0.0f), 1, APPROX_REASON_PINNED);
  approx_session_pin(pinned.get(), -1);
  expect_run(pinned.next(0.0f), 1, APPROX_REASON_FIRST_STAGE);

  ReuseTester failed;
  failed.options.guard = nullptr;
  failed.next(kNaN);
  failed.begin();
  failed.observe(kNaN);
  failed.observe(1.0f);
  expect_run(failed.next(0.0f), 1, APPROX_REASON_FIRST_STAGE);

  ReuseTester dropped;
  dropped.next(kNaN);
  dropped.context.input_change = 1.0f;
  dropped.begin();
  expect_run(dropped.next(0.0f), 1, APPROX_REASON_FIRST_STAGE);
}

TEST(Reuse, NeverOutlivesAnAlarm) {
  ReuseTester session;
  session.next(kNaN);
  approx_guard_latch(session.guard.get(), APPROX_ALARM_PERSON);
  expect_run(session.next(0.0f), kExact, APPROX_REASON_ALARM);
}

TEST(Reuse, NeverPassesOnALessCautiousAnswerThanAskedFor) {
  SessionTester session({{{1, 0.0f}}, {{2, 0.0f}}});
  for (auto& candidate : session.candidates) candidate.reuse_change = 0.1f;
  session.options.rule.rule = APPROX_RULE_DEADLINE;
  session.options.rule.candidate = 1;
  session.context.deadline_ms = 60.0f;
  expect_run(session.answer(), 2, APPROX_REASON_DEADLINE);
  session.context.deadline_ms = 90.0f;
  session.context.input_change = 0.0f;
  expect_run(session.answer(), 1, APPROX_REASON_DEADLINE);
  session.context.deadline_ms = 60.0f;
  expect_step(session.answer(), APPROX_ACTION_REUSE, 1, APPROX_REASON_UNCHANGED);
}

TEST(Check, ComparesTheAnswerThatWasGivenWithExacts) {
  GuardTester guard;
  SessionTester session({{{1, 0.0f}}});
  session.options.guard = guard.get();
  session.answer(1.0f, 2);
  expect_step(session.finish(), APPROX_ACTION_CHECK, kExact, APPROX_REASON_CANARY);
  expect_step(session.check(2), APPROX_ACTION_DONE, 1, APPROX_REASON_AGREES);
  session.answer(1.0f, 2);
  session.finish();
  expect_step(session.check(0), APPROX_ACTION_DONE, 1, APPROX_REASON_DIFFERS);
  EXPECT_EQ(guard.status().canaries, 2u);
  EXPECT_EQ(guard.status().disagreements, 1u);
}

TEST(Check, TakesClassesOfAnotherModelForExacts) {
  static const int32_t map[] = {2, 0, -1};
  GuardTester guard;
  SessionTester session({{{1, 0.0f}}});
  session.options.guard = guard.get();
  session.rung(1).class_map = map;
  session.rung(1).class_count = 3;
  session.answer(1.0f, 0);
  session.finish();
  expect_step(session.check(2), APPROX_ACTION_DONE, 1, APPROX_REASON_AGREES);
  session.answer(1.0f, 2);
  session.finish();
  expect_step(session.check(2), APPROX_ACTION_DONE, 1, APPROX_REASON_DIFFERS);
}

TEST(Check, CostsNothingWhereACascadeEndedWithExact) {
  GuardTester guard;
  SessionTester session({{{1, 0.5f}, {kExact, 0.0f}}});
  session.options.guard = guard.get();
  session.answer(0.0f);
  expect_step(session.finish(), APPROX_ACTION_DONE, kExact, APPROX_REASON_NO_CANARY);
  EXPECT_EQ(guard.status().canaries, 1u);
  EXPECT_EQ(guard.status().disagreements, 0u);
}

TEST(Check, NeverAsksAboutExactAlone) {
  GuardTester guard;
  SessionTester session({});
  session.options.guard = guard.get();
  session.answer();
  expect_step(session.finish(), APPROX_ACTION_DONE, kExact, APPROX_REASON_NO_CANARY);
  EXPECT_EQ(guard.status().answers, 0u);
}

TEST(Check, IsAskedForOnlyAfterAnAnswer) {
  SessionTester session({{{1, 0.0f}}});
  approx_step step{};
  const float output[] = {1.0f, 2.0f, 3.0f};
  EXPECT_EQ(approx_session_finish(session.get(), &step), APPROX_NOT_READY);
  session.begin();
  EXPECT_EQ(approx_session_finish(session.get(), &step), APPROX_NOT_READY);
  EXPECT_EQ(approx_session_check(session.get(), output, 3, 1.0f, 1.0f, &step), APPROX_NOT_READY);
  session.observe(1.0f);
  session.finish();
  EXPECT_EQ(approx_session_finish(session.get(), &step), APPROX_NOT_READY);
}

TEST(Check, RefusesAnOutputOfAnotherSize) {
  GuardTester guard;
  SessionTester session({{{1, 0.0f}}});
  session.options.guard = guard.get();
  session.answer();
  session.finish();
  approx_step step{};
  const float output[] = {1.0f, 2.0f, 3.0f, 4.0f};
  EXPECT_EQ(approx_session_check(session.get(), output, 4, 1.0f, 1.0f, &step), APPROX_INVALID_ARGUMENT);
  session.check(1);
}

}  // namespace
}  // namespace approxlite
