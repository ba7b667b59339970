#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "approxlite/controller.h"

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int32_t kExact = 0;

// A session over `stages` by difference of the two largest outputs; observe() gives it an output of that difference.
class SessionTester {
 public:
  explicit SessionTester(const std::vector<approx_stage>& stages, int32_t exact_rung = kExact) {
    const approx_session_options options{stages.data(), stages.size(), APPROX_CONFIDENCE_TOP_TWO_DIFFERENCE,
                                         exact_rung};
    EXPECT_EQ(approx_session_create(&options, &session_), APPROX_OK);
  }
  ~SessionTester() { approx_session_destroy(session_); }
  SessionTester(const SessionTester&) = delete;
  SessionTester& operator=(const SessionTester&) = delete;

  approx_step begin() {
    approx_step step{};
    EXPECT_EQ(approx_session_begin(session_, &step), APPROX_OK);
    return step;
  }
  approx_step observe(float difference) {
    const float output[] = {1.0f, 1.0f + difference, 0.5f};
    approx_step step{};
    EXPECT_EQ(approx_session_observe(session_, output, 3, &step), APPROX_OK);
    return step;
  }
  approx_session* get() { return session_; }

 private:
  approx_session* session_ = nullptr;
};

void expect_run(const approx_step& step, int32_t rung, approx_reason reason) {
  EXPECT_EQ(step.action, APPROX_ACTION_RUN);
  EXPECT_EQ(step.rung, rung);
  EXPECT_EQ(step.reason, reason) << approx_reason_name(step.reason);
}

void expect_accept(const approx_step& step, int32_t rung, approx_reason reason) {
  EXPECT_EQ(step.action, APPROX_ACTION_ACCEPT);
  EXPECT_EQ(step.rung, rung);
  EXPECT_EQ(step.reason, reason) << approx_reason_name(step.reason);
}

TEST(Session, FixedPolicyAcceptsWhateverItsOneRungSays) {
  SessionTester session({{3, 0.0f}});
  const approx_step first = session.begin();
  expect_run(first, 3, APPROX_REASON_FIRST_STAGE);
  EXPECT_EQ(first.evidence, 0.0f);
  const approx_step last = session.observe(0.25f);
  expect_accept(last, 3, APPROX_REASON_LAST_STAGE);
  EXPECT_EQ(last.evidence, 0.25f);
}

TEST(Session, AcceptsWhenConfidenceReachesTheThreshold) {
  SessionTester session({{2, 0.5f}, {1, 0.0f}});
  session.begin();
  const approx_step step = session.observe(0.5f);
  expect_accept(step, 2, APPROX_REASON_CONFIDENT);
  EXPECT_EQ(step.evidence, 0.5f);
}

TEST(Session, EscalatesWhenUnsure) {
  SessionTester session({{2, 0.5f}, {1, 0.0f}});
  session.begin();
  const approx_step step = session.observe(0.25f);
  expect_run(step, 1, APPROX_REASON_UNSURE);
  EXPECT_EQ(step.evidence, 0.25f);
}

TEST(Session, NeverEscalatesPastTheLastStage) {
  SessionTester session({{2, 0.5f}, {1, 0.5f}, {4, 0.5f}});
  session.begin();
  expect_run(session.observe(0.0f), 1, APPROX_REASON_UNSURE);
  expect_run(session.observe(0.0f), 4, APPROX_REASON_UNSURE);
  expect_accept(session.observe(0.0f), 4, APPROX_REASON_LAST_STAGE);
}

TEST(Session, OutputThatIsNotFiniteRunsExactWhichIsThenAccepted) {
  SessionTester session({{2, 0.5f}, {1, 0.0f}});
  session.begin();
  const approx_step fallback = session.observe(kNaN);
  expect_run(fallback, kExact, APPROX_REASON_NOT_FINITE);
  EXPECT_TRUE(std::isnan(fallback.evidence));
  expect_accept(session.observe(0.0f), kExact, APPROX_REASON_LAST_STAGE);
}

TEST(Session, OutputOfTheLastStageThatIsNotFiniteRunsExactToo) {
  SessionTester session({{2, 0.5f}, {1, 0.0f}});
  session.begin();
  session.observe(0.0f);
  expect_run(session.observe(kInfinity), kExact, APPROX_REASON_NOT_FINITE);
}

TEST(Session, ExactOutputThatIsNotFiniteIsAcceptedAndSaysSo) {
  SessionTester fixed({{kExact, 0.0f}});
  fixed.begin();
  expect_accept(fixed.observe(kNaN), kExact, APPROX_REASON_NOT_FINITE);

  SessionTester cascade({{2, 0.5f}, {1, 0.0f}});
  cascade.begin();
  cascade.observe(kNaN);
  const approx_step step = cascade.observe(kNaN);
  expect_accept(step, kExact, APPROX_REASON_NOT_FINITE);
  EXPECT_TRUE(std::isnan(step.evidence));
}

TEST(Session, BeginDropsWhatWasUnderWay) {
  SessionTester session({{2, 0.5f}, {1, 0.0f}});
  session.begin();
  session.observe(0.0f);
  expect_run(session.begin(), 2, APPROX_REASON_FIRST_STAGE);
  session.observe(kNaN);
  expect_run(session.begin(), 2, APPROX_REASON_FIRST_STAGE);
  expect_run(session.observe(0.25f), 1, APPROX_REASON_UNSURE);
}

TEST(Session, ObserveWithoutARunIsNotReady) {
  SessionTester session({{1, 0.0f}});
  const float output[] = {1.0f, 2.0f};
  approx_step step{};
  EXPECT_EQ(approx_session_observe(session.get(), output, 2, &step), APPROX_NOT_READY);
  session.begin();
  session.observe(1.0f);
  EXPECT_EQ(approx_session_observe(session.get(), output, 2, &step), APPROX_NOT_READY);
}

TEST(Session, BadArgumentsChangeNothing) {
  SessionTester session({{2, 0.5f}, {1, 0.0f}});
  session.begin();
  const float output[] = {1.0f};
  approx_step step{};
  EXPECT_EQ(approx_session_observe(session.get(), nullptr, 1, &step), APPROX_INVALID_ARGUMENT);
  EXPECT_EQ(approx_session_observe(session.get(), output, 0, &step), APPROX_INVALID_ARGUMENT);
  EXPECT_EQ(approx_session_observe(session.get(), output, 1, nullptr), APPROX_INVALID_ARGUMENT);
  EXPECT_EQ(approx_session_begin(nullptr, &step), APPROX_INVALID_ARGUMENT);
  expect_run(session.observe(0.25f), 1, APPROX_REASON_UNSURE);
}

TEST(SessionCreate, RefusesOptionsOutOfRange) {
  const approx_stage good[] = {{2, 0.5f}, {1, 0.0f}};
  const approx_stage twice[] = {{2, 0.5f}, {2, 0.0f}};
  const approx_stage negative[] = {{-1, 0.5f}};
  const approx_stage beyond[] = {{APPROX_MAX_RUNGS, 0.5f}};
  const approx_stage never[] = {{2, kInfinity}, {1, 0.0f}};
  const approx_stage nan[] = {{2, kNaN}, {1, 0.0f}};
  const auto by = APPROX_CONFIDENCE_TOP_TWO_RATIO;
  for (const approx_session_options& options : {
           approx_session_options{nullptr, 2, by, 0},
           approx_session_options{good, 0, by, 0},
           approx_session_options{good, APPROX_MAX_RUNGS + 1, by, 0},
           approx_session_options{twice, 2, by, 0},
           approx_session_options{negative, 1, by, 0},
           approx_session_options{beyond, 1, by, 0},
           approx_session_options{never, 2, by, 0},
           approx_session_options{nan, 2, by, 0},
           approx_session_options{good, 2, 2, 0},
           approx_session_options{good, 2, by, -1},
           approx_session_options{good, 2, by, APPROX_MAX_RUNGS},
       }) {
    approx_session* session = nullptr;
    EXPECT_EQ(approx_session_create(&options, &session), APPROX_INVALID_ARGUMENT);
    EXPECT_EQ(session, nullptr);
  }
  const approx_session_options options{good, 2, by, 0};
  EXPECT_EQ(approx_session_create(&options, nullptr), APPROX_INVALID_ARGUMENT);
  approx_session_destroy(nullptr);
}

TEST(SessionCreate, IgnoresTheThresholdOfTheLastStage) { SessionTester session({{2, 0.5f}, {1, kNaN}}); }

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
    const auto exact_rung = static_cast<int32_t>(random() % APPROX_MAX_RUNGS);
    const auto by = static_cast<int32_t>(random() % 2);
    std::vector<std::vector<float>> outputs(APPROX_MAX_RUNGS, std::vector<float>(1 + random() % 12));
    for (auto& output : outputs) {
      for (float& value : output) value = uniform(random);
      if (random() % 8 == 0) output[random() % output.size()] = random() % 2 == 0 ? kNaN : -kInfinity;
    }

    const approx_session_options options{stages.data(), stages.size(), by, exact_rung};
    approx_session* session = nullptr;
    ASSERT_EQ(approx_session_create(&options, &session), APPROX_OK);
    approx_step step{};
    ASSERT_EQ(approx_session_begin(session, &step), APPROX_OK);
    for (const approx_step& expected : story(stages, exact_rung, outputs, by)) {
      ASSERT_EQ(step.action, expected.action) << "trial " << trial;
      ASSERT_EQ(step.rung, expected.rung) << "trial " << trial;
      ASSERT_EQ(step.reason, expected.reason) << "trial " << trial;
      ASSERT_TRUE(step.evidence == expected.evidence || (std::isnan(step.evidence) && std::isnan(expected.evidence)));
      if (step.action == APPROX_ACTION_ACCEPT) break;
      const auto& output = outputs[step.rung];
      ASSERT_EQ(approx_session_observe(session, output.data(), output.size(), &step), APPROX_OK);
    }
    approx_session_destroy(session);
  }
}

TEST(Reason, HasANameForLogs) {
  EXPECT_STREQ(approx_reason_name(APPROX_REASON_FIRST_STAGE), "first_stage");
  EXPECT_STREQ(approx_reason_name(APPROX_REASON_CONFIDENT), "confident");
  EXPECT_STREQ(approx_reason_name(APPROX_REASON_UNSURE), "unsure");
  EXPECT_STREQ(approx_reason_name(APPROX_REASON_LAST_STAGE), "last_stage");
  EXPECT_STREQ(approx_reason_name(APPROX_REASON_NOT_FINITE), "not_finite");
  EXPECT_STREQ(approx_reason_name(99), "unknown");
  EXPECT_STREQ(approx_reason_name(-1), "unknown");
}

}  // namespace
