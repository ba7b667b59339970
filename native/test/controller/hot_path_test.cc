// What a session promises on the hot path: no allocation once it is created, and decisions that take no time to speak of.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "test/allocations.h"
#include "test/controller/session_tester.h"

namespace approxlite {
namespace {

constexpr int kInputs = 2000;
constexpr size_t kClasses = 16;

// A session with everything that any rule can need, eight candidates, and a guard that checks every second answer.
class Busy : public SessionTester {
 public:
  explicit Busy(int32_t rule) : SessionTester(cascades(), 9) {
    for (auto& candidate : candidates) candidate.reuse_change = 0.01f;
    table_.fill(0.5f);
    options.guard = guard_.get();
    options.rule.rule = rule;
    options.rule.candidate = 1;
    options.rule.confidence_table = table_.data();
    options.rule.class_count = kClasses;
    options.rule.energy_j_per_hour = 0.04f * 3600.0f;
    options.rule.deadline_ms = 120.0f;
    options.rule.headroom_limit = 0.85f;
    context.thermal_headroom = 0.7f;
    context.battery = 0.5f;
    context.time_s = 0.0;
    get();
  }
  // Inputs, answered and checked; the steps taken.
  int live() {
    int steps = 0;
    std::array<float, kClasses> output{};
    for (int i = 0; i < kInputs; ++i) {
      context.time_s += 1.0;
      context.input_change = i % 10 == 0 ? 0.001f : 0.5f;
      output.fill(0.1f);
      output[i % 7] = i % 3 == 0 ? 0.2f : 0.9f;
      approx_step step{};
      approx_session_begin(get(), &context, &step);
      for (++steps; step.action == APPROX_ACTION_RUN; ++steps) {
        approx_session_observe(get(), output.data(), kClasses, 50.0f, 30.0f, &step);
      }
      approx_session_finish(get(), &step);
      ++steps;
      if (step.action != APPROX_ACTION_CHECK) continue;
      approx_session_check(get(), output.data(), kClasses, 100.0f, 100.0f, &step);
      ++steps;
    }
    return steps;
  }

 private:
  static std::vector<Stages> cascades() {
    std::vector<Stages> stages;
    for (int32_t rung = 1; rung < 8; ++rung) stages.push_back({{rung + 1, 0.5f}, {rung, 0.3f}, {kExact, 0.0f}});
    return stages;
  }
  GuardTester guard_{0.5f};
  std::array<float, 8 * kClasses * 2> table_;
};

TEST(HotPath, AllocatesNothingOnceCreated) {
  if (!APPROX_COUNTS_ALLOCATIONS) GTEST_SKIP() << "allocations cannot be counted under a sanitizer";
  for (int32_t rule = APPROX_RULE_FIXED; rule <= APPROX_RULE_AUTO; ++rule) {
    Busy session(rule);
    const long before = allocations();
    session.live();
    EXPECT_EQ(allocations(), before) << "rule " << rule;
  }
}

// Far above what it takes (the benchmark says how much that is), far below what any inference does.
TEST(HotPath, DecidesInLessThanTwoMicroseconds) {
  if (!APPROX_COUNTS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer's time says nothing";
  for (int32_t rule = APPROX_RULE_FIXED; rule <= APPROX_RULE_AUTO; ++rule) {
    Busy session(rule);
    double least_us = kInfinity;
    for (int round = 0; round < 3; ++round) {
      const auto begin = std::chrono::steady_clock::now();
      const int steps = session.live();
      const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
      least_us = std::min(least_us, took.count() / steps);
    }
    EXPECT_LT(least_us, 2.0) << "rule " << rule;
  }
}

}  // namespace
}  // namespace approxlite
