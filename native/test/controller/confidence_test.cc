#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "approxlite/controller.h"

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

float ratio(const std::vector<float>& output) {
  return approx_confidence_of(APPROX_CONFIDENCE_TOP_TWO_RATIO, output.data(), output.size());
}

float difference(const std::vector<float>& output) {
  return approx_confidence_of(APPROX_CONFIDENCE_TOP_TWO_DIFFERENCE, output.data(), output.size());
}

TEST(Confidence, RatioComparesTheTwoLargestWhereverTheyStand) {
  EXPECT_EQ(ratio({0.125f, 0.5f, 0.25f, 0.125f}), 2.0f);
  EXPECT_EQ(ratio({0.25f, 0.125f, 0.125f, 0.5f}), 2.0f);
}

TEST(Confidence, DifferenceWorksOnNegativeLogits) { EXPECT_EQ(difference({-4.0f, -1.0f, -7.0f}), 3.0f); }

TEST(Confidence, TieIsTheLeastSure) {
  EXPECT_EQ(ratio({0.5f, 0.5f}), 1.0f);
  EXPECT_EQ(difference({2.0f, 2.0f, 1.0f}), 0.0f);
}

TEST(Confidence, OneEntryIsCertain) {
  EXPECT_EQ(ratio({0.1f}), kInfinity);
  EXPECT_EQ(difference({-3.0f}), kInfinity);
}

TEST(Confidence, ProbabilitiesThatUnderflowedAreNotMistakenForNotFinite) {
  EXPECT_EQ(ratio({1.0f, 0.0f, 0.0f}), kInfinity);
  EXPECT_EQ(ratio({0.0f, 0.0f}), 1.0f);
  EXPECT_EQ(ratio({1.0f, 1e-45f}), kInfinity);
}

TEST(Confidence, DifferenceMayOverflowWithoutBecomingNotFinite) {
  const float largest = std::numeric_limits<float>::max();
  EXPECT_EQ(difference({largest, -largest}), kInfinity);
}

TEST(Confidence, IsNaNIfAnyEntryIsNotFinite) {
  for (float bad : {kNaN, kInfinity, -kInfinity}) {
    EXPECT_TRUE(std::isnan(ratio({0.9f, bad, 0.1f})));
    EXPECT_TRUE(std::isnan(difference({0.9f, 0.1f, bad})));
    EXPECT_TRUE(std::isnan(difference({bad})));
  }
}

TEST(Confidence, OfNothingIsNaN) {
  const float output = 1.0f;
  EXPECT_TRUE(std::isnan(approx_confidence_of(APPROX_CONFIDENCE_TOP_TWO_RATIO, &output, 0)));
  EXPECT_TRUE(std::isnan(approx_confidence_of(APPROX_CONFIDENCE_TOP_TWO_RATIO, nullptr, 3)));
}

}  // namespace
