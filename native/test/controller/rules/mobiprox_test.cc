// Mobiprox's engines as published: where each goes after a story of answers.
#include <gtest/gtest.h>

#include <vector>

#include "test/controller/session_tester.h"

namespace approxlite {
namespace {

using Places = std::vector<int32_t>;

// Candidates 0 to 8, each the rung of that number alone.
class Engine : public SessionTester {
 public:
  explicit Engine(approx_rule rule, int32_t growth = 1, bool as_published = false) : SessionTester(singles(), 9) {
    options.rule.rule = rule;
    options.rule.candidate = 0;
    options.rule.growth = growth;
    options.rule.as_published = as_published;
  }
  // The candidate that each answer was given by, and the one after them.
  Places places(const std::vector<int32_t>& answers, float difference = 1.0f) {
    Places places;
    for (int32_t top : answers) places.push_back(answer(difference, top).candidate);
    places.push_back(begin().candidate);
    return places;
  }

 private:
  static std::vector<Stages> singles() {
    std::vector<Stages> stages;
    for (int32_t rung = 1; rung <= 8; ++rung) stages.push_back({{rung, 0.0f}});
    return stages;
  }
};

TEST(Naive, GoesOnwardByOneAndBackByHalf) {
  EXPECT_EQ(Engine(APPROX_RULE_NAIVE).places({1, 1, 1, 1, 1, 2, 2, 2}), (Places{0, 0, 1, 2, 3, 4, 2, 3, 4}));
}

TEST(Naive, DoublesItsStepsAndStartsThemAnewAfterGoingBack) {
  EXPECT_EQ(Engine(APPROX_RULE_NAIVE, 2).places({1, 1, 1, 1, 1, 2, 2, 2}), (Places{0, 0, 1, 3, 7, 8, 4, 5, 7}));
}

TEST(Naive, AsPublishedComparesWithTheFirstAnswerForEver) {
  EXPECT_EQ(Engine(APPROX_RULE_NAIVE, 1, true).places({1, 1, 1, 1, 1, 2, 2, 2}), (Places{0, 0, 1, 2, 3, 4, 2, 1, 0}));
}

TEST(Naive, SaysWhyItMoved) {
  Engine engine(APPROX_RULE_NAIVE);
  EXPECT_EQ(engine.answer(1.0f, 1).reason, APPROX_REASON_FIRST_STAGE);
  EXPECT_EQ(engine.answer(1.0f, 1).reason, APPROX_REASON_FIRST_STAGE);
  EXPECT_EQ(engine.answer(1.0f, 2).reason, APPROX_REASON_STABLE);
  EXPECT_EQ(engine.answer(1.0f, 2).reason, APPROX_REASON_UNSTABLE);
}

TEST(State, MovesOnTwoVotesOfThreeEqualAnswers) {
  // The third answer is the first vote, the fourth the second.
  EXPECT_EQ(Engine(APPROX_RULE_STATE).places({1, 1, 1, 1, 1, 1}), (Places{0, 0, 0, 0, 1, 1, 2}));
}

TEST(State, GoesBackAfterTwoVotesWithoutAgreement) {
  EXPECT_EQ(Engine(APPROX_RULE_STATE).places({1, 1, 1, 1, 1, 1, 2, 1, 2}), (Places{0, 0, 0, 0, 1, 1, 2, 2, 1, 1}));
}

TEST(Kalman, IsSureAfterTheFirstRepetitionAndUnsureAfterTheFirstChange) {
  // With variance 100 the first measurement is nearly believed: 1 at once; a change then moves it to about 0.49.
  EXPECT_EQ(Engine(APPROX_RULE_KALMAN).places({1, 1, 1, 1}), (Places{0, 0, 1, 2, 3}));
  EXPECT_EQ(Engine(APPROX_RULE_KALMAN).places({1, 2, 2}), (Places{0, 0, 0, 0}));
}

TEST(Kalman, KeepsItsPublishedEstimate) {
  Engine engine(APPROX_RULE_KALMAN);
  engine.answer(1.0f, 1);
  engine.answer(1.0f, 2);
  const approx_step step = engine.begin();
  EXPECT_EQ(step.reason, APPROX_REASON_UNSTABLE);
  EXPECT_FLOAT_EQ(step.evidence, 1.0f / 101.0f);  // 1 - gain, which is 100 / 101
}

// Wrong at 1 and right at 2 for class 1, the other way round for class 2, unknown for class 0; for all candidates.
std::vector<float> table() {
  std::vector<float> table;
  for (int candidate = 0; candidate < 9; ++candidate) table.insert(table.end(), {kNaN, kNaN, 1.0f, 2.0f, 2.0f, 1.0f});
  return table;
}

class ConfidenceEngine : public Engine {
 public:
  explicit ConfidenceEngine(bool as_published = false) : Engine(APPROX_RULE_CONFIDENCE, 1, as_published) {
    options.rule.confidence_table = table_.data();
    options.rule.class_count = 3;
  }

 private:
  std::vector<float> table_ = table();
};

TEST(Confidence, MovesByItsPlaceBetweenWrongAndRight) {
  EXPECT_EQ(ConfidenceEngine().places({1, 1}, 0.80f), (Places{0, 1, 2}));   // 1.80 > 1.75
  EXPECT_EQ(ConfidenceEngine().places({1, 1}, 0.60f), (Places{0, 0, 0}));  // between
  ConfidenceEngine engine;
  engine.places({1, 1, 1, 1}, 0.80f);
  EXPECT_EQ(engine.places({1, 1}, 0.40f), (Places{4, 2, 1}));  // 1.40 < 1.50
}

TEST(Confidence, LeavesOutClassesThatWereSurerWhenWrongUnlessAsPublished) {
  EXPECT_EQ(ConfidenceEngine().places({2, 2}, 0.60f), (Places{0, 0, 0}));
  EXPECT_EQ(ConfidenceEngine(true).places({2, 2}, 0.60f), (Places{0, 1, 2}));  // 1.60 > 2 - 0.75
}

TEST(Confidence, StaysWhereNothingIsKnown) { EXPECT_EQ(ConfidenceEngine().places({0, 0}), (Places{0, 0, 0})); }

TEST(Engines, NeverGoPastWhatIsCertified) {
  for (approx_rule rule : {APPROX_RULE_NAIVE, APPROX_RULE_STATE, APPROX_RULE_KALMAN}) {
    Engine engine(rule, 2);
    engine.options.certified = 4;
    EXPECT_EQ(engine.places(std::vector<int32_t>(30, 1)).back(), 3);
  }
}

}  // namespace
}  // namespace approxlite
