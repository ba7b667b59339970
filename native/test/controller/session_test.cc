#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "approxlite/controller.h"
#include "test/controller/session_tester.h"

namespace approxlite {
namespace {

TEST(Session, FixedPolicyAcceptsWhateverItsOneRungSays) {
  SessionTester session({{{3, 0.0f}}});
  const approx_step first = session.begin();
  expect_run(first, 3, APPROX_REASON_FIRST_STAGE);
  EXPECT_EQ(first.evidence, 0.0f);
  const approx_step last = session.observe(0.25f);
  expect_accept(last, 3, APPROX_REASON_LAST_STAGE);
  EXPECT_EQ(last.evidence, 0.25f);
}

TEST(Session, AcceptsWhenConfidenceReachesTheThreshold) {
  SessionTester session({{{2, 0.5f}, {1, 0.0f}}});
  session.begin();
  const approx_step step = session.observe(0.5f);
  expect_accept(step, 2, APPROX_REASON_CONFIDENT);
  EXPECT_EQ(step.evidence, 0.5f);
}

TEST(Session, EscalatesWhenUnsure) {
  SessionTester session({{{2, 0.5f}, {1, 0.0f}}});
  session.begin();
  const approx_step step = session.observe(0.25f);
  expect_run(step, 1, APPROX_REASON_UNSURE);
  EXPECT_EQ(step.evidence, 0.25f);
}

TEST(Session, NeverEscalatesPastTheLastStage) {
  SessionTester session({{{2, 0.5f}, {1, 0.5f}, {4, 0.5f}}});
  session.begin();
  expect_run(session.observe(0.0f), 1, APPROX_REASON_UNSURE);
  expect_run(session.observe(0.0f), 4, APPROX_REASON_UNSURE);
  expect_accept(session.observe(0.0f), 4, APPROX_REASON_LAST_STAGE);
}

TEST(Session, OutputThatIsNotFiniteRunsExactWhichIsThenAccepted) {
  SessionTester session({{{2, 0.5f}, {1, 0.0f}}});
  session.begin();
  const approx_step fallback = session.observe(kNaN);
  expect_run(fallback, kExact, APPROX_REASON_NOT_FINITE);
  EXPECT_TRUE(std::isnan(fallback.evidence));
  expect_accept(session.observe(0.0f), kExact, APPROX_REASON_LAST_STAGE);
}

TEST(Session, OutputOfTheLastStageThatIsNotFiniteRunsExactToo) {
  SessionTester session({{{2, 0.5f}, {1, 0.0f}}});
  session.begin();
  session.observe(0.0f);
  expect_run(session.observe(kInfinity), kExact, APPROX_REASON_NOT_FINITE);
}

TEST(Session, ExactOutputThatIsNotFiniteIsAcceptedAndSaysSo) {
  SessionTester fixed({});
  fixed.begin();
  expect_accept(fixed.observe(kNaN), kExact, APPROX_REASON_NOT_FINITE);

  SessionTester cascade({{{2, 0.5f}, {1, 0.0f}}});
  cascade.begin();
  cascade.observe(kNaN);
  const approx_step step = cascade.observe(kNaN);
  expect_accept(step, kExact, APPROX_REASON_NOT_FINITE);
  EXPECT_TRUE(std::isnan(step.evidence));
}

TEST(Session, BeginDropsWhatWasUnderWay) {
  SessionTester session({{{2, 0.5f}, {1, 0.0f}}});
  session.begin();
  session.observe(0.0f);
  expect_run(session.begin(), 2, APPROX_REASON_FIRST_STAGE);
  session.observe(kNaN);
  expect_run(session.begin(), 2, APPROX_REASON_FIRST_STAGE);
  expect_run(session.observe(0.25f), 1, APPROX_REASON_UNSURE);
}

TEST(Session, ObserveWithoutARunIsNotReady) {
  SessionTester session({{{1, 0.0f}}});
  const float output[] = {1.0f, 2.0f};
  approx_step step{};
  EXPECT_EQ(approx_session_observe(session.get(), output, 2, 1.0f, kNaN, &step), APPROX_NOT_READY);
  session.begin();
  session.observe(1.0f);
  EXPECT_EQ(approx_session_observe(session.get(), output, 2, 1.0f, kNaN, &step), APPROX_NOT_READY);
}

TEST(Session, BadArgumentsChangeNothing) {
  SessionTester session({{{2, 0.5f}, {1, 0.0f}}});
  session.begin();
  const float output[] = {1.0f};
  approx_step step{};
  EXPECT_EQ(approx_session_observe(session.get(), nullptr, 1, 1.0f, kNaN, &step), APPROX_INVALID_ARGUMENT);
  EXPECT_EQ(approx_session_observe(session.get(), output, 0, 1.0f, kNaN, &step), APPROX_INVALID_ARGUMENT);
  EXPECT_EQ(approx_session_observe(session.get(), output, 1, 1.0f, kNaN, nullptr), APPROX_INVALID_ARGUMENT);
  EXPECT_EQ(approx_session_begin(nullptr, nullptr, &step), APPROX_INVALID_ARGUMENT);
  expect_run(session.observe(0.25f), 1, APPROX_REASON_UNSURE);
}

// The slow, obvious twin: the whole story of one input, told forwards from the outputs every rung would give.
std::vector<approx_step> story(const std::vector<approx_stage>& stages, int32_t exact_rung,
                               const std::vector<std::vector<float>>& outputs, int32_t by) {
  std::vector<approx_step> steps{{APPROX_ACTION_RUN, stages[0].rung, APPROX_REASON_FIRST_STAGE, 0.0f}};
  for (size_t i = 0; i < stages.size(); ++i) {
    const int32_t rung = stages[i].rung;
    const float sure = approx_confidence_of(by, outputs[rung].data(), outputs[rung].size());
    if (std::isnan(sure) && rung == exact_rung) {
      steps.push_back({APPROX_ACTION_ACCEPT, rung, APPROX_REASON_NOT_FINITE, sure});
      return steps;
    }
    if (std::isnan(sure)) {
      steps.push_back({APPROX_ACTION_RUN, exact_rung, APPROX_REASON_NOT_FINITE, sure});
      const float exact = approx_confidence_of(by, outputs[exact_rung].data(), outputs[exact_rung].size());
      const auto reason = std::isnan(exact) ? APPROX_REASON_NOT_FINITE : APPROX_REASON_LAST_STAGE;
      steps.push_back({APPROX_ACTION_ACCEPT, exact_rung, reason, exact});
      return steps;
    }
    if (i + 1 == stages.size()) {
      steps.push_back({APPROX_ACTION_ACCEPT, rung, APPROX_REASON_LAST_STAGE, sure});
      return steps;
    }
    if (sure >= stages[i].threshold) {
      steps.push_back({APPROX_ACTION_ACCEPT, rung, APPROX_REASON_CONFIDENT, sure});
      return steps;
    }
    steps.push_back({APPROX_ACTION_RUN, stages[i + 1].rung, APPROX_REASON_UNSURE, sure});
  }
  return steps;
}

TEST(Session, FollowsItsTwinOnRandomInputs) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(0.0f, 1.0f);
  for (int trial = 0; trial < 5000; ++trial) {
    std::vector<int32_t> rungs(APPROX_MAX_RUNGS);
    for (int32_t rung = 0; rung < APPROX_MAX_RUNGS; ++rung) rungs[rung] = rung;
    std::shuffle(rungs.begin(), rungs.end(), random);
    std::vector<approx_stage> stages(1 + random() % 5);
    for (size_t i = 0; i < stages.size(); ++i) stages[i] = {rungs[i], 2.0f * uniform(random)};
    const auto by = static_cast<int32_t>(random() % 2);
    const size_t entries = 1 + random() % 12;
    std::vector<std::vector<float>> outputs(APPROX_MAX_RUNGS, std::vector<float>(entries));
    for (auto& output : outputs) {
      for (float& value : output) value = uniform(random);
      if (random() % 8 == 0) output[random() % entries] = random() % 2 == 0 ? kNaN : -kInfinity;
    }

    SessionTester session({stages}, APPROX_MAX_RUNGS);
    session.options.confidence = by;
    approx_step step = session.begin();
    for (const approx_step& expected : story(stages, kExact, outputs, by)) {
      ASSERT_EQ(step.action, expected.action) << "trial " << trial;
      ASSERT_EQ(step.rung, expected.rung) << "trial " << trial;
      ASSERT_EQ(step.reason, expected.reason) << "trial " << trial;
      ASSERT_TRUE(step.evidence == expected.evidence || (std::isnan(step.evidence) && std::isnan(expected.evidence)));
      if (step.action == APPROX_ACTION_ACCEPT) break;
      const auto& output = outputs[step.rung];
      ASSERT_EQ(approx_session_observe(session.get(), output.data(), output.size(), 1.0f, kNaN, &step), APPROX_OK);
    }
  }
}

}  // namespace
}  // namespace approxlite
