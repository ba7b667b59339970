// A session over a ladder of made-up rungs, and outputs of a given confidence to feed it.
#ifndef APPROXLITE_TEST_CONTROLLER_SESSION_TESTER_H_
#define APPROXLITE_TEST_CONTROLLER_SESSION_TESTER_H_

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <vector>

#include "approxlite/controller.h"

namespace approxlite {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int32_t kExact = 0;

inline approx_rule_options no_options() {
  approx_rule_options rule{};
  rule.rule = APPROX_RULE_FIXED;
  rule.growth = 1;
  rule.energy_j_per_hour = rule.battery_target = rule.deadline_ms = rule.headroom_limit = kNaN;
  rule.battery_target_time_s = kNaN;
  return rule;
}

inline approx_context no_context() { return {std::numeric_limits<double>::quiet_NaN(), kNaN, kNaN, kNaN, -1, kNaN}; }

// Options that may be changed until the first call. Rung 0 is exact, and rung r takes 100 / (1 + r) ms and mJ, half as
// much again when slow. Confidence is the difference of the two largest outputs.
class SessionTester {
 public:
  using Stages = std::vector<approx_stage>;

  // Candidate 0 is exact alone; `others` follow it, and the rule stays at the last of them.
  explicit SessionTester(const std::vector<Stages>& others, size_t rungs = 5) {
    for (size_t i = 0; i < rungs; ++i) {
      const float cost = 100.0f / static_cast<float>(1 + i);
      rungs_.push_back({cost, 1.5f * cost, cost, nullptr, 0});
    }
    stages_.push_back({{kExact, 0.0f}});
    stages_.insert(stages_.end(), others.begin(), others.end());
    for (const Stages& stages : stages_) {
      const float cost = rungs_[stages[0].rung].cost_ms;
      candidates.push_back({stages.data(), stages.size(), cost, cost, -1.0f});
    }
    options.rungs = rungs_.data();
    options.rung_count = rungs_.size();
    options.candidates = candidates.data();
    options.candidate_count = options.certified = candidates.size();
    options.exact_rung = kExact;
    options.confidence = APPROX_CONFIDENCE_TOP_TWO_DIFFERENCE;
    options.agreement = {APPROX_LOSS_TOP_ONE, 1, 0.0f};
    options.rule = no_options();
    options.rule.candidate = static_cast<int32_t>(candidates.size()) - 1;
    options.output_count = 16;
  }
  ~SessionTester() { approx_session_destroy(session_); }
  SessionTester(const SessionTester&) = delete;
  SessionTester& operator=(const SessionTester&) = delete;

  approx_session* get() {
    if (session_ == nullptr) {
      EXPECT_EQ(approx_session_create(&options, &session_), APPROX_OK);
    }
    return session_;
  }
  approx_status create() { return approx_session_create(&options, &session_); }
  approx_rung_facts& rung(size_t i) { return rungs_[i]; }

  approx_step begin() { return begin(context); }
  approx_step begin(const approx_context& with) {
    EXPECT_EQ(approx_session_begin(get(), &with, &step_), APPROX_OK);
    return step_;
  }
  // An output of that difference whose largest entry is `top`; takes what the rung is said to take times `slower`.
  approx_step observe(float difference, int32_t top = 1, float slower = 1.0f) {
    const float output[] = {entry(top, 0, difference), entry(top, 1, difference), entry(top, 2, difference)};
    const approx_rung_facts& ran = rungs_[step_.rung];
    EXPECT_EQ(approx_session_observe(get(), output, 3, slower * ran.cost_ms, slower * ran.energy_mj, &step_),
              APPROX_OK);
    return step_;
  }
  // Runs one input to its answer, every output of the same difference, top and slowness; the step that began it.
  approx_step answer(float difference = 1.0f, int32_t top = 1, float slower = 1.0f) {
    const approx_step first = begin();
    for (approx_step step = first; step.action == APPROX_ACTION_RUN;) step = observe(difference, top, slower);
    return first;
  }
  approx_step finish() {
    EXPECT_EQ(approx_session_finish(get(), &step_), APPROX_OK);
    return step_;
  }
  approx_step check(int32_t top) {
    const float output[] = {entry(top, 0, 1.0f), entry(top, 1, 1.0f), entry(top, 2, 1.0f)};
    EXPECT_EQ(approx_session_check(get(), output, 3, 100.0f, 100.0f, &step_), APPROX_OK);
    return step_;
  }

  approx_session_options options{};
  std::vector<approx_candidate> candidates;
  approx_context context = no_context();

 private:
  static float entry(int32_t top, int32_t at, float difference) { return at == top ? 1.0f + difference : 1.0f; }

  std::vector<approx_rung_facts> rungs_;
  std::vector<Stages> stages_;
  approx_session* session_ = nullptr;
  approx_step step_{};
};

inline void expect_step(const approx_step& step, approx_action action, int32_t rung, approx_reason reason) {
  EXPECT_EQ(step.action, action);
  EXPECT_EQ(step.rung, rung);
  EXPECT_EQ(step.reason, reason) << approx_reason_name(step.reason);
}
inline void expect_run(const approx_step& step, int32_t rung, approx_reason reason) {
  expect_step(step, APPROX_ACTION_RUN, rung, reason);
}
inline void expect_accept(const approx_step& step, int32_t rung, approx_reason reason) {
  expect_step(step, APPROX_ACTION_ACCEPT, rung, reason);
}

// A guard that checks every answer and is alarmed by nothing but what a test does to it.
class GuardTester {
 public:
  explicit GuardTester(float canary_rate = 1.0f) {
    approx_guard_options options{};
    options.epsilon = 0.05f;
    options.alpha = 0.01f;
    options.canary_rate = canary_rate;
    options.unsure = -1.0f;
    options.unsure_factor = 1.0f;
    options.constant_limit = 1 << 30;
    options.out_of_range_limit = 1 << 30;
    options.seed = 1;
    EXPECT_EQ(approx_guard_create(&options, &guard_), APPROX_OK);
  }
  ~GuardTester() { approx_guard_destroy(guard_); }
  GuardTester(const GuardTester&) = delete;
  GuardTester& operator=(const GuardTester&) = delete;

  approx_guard* get() { return guard_; }
  approx_guard_status status() {
    approx_guard_status status{};
    EXPECT_EQ(approx_guard_get_status(guard_, &status), APPROX_OK);
    return status;
  }

 private:
  approx_guard* guard_ = nullptr;
};

}  // namespace approxlite

#endif  // APPROXLITE_TEST_CONTROLLER_SESSION_TESTER_H_
