#include "controller/session.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <new>

#include "controller/agreement.h"
#include "controller/confidence.h"

namespace approxlite {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr int32_t kNoCandidate = -1;

float finite_or(float value, float otherwise) { return std::isfinite(value) ? value : otherwise; }
float not_negative(float value) { return std::isfinite(value) && value >= 0.0f ? value : kNaN; }

}  // namespace

std::unique_ptr<Session> Session::create(const approx_session_options& options) {
  std::unique_ptr<Session> session(new (std::nothrow) Session(options.guard));
  if (session == nullptr || !session->facts_.copy(options)) return nullptr;
  session->answer_.reset(new (std::nothrow) float[options.output_count]);
  session->rule_ = make_rule(session->facts_);
  if (session->answer_ == nullptr || session->rule_ == nullptr) return nullptr;
  const auto& candidates = session->facts_.candidates;
  session->reuses_ = std::any_of(candidates.begin(), candidates.begin() + session->facts_.certified,
                                 [](const Candidate& candidate) { return candidate.reuse_change >= 0.0f; });
  session->arrival_ = {kNaN, kNaN, kNaN, false, kNaN};
  return session;
}

approx_step Session::begin(const approx_context* context) {
  // The input before was dropped: the caller's input_change is about an input that has no answer.
  if (running()) kept_.reusable = false;
  take(context);
  rule_->arrive(arrival_);
  draw_ = {};
  if (guard_ != nullptr && guard_->latched()) {
    return fall_back(APPROX_REASON_ALARM, static_cast<float>(guard_->alarm()));
  }
  if (pinned_ >= 0) {
    kept_.reusable = false;
    candidate_ = kNoCandidate;
    return run(Phase::kPinned, 0, APPROX_REASON_PINNED, 0.0f);
  }
  const Choice choice = rule_->choose();
  assert(choice.candidate >= 0 && choice.candidate <= facts_.last());
  candidate_ = choice.candidate;
  if (may_reuse(choice)) {
    phase_ = Phase::kAnswered;
    rung_ = kept_.rung;
    draw_ = draw(kept_.confidence);
    return step(APPROX_ACTION_REUSE, APPROX_REASON_UNCHANGED, input_change_);
  }
  return run(Phase::kStage, 0, choice.reason, choice.evidence);
}

approx_step Session::observe(const float* output, size_t count, float latency_ms, float energy_mj) {
  assert(running() && fits(count));
  rule_->ran({rung_, not_negative(latency_ms), not_negative(energy_mj)});
  if (rung_ == facts_.exact_rung) exact_count_ = count;
  const float confidence = confidence_of(facts_.confidence, output, count);
  if (rung_ == facts_.exact_rung) {
    const bool last = phase_ != Phase::kStage || stage_ + 1 == facts_.candidates[candidate_].stage_count;
    if (std::isnan(confidence)) return accept(APPROX_REASON_NOT_FINITE, confidence, output, count);
    if (last) return accept(APPROX_REASON_LAST_STAGE, confidence, output, count);
  }
  if (std::isnan(confidence)) {
    if (guard_ != nullptr) guard_->inspect(rung_, output, count, input_change_);
    return fall_back(APPROX_REASON_NOT_FINITE, confidence);
  }
  approx_reason reason = APPROX_REASON_LAST_STAGE;
  if (phase_ == Phase::kStage) {
    const Candidate& candidate = facts_.candidates[candidate_];
    if (stage_ + 1 < candidate.stage_count) {
      if (confidence < candidate.stages[stage_].threshold) {
        return run(Phase::kStage, stage_ + 1, APPROX_REASON_UNSURE, confidence);
      }
      reason = APPROX_REASON_CONFIDENT;
    }
  }
  if (guard_ != nullptr && rung_ != facts_.exact_rung) {
    const approx_alarm alarm = guard_->inspect(rung_, output, count, input_change_);
    if (alarm != APPROX_ALARM_NONE) return fall_back(APPROX_REASON_TRIPWIRE, static_cast<float>(alarm));
  }
  return accept(reason, confidence, output, count);
}

approx_step Session::finish() {
  assert(answered());
  if (draw_.checked) {
    phase_ = Phase::kChecking;
    approx_step next = step(APPROX_ACTION_CHECK, APPROX_REASON_CANARY, draw_.probability);
    next.rung = facts_.exact_rung;
    return next;
  }
  phase_ = Phase::kIdle;
  if (candidate_ == kNoCandidate) return step(APPROX_ACTION_DONE, APPROX_REASON_PINNED, 0.0f);
  return step(APPROX_ACTION_DONE, APPROX_REASON_NO_CANARY, draw_.probability);
}

approx_step Session::check(const float* output, size_t count, float latency_ms, float energy_mj) {
  assert(checking());
  phase_ = Phase::kIdle;
  rule_->ran({facts_.exact_rung, not_negative(latency_ms), not_negative(energy_mj)});
  exact_count_ = count;
  const float loss =
      loss_of(facts_.agreement, output, count, answer_.get(), kept_.count, facts_.rungs[kept_.rung].class_map.get());
  const bool differs = !(loss <= facts_.agreement.tolerance);
  guard_->check(differs);
  return step(APPROX_ACTION_DONE, differs ? APPROX_REASON_DIFFERS : APPROX_REASON_AGREES, loss);
}

bool Session::fits(size_t count) const {
  if (count < 1 || count > facts_.output_count) return false;
  const int32_t rung = checking() ? facts_.exact_rung : rung_;
  const Rung& of = facts_.rungs[rung];
  if (of.class_map != nullptr) return count == of.class_count;
  if (checking() && facts_.rungs[kept_.rung].class_map == nullptr && count != kept_.count) return false;
  // An answer that was kept has the size of exact's, so one comparison with exact's last covers both.
  return comparable(facts_.agreement, exact_count_ == 0 ? count : exact_count_, count, nullptr);
}

void Session::take(const approx_context* context) {
  arrival_.time_s = kNaN;
  arrival_.deadline_ms = facts_.rule.deadline_ms;
  arrival_.charging = false;
  input_change_ = kNaN;
  if (context == nullptr) return;
  arrival_.time_s = std::isfinite(context->time_s) ? context->time_s : kNaN;
  if (!std::isnan(context->deadline_ms)) arrival_.deadline_ms = context->deadline_ms;
  arrival_.charging = context->charging > 0;
  input_change_ = not_negative(context->input_change);
  if (context->battery >= 0.0f && context->battery <= 1.0f) arrival_.battery = context->battery;
  arrival_.thermal_headroom = finite_or(context->thermal_headroom, arrival_.thermal_headroom);
}

// An answer is never passed on to an input for which a more cautious candidate was chosen than the one that gave it.
bool Session::may_reuse(const Choice& choice) const {
  return kept_.reusable && kept_.candidate <= choice.candidate &&
         input_change_ < facts_.candidates[choice.candidate].reuse_change;
}

approx_step Session::run(Phase phase, size_t stage, approx_reason reason, float evidence) {
  phase_ = phase;
  stage_ = stage;
  switch (phase) {
    case Phase::kExact: rung_ = facts_.exact_rung; break;
    case Phase::kPinned: rung_ = pinned_; break;
    default: rung_ = facts_.candidates[candidate_].stages[stage].rung;
  }
  return step(APPROX_ACTION_RUN, reason, evidence);
}

approx_step Session::fall_back(approx_reason reason, float evidence) {
  kept_.reusable = false;
  candidate_ = 0;
  return run(Phase::kExact, 0, reason, evidence);
}

approx_step Session::accept(approx_reason reason, float evidence, const float* output, size_t count) {
  const bool followed = phase_ == Phase::kStage;
  phase_ = Phase::kAnswered;
  if (followed) {
    const int32_t top = top_of(output, count);
    rule_->followed({candidate_, facts_.class_of(rung_, top), top < 0 ? kNaN : output[top]});
    // Exact by itself is not what was promised; exact at the end of a cascade is part of it.
    if (candidate_ > 0 && !std::isnan(evidence)) draw_ = draw(evidence);
    if (rung_ == facts_.exact_rung && draw_.checked) {
      guard_->check(false);  // the answer is exact's own: a check that costs nothing
      draw_.checked = false;
    }
  }
  kept_ = {followed && reuses_ && !std::isnan(evidence), candidate_, rung_, evidence, count};
  if (kept_.reusable || draw_.checked) std::copy_n(output, count, answer_.get());
  return step(APPROX_ACTION_ACCEPT, reason, evidence);
}

approx_step Session::step(approx_action action, approx_reason reason, float evidence) const {
  return {action, rung_, reason, evidence, candidate_};
}

Draw Session::draw(float confidence) { return guard_ == nullptr ? Draw{false, 0.0f} : guard_->draw(confidence); }

}  // namespace approxlite
