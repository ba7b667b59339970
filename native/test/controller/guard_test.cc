#include "controller/guard.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "guard_options.h"

namespace {

using approxlite::Draw;
using approxlite::Guard;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kSure = 9, kUnsure = 1, kMoved = 1;

// An output of nine entries, more than one step of the vectorised look, that differs from the one before.
class Outputs {
 public:
  const std::vector<float>& next() {
    values_[number_++ % values_.size()] += 0.25f;
    return values_;
  }

 private:
  std::vector<float> values_ = std::vector<float>(9, 0.5f);
  size_t number_ = 0;
};

approx_alarm inspect(Guard& guard, const std::vector<float>& output, float change = kMoved) {
  return guard.inspect(0, output.data(), output.size(), change);
}

TEST(Guard, RefusesOptionsOutOfRange) {
  EXPECT_TRUE(Guard::valid(ordinary()));
  const auto refused = [](auto spoil) {
    approx_guard_options options = ordinary();
    spoil(options);
    return !Guard::valid(options);
  };
  for (const float value : {0.0f, 1.0f, -1.0f, kNaN}) {
    EXPECT_TRUE(refused([&](auto& options) { options.epsilon = value; })) << value;
    EXPECT_TRUE(refused([&](auto& options) { options.alpha = value; })) << value;
  }
  for (const float value : {-0.1f, 1.1f, kNaN}) {
    EXPECT_TRUE(refused([&](auto& options) { options.canary_rate = value; })) << value;
    EXPECT_TRUE(refused([&](auto& options) { options.unsure_share = value; })) << value;
  }
  for (const float value : {0.5f, kInfinity, kNaN}) {
    EXPECT_TRUE(refused([&](auto& options) { options.unsure_factor = value; })) << value;
  }
  EXPECT_TRUE(refused([](auto& options) { options.unsure = kNaN; }));
  EXPECT_TRUE(refused([](auto& options) { options.constant_limit = 1; }));
  EXPECT_TRUE(refused([](auto& options) { options.still_change = kNaN; }));
  EXPECT_TRUE(refused([](auto& options) { options.out_of_range_limit = 0; }));
  EXPECT_TRUE(refused([](auto& options) { options.range_count = 1; }));
  EXPECT_TRUE(refused([](auto& options) { options.range_count = APPROX_MAX_RUNGS + 1; }));
  const approx_output_range endless = {0, kInfinity, 0};
  EXPECT_TRUE(refused([&](auto& options) {
    options.ranges = &endless;
    options.range_count = 1;
  }));
}

TEST(Guard, NotFiniteIsAnAlarmAtTheFirstWhereverItStands) {
  for (const float bad : {kNaN, kInfinity, -kInfinity}) {
    for (size_t place = 0; place < 9; ++place) {
      Guard guard(ordinary());
      std::vector<float> output = Outputs().next();
      output[place] = bad;
      EXPECT_EQ(inspect(guard, output), APPROX_ALARM_NOT_FINITE) << bad << " at " << place;
      EXPECT_TRUE(guard.latched());
    }
  }
}

TEST(Guard, AllZeroIsAnAlarmAtTheFirstUnlessCalibrationSawIt) {
  Guard guard(ordinary());
  EXPECT_EQ(inspect(guard, {0.0f, -0.0f, 0.0f}), APPROX_ALARM_ZERO);
  const approx_output_range seen = {0, 1, 1};
  approx_guard_options options = ordinary();
  options.ranges = &seen;
  options.range_count = 1;
  Guard used_to_it(options);
  EXPECT_EQ(inspect(used_to_it, {0.0f, 0.0f, 0.0f}), APPROX_ALARM_NONE);
  Guard single(ordinary());
  EXPECT_EQ(inspect(single, {0.0f}), APPROX_ALARM_NONE) << "one entry may well be zero";
}

TEST(Guard, ConstantOutputIsAnAlarmAtTheLimitWhateverTheSize) {
  for (size_t size = 1; size < 40; ++size) {
    Guard guard(ordinary());
    const std::vector<float> output(size, 0.5f);
    for (int i = 1; i < 8; ++i) ASSERT_EQ(inspect(guard, output), APPROX_ALARM_NONE) << i;
    EXPECT_EQ(inspect(guard, output), APPROX_ALARM_CONSTANT);
  }
}

TEST(Guard, OneChangedBitAnywhereIsNotConstant) {
  for (size_t place = 0; place < 9; ++place) {
    Guard guard(ordinary());
    std::vector<float> output(9, 0.5f);
    for (int i = 0; i < 100; ++i) {
      output[place] = std::nextafter(output[place], i % 2 == 0 ? 1.0f : 0.0f);
      ASSERT_EQ(inspect(guard, output), APPROX_ALARM_NONE);
    }
  }
}

TEST(Guard, AStillInputIsNoFaultAndDoesNotHideOne) {
  Guard guard(ordinary());
  const std::vector<float> output(9, 0.5f);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(inspect(guard, output, 0.01f), APPROX_ALARM_NONE);
    ASSERT_EQ(inspect(guard, output, kNaN), APPROX_ALARM_NONE);
  }
  for (int i = 2; i < 8; ++i) {
    ASSERT_EQ(inspect(guard, output, 0.02f), APPROX_ALARM_NONE);
    ASSERT_EQ(inspect(guard, output, 0), APPROX_ALARM_NONE);
  }
  EXPECT_EQ(inspect(guard, output, 0.02f), APPROX_ALARM_CONSTANT);
}

TEST(Guard, OutOfRangeIsAnAlarmOnlyFarOutAndInARow) {
  const approx_output_range ranges[] = {{-1, 1, 0}, {5, 4, 0}};
  approx_guard_options options = ordinary();
  options.ranges = ranges;
  options.range_count = 2;
  Guard guard(options);
  const auto with = [](float value, float tick) { return std::vector<float>{0.5f, tick, value}; };
  for (int i = 0; i < 100; ++i) ASSERT_EQ(inspect(guard, with(2.9f, i % 2)), APPROX_ALARM_NONE) << "within its width";
  for (int i = 0; i < 102; ++i) ASSERT_EQ(inspect(guard, with(i % 3 < 2 ? 50 : 0, i % 2)), APPROX_ALARM_NONE) << i;
  ASSERT_EQ(inspect(guard, with(3.1f, 0)), APPROX_ALARM_NONE);
  ASSERT_EQ(inspect(guard, with(-3.1f, 0)), APPROX_ALARM_NONE);
  EXPECT_EQ(inspect(guard, with(9, 0)), APPROX_ALARM_OUT_OF_RANGE);
  Guard unknown(options);
  for (int i = 0; i < 100; ++i) {
    const std::vector<float> output = with(1e30f, i % 7);
    ASSERT_EQ(unknown.inspect(1, output.data(), output.size(), kMoved), APPROX_ALARM_NONE) << "low > high";
    ASSERT_EQ(unknown.inspect(7, output.data(), output.size(), kMoved), APPROX_ALARM_NONE) << "no range given";
  }
}

TEST(Guard, DrawsAtTheRateMoreOftenWhereUnsure) {
  Guard guard(ordinary());
  constexpr int kAnswers = 200000;
  int drawn = 0, unsure = 0;
  for (int i = 0; i < kAnswers; ++i) {
    const bool is_unsure = i % 10 == 0;
    const bool checked = guard.draw(is_unsure ? kUnsure : kSure).checked;
    drawn += checked;
    unsure += checked && is_unsure;
  }
  EXPECT_NEAR(drawn, 0.02 * kAnswers, 5 * std::sqrt(0.02 * kAnswers));
  EXPECT_NEAR(unsure, 8.0 / 17 * drawn, 5 * std::sqrt(drawn / 4.0));
  EXPECT_EQ(guard.status().answers, kAnswers);
}

TEST(Guard, RateHoldsWhereUnsureOnesAreAllChecked) {
  approx_guard_options options = ordinary();
  options.canary_rate = 0.3f;
  options.unsure_factor = 1000;
  Guard guard(options);
  EXPECT_EQ(guard.draw(kUnsure).probability, 1);
  EXPECT_EQ(guard.draw(kNaN).probability, 1);
  EXPECT_NEAR(guard.draw(kSure).probability, 0.2 / 0.9, 1e-6);
  options.canary_rate = options.unsure_share = 1;
  EXPECT_EQ(Guard(options).draw(kUnsure).probability, 1);
  options.canary_rate = 0;
  for (int i = 0; i < 1000; ++i) ASSERT_FALSE(Guard(options).draw(kUnsure).checked);
}

TEST(Guard, EstimatesTheShareOfAllAnswersThoughUnsureOnesAreCheckedMore) {
  Guard guard(ordinary());
  EXPECT_TRUE(std::isnan(guard.status().disagreement_share));
  approxlite::Random world(7);
  for (int i = 0; i < 400000; ++i) {
    const bool unsure = world.happens(0.1);
    if (guard.draw(unsure ? kUnsure : kSure).checked) guard.check(world.happens(unsure ? 0.1 : 0.0025));
  }
  const approx_guard_status status = guard.status();
  EXPECT_NEAR(status.disagreement_share, 0.1 * 0.1 + 0.9 * 0.0025, 0.003);
  EXPECT_GT(static_cast<double>(status.disagreements) / status.canaries, 0.03) << "that of the canaries is another";
  EXPECT_EQ(guard.alarm(), APPROX_ALARM_NONE);
}

TEST(Guard, DisagreementIsAnAlarmThatOnlyACertificateEnds) {
  Guard guard(ordinary());
  while (!guard.latched()) {
    if (guard.draw(kSure).checked) guard.check(true);
  }
  EXPECT_EQ(guard.alarm(), APPROX_ALARM_DISAGREEMENT);
  EXPECT_GE(guard.status().e_value, 100);
  guard.latch(APPROX_ALARM_PERSON);
  EXPECT_EQ(guard.alarm(), APPROX_ALARM_DISAGREEMENT) << "the first alarm stays";
  EXPECT_FALSE(guard.draw(kUnsure).checked) << "a latched guard draws nothing";
  EXPECT_EQ(inspect(guard, Outputs().next()), APPROX_ALARM_DISAGREEMENT);
  const uint8_t certificate[32] = {9};
  guard.recertify(certificate, 0.05f);
  EXPECT_FALSE(guard.latched());
  EXPECT_EQ(guard.status().e_value, 1);
  EXPECT_EQ(guard.status().canaries, 0u);
}

TEST(Guard, OnlyTheLastDrawCanBeChecked) {
  Guard guard(ordinary());
  guard.check(true);
  while (!guard.draw(kSure).checked) {
  }
  while (guard.draw(kSure).checked) {
  }
  guard.check(true);  // of the draw before, which was never made
  EXPECT_EQ(guard.status().canaries, 0u);
  while (!guard.draw(kSure).checked) {
  }
  guard.check(true);
  guard.check(true);
  EXPECT_EQ(guard.status().canaries, 1u);
}

TEST(Guard, InjectedFaultsAreCaughtAndEnd) {
  const struct {
    approx_fault fault;
    approx_alarm alarm;
    int answers;
  } cases[] = {{APPROX_FAULT_ZEROS, APPROX_ALARM_ZERO, 1},
               {APPROX_FAULT_NAN, APPROX_ALARM_NOT_FINITE, 1},
               {APPROX_FAULT_FROZEN, APPROX_ALARM_CONSTANT, 8}};
  for (const auto& each : cases) {
    Guard guard(ordinary());
    Outputs outputs;
    for (int i = 0; i < 100; ++i) ASSERT_EQ(inspect(guard, outputs.next()), APPROX_ALARM_NONE);
    guard.inject(each.fault, 0);
    for (int i = 1; i < each.answers; ++i) ASSERT_EQ(inspect(guard, outputs.next()), APPROX_ALARM_NONE) << each.fault;
    EXPECT_EQ(inspect(guard, outputs.next()), each.alarm);
  }
  Guard guard(ordinary());
  guard.inject(APPROX_FAULT_DISAGREE, 1);
  while (!guard.latched() && guard.status().canaries < 1000) {
    if (guard.draw(kSure).checked) guard.check(false);
  }
  EXPECT_EQ(guard.alarm(), APPROX_ALARM_DISAGREEMENT);
  Guard spared(ordinary());
  spared.inject(APPROX_FAULT_NAN, 0);
  spared.inject(APPROX_FAULT_NONE, 0);
  EXPECT_EQ(inspect(spared, Outputs().next()), APPROX_ALARM_NONE);
}

TEST(Guard, FaultsLeaveTheDrawsAsTheyAre) {
  Guard one(ordinary()), other(ordinary());
  other.inject(APPROX_FAULT_DISAGREE, 0.01f);
  for (int i = 0; i < 5000; ++i) {
    const Draw draw = one.draw(kSure), same = other.draw(kSure);
    ASSERT_EQ(draw.checked, same.checked);
    if (draw.checked) {
      one.check(false);
      other.check(false);
    }
  }
}

}  // namespace
