// Whatever options a caller gives, a session is created with sound ones or not at all.
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <vector>

#include "test/controller/session_tester.h"

namespace approxlite {
namespace {

using Change = std::function<void(SessionTester&)>;

void expect_refused(const Change& change) {
  SessionTester session({{{1, 0.5f}, {0, 0.0f}}, {{2, 0.0f}}});
  change(session);
  EXPECT_EQ(session.create(), APPROX_INVALID_ARGUMENT);
}

TEST(SessionCreate, RefusesALadderOutOfRange) {
  expect_refused([](auto& s) { s.options.rungs = nullptr; });
  expect_refused([](auto& s) { s.options.rung_count = 0; });
  expect_refused([](auto& s) { s.options.rung_count = SIZE_MAX; });
  expect_refused([](auto& s) { s.options.exact_rung = -1; });
  expect_refused([](auto& s) { s.options.exact_rung = 5; });
  expect_refused([](auto& s) { s.options.exact_rung = 1; });  // candidate 0 is not exact then
  expect_refused([](auto& s) { s.rung(1).cost_ms = 0.0f; });
  expect_refused([](auto& s) { s.rung(1).cost_ms = kInfinity; });
  expect_refused([](auto& s) { s.rung(1).slow_ms = s.rung(1).cost_ms / 2.0f; });
  expect_refused([](auto& s) { s.rung(1).energy_mj = -1.0f; });
}

TEST(SessionCreate, RefusesCandidatesOutOfRange) {
  static const approx_stage twice[] = {{2, 0.5f}, {2, 0.0f}}, negative[] = {{-1, 0.5f}}, beyond[] = {{5, 0.5f}},
                            never[] = {{2, kInfinity}, {1, 0.0f}}, unknown[] = {{2, kNaN}, {1, 0.0f}};
  const auto stages = [](const approx_stage* of, size_t count) {
    return [=](SessionTester& s) {
      s.candidates[1].stages = of;
      s.candidates[1].stage_count = count;
    };
  };
  expect_refused(stages(nullptr, 1));
  expect_refused(stages(twice, 0));
  expect_refused(stages(twice, SIZE_MAX));
  expect_refused(stages(twice, 2));
  expect_refused(stages(negative, 1));
  expect_refused(stages(beyond, 1));
  expect_refused(stages(never, 2));
  expect_refused(stages(unknown, 2));
  expect_refused([](auto& s) { s.options.candidates = nullptr; });
  expect_refused([](auto& s) { s.options.candidate_count = 0; });
  expect_refused([](auto& s) { s.options.candidate_count = SIZE_MAX; });
  expect_refused([](auto& s) { s.options.certified = 0; });
  expect_refused([](auto& s) { s.options.certified = 4; });
  expect_refused([](auto& s) { s.candidates[1].reuse_change = kNaN; });
  expect_refused([](auto& s) { s.candidates[1].energy_mj = 0.0f; });
}

TEST(SessionCreate, RefusesAnythingElseOutOfRange) {
  static const int32_t map[] = {0, 16};
  expect_refused([](auto& s) { s.options.confidence = 2; });
  expect_refused([](auto& s) { s.options.agreement.classes = 0; });
  expect_refused([](auto& s) { s.options.agreement.tolerance = kNaN; });
  expect_refused([](auto& s) { s.options.output_count = 0; });
  expect_refused([](auto& s) { s.options.output_count = SIZE_MAX; });
  expect_refused([](auto& s) {
    s.rung(1).class_map = map;  // to a class that exact cannot have
    s.rung(1).class_count = 2;
  });
  expect_refused([](auto& s) {
    s.rung(1).class_map = map;
    s.rung(1).class_count = SIZE_MAX;
  });
  expect_refused([](auto& s) {
    s.rung(1).class_map = map;
    s.rung(1).class_count = 1;
    s.options.agreement.loss = APPROX_LOSS_MEAN_ABSOLUTE;  // entries of other classes are not differences
  });
}

TEST(SessionCreate, RefusesRulesThatLackWhatTheyNeed) {
  const auto rule = [](
                        int32_t kind, const Change& change = [](SessionTester&) {}) {
    return [=](SessionTester& s) {
      s.options.rule.rule = kind;
      change(s);
    };
  };
  expect_refused(rule(-1));
  expect_refused(rule(9));
  expect_refused(rule(APPROX_RULE_FIXED, [](auto& s) { s.options.rule.candidate = -1; }));
  expect_refused(rule(APPROX_RULE_FIXED, [](auto& s) { s.options.certified = 2; }));  // starts past what is certified
  expect_refused(rule(APPROX_RULE_NAIVE, [](auto& s) { s.options.rule.growth = 0; }));
  expect_refused(rule(APPROX_RULE_STATE, [](auto& s) { s.options.rule.growth = 3; }));
  expect_refused(rule(APPROX_RULE_CONFIDENCE));
  expect_refused(rule(APPROX_RULE_BUDGET));
  expect_refused(rule(APPROX_RULE_BUDGET, [](auto& s) {
    s.options.rule.energy_j_per_hour = 100.0f;
    s.rung(1).energy_mj = kNaN;  // energy is never guessed
  }));
  expect_refused(rule(APPROX_RULE_BUDGET, [](auto& s) {
    s.options.rule.battery_target = 0.2f;  // by when?
    s.options.rule.battery_capacity_j = 40000.0f;
  }));
  expect_refused(rule(APPROX_RULE_BUDGET, [](auto& s) {
    s.options.rule.energy_j_per_hour = 100.0f;
    s.options.rule.idle_w = -1.0f;
  }));
  expect_refused(rule(APPROX_RULE_DEADLINE, [](auto& s) { s.rung(2).slow_ms = kNaN; }));
  expect_refused(rule(APPROX_RULE_DEADLINE, [](auto& s) { s.options.rule.deadline_ms = 0.0f; }));
  expect_refused(rule(APPROX_RULE_THERMAL));
  expect_refused(rule(APPROX_RULE_AUTO, [](auto& s) { s.options.rule.headroom_limit = kInfinity; }));
}

TEST(SessionCreate, TakesWhatNobodyMeasuredIfTheRuleDoesNotNeedIt) {
  SessionTester session({{{1, 0.0f}}});
  session.rung(1).cost_ms = session.rung(1).slow_ms = session.rung(1).energy_mj = kNaN;
  session.candidates[1].cost_ms = session.candidates[1].energy_mj = kNaN;
  EXPECT_EQ(session.create(), APPROX_OK);
}

TEST(SessionCreate, IgnoresTheThresholdOfTheLastStage) {
  SessionTester session({{{2, 0.5f}, {1, kNaN}}});
  EXPECT_EQ(session.create(), APPROX_OK);
}

TEST(SessionCreate, TakesNullPointersForWhatTheyAre) {
  SessionTester session({{{1, 0.0f}}});
  EXPECT_EQ(approx_session_create(&session.options, nullptr), APPROX_INVALID_ARGUMENT);
  approx_session* out = nullptr;
  EXPECT_EQ(approx_session_create(nullptr, &out), APPROX_INVALID_ARGUMENT);
  approx_session_destroy(nullptr);
  approx_step step{};
  EXPECT_EQ(approx_session_begin(session.get(), nullptr, nullptr), APPROX_INVALID_ARGUMENT);
  EXPECT_EQ(approx_session_begin(session.get(), nullptr, &step), APPROX_OK);
  EXPECT_EQ(approx_session_pin(nullptr, 0), APPROX_INVALID_ARGUMENT);
  EXPECT_EQ(approx_session_finish(nullptr, &step), APPROX_INVALID_ARGUMENT);
  EXPECT_EQ(approx_session_check(session.get(), nullptr, 3, 1.0f, 1.0f, &step), APPROX_INVALID_ARGUMENT);
}

// Calls in any order with any numbers: each is refused or leads to a rung of the ladder that may be followed.
TEST(Session, SurvivesAnyCallsWithAnyNumbers) {
  std::mt19937 random(3);
  const float odd[] = {0.0f, -0.0f, 1.0f, -1.0f, 1e-45f, 1e30f, -1e30f, kInfinity, -kInfinity, kNaN, 0.5f, 20.0f};
  const double times[] = {
      0.0, 1.0, -5.0, 1e9, 1e300, -1e300, static_cast<double>(kInfinity), static_cast<double>(kNaN)};
  const auto number = [&] { return odd[random() % std::size(odd)]; };
  static const float table[3 * 3 * 2] = {};
  for (int trial = 0; trial < 600; ++trial) {
    GuardTester guard(0.5f);
    SessionTester session({{{1, 0.5f}, {0, 0.0f}}, {{3, 0.5f}, {2, 0.0f}}});
    session.options.guard = random() % 2 == 0 ? guard.get() : nullptr;
    session.candidates[1 + random() % 2].reuse_change = number() > 0.0f ? 0.5f : -1.0f;
    session.options.certified = 1 + random() % 3;
    approx_rule_options& rule = session.options.rule;
    rule.rule = trial % 9;
    rule.candidate = static_cast<int32_t>(random() % session.options.certified);
    rule.growth = 1 + static_cast<int32_t>(random() % 2);
    rule.confidence_table = table;
    rule.class_count = 3;
    rule.energy_j_per_hour = 500.0f;
    rule.battery_target = 0.25f;
    rule.battery_target_time_s = 5000.0;
    rule.battery_capacity_j = 30000.0f;
    rule.headroom_limit = 0.85f;
    ASSERT_EQ(session.create(), APPROX_OK);
    approx_step step{};
    double clock = 0.0;
    for (int call = 0; call < 300; ++call) {
      std::vector<float> output(1 + random() % 17);
      for (float& value : output) value = number();
      switch (random() % 6) {
        case 0: {
          clock += random() % 3 == 0 ? 0.1 : 0.0;
          const approx_context context{random() % 4 == 0 ? times[random() % std::size(times)] : clock,
                                       number(),
                                       number(),
                                       number(),
                                       static_cast<int32_t>(random() % 3) - 1,
                                       number()};
          ASSERT_EQ(approx_session_begin(session.get(), &context, &step), APPROX_OK);
          break;
        }
        case 1:
        case 2:
        case 3:
          approx_session_observe(session.get(), output.data(), random() % 4 == 0 ? output.size() : 1, number(),
                                 number(), &step);
          break;
        case 4: approx_session_finish(session.get(), &step); break;
        default:
          approx_session_check(session.get(), output.data(), random() % 4 == 0 ? output.size() : 1, number(), number(),
                               &step);
          if (random() % 20 == 0) approx_session_pin(session.get(), static_cast<int32_t>(random() % 7) - 1);
      }
      ASSERT_GE(step.rung, 0);
      ASSERT_LT(step.rung, 5);
      ASSERT_GE(step.candidate, -1);
      ASSERT_LT(step.candidate, static_cast<int32_t>(session.options.certified));
      ASSERT_STRNE(approx_reason_name(step.reason), "unknown");
    }
  }
}

TEST(Reason, HasANameForLogs) {
  EXPECT_STREQ(approx_reason_name(APPROX_REASON_FIRST_STAGE), "first_stage");
  EXPECT_STREQ(approx_reason_name(APPROX_REASON_BUDGET_INFEASIBLE), "budget_infeasible");
  EXPECT_STREQ(approx_reason_name(APPROX_REASON_TRIPWIRE), "tripwire");
  EXPECT_STREQ(approx_reason_name(99), "unknown");
  EXPECT_STREQ(approx_reason_name(-1), "unknown");
}

}  // namespace
}  // namespace approxlite
