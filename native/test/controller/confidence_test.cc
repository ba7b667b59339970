#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "approxlite/controller.h"
#include "controller/confidence.h"

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

TEST(Confidence, IsWhatSortingSays) {
  std::mt19937 random(5);
  const float odd[] = {0.0f, -0.0f, 1e-45f, -1e-45f, 3.4e38f, -3.4e38f, 0.5f};
  for (int trial = 0; trial < 3000; ++trial) {
    std::vector<float> output(2 + random() % 40);
    for (float& value : output) {
      value = random() % 4 == 0 ? odd[random() % std::size(odd)]
                                : std::ldexp(static_cast<float>(random() % 200) - 100.0f, -5);
    }
    std::vector<float> sorted = output;
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    EXPECT_EQ(difference(output), sorted[0] - sorted[1]);
    const approxlite::Reading reading = approxlite::read(APPROX_CONFIDENCE_TOP_TWO_RATIO, output.data(), output.size());
    EXPECT_EQ(reading.top, std::max_element(output.begin(), output.end()) - output.begin());
    EXPECT_EQ(reading.largest, sorted[0]);
  }
}

TEST(Confidence, OfNothingIsNaN) {
  const float output = 1.0f;
  EXPECT_TRUE(std::isnan(approx_confidence_of(APPROX_CONFIDENCE_TOP_TWO_RATIO, &output, 0)));
  EXPECT_TRUE(std::isnan(approx_confidence_of(APPROX_CONFIDENCE_TOP_TWO_RATIO, nullptr, 3)));
}

}  // namespace
