#include "controller/session.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "controller/confidence.h"

namespace approxlite {
namespace {

bool is_rung(int32_t rung) { return rung >= 0 && rung < APPROX_MAX_RUNGS; }

}  // namespace

bool Session::valid(const approx_session_options& options) {
  if (options.stages == nullptr || options.stage_count < 1 || options.stage_count > APPROX_MAX_RUNGS) return false;
  if (options.confidence != APPROX_CONFIDENCE_TOP_TWO_RATIO &&
      options.confidence != APPROX_CONFIDENCE_TOP_TWO_DIFFERENCE) {
    return false;
  }
  if (!is_rung(options.exact_rung)) return false;
  uint32_t seen = 0;
  for (size_t i = 0; i < options.stage_count; ++i) {
    const approx_stage& stage = options.stages[i];
    if (!is_rung(stage.rung) || (seen & (1u << stage.rung)) != 0) return false;
    seen |= 1u << stage.rung;
    const bool last = i + 1 == options.stage_count;
    if (!last && !std::isfinite(stage.threshold)) return false;
  }
  return true;
}

Session::Session(const approx_session_options& options)
    : stage_count_(options.stage_count), confidence_(options.confidence), exact_rung_(options.exact_rung) {
  assert(valid(options));
  std::copy_n(options.stages, stage_count_, stages_.begin());
}

approx_step Session::begin() { return run(Phase::kStage, 0, APPROX_REASON_FIRST_STAGE, 0.0f); }

approx_step Session::observe(const float* output, size_t count) {
  assert(running());
  const float evidence = confidence_of(confidence_, output, count);
  if (std::isnan(evidence)) {
    if (rung() == exact_rung_) return accept(APPROX_REASON_NOT_FINITE, evidence);
    return run(Phase::kExact, stage_, APPROX_REASON_NOT_FINITE, evidence);
  }
  if (phase_ == Phase::kExact || stage_ + 1 == stage_count_) return accept(APPROX_REASON_LAST_STAGE, evidence);
  if (evidence >= stages_[stage_].threshold) return accept(APPROX_REASON_CONFIDENT, evidence);
  return run(Phase::kStage, stage_ + 1, APPROX_REASON_UNSURE, evidence);
}

approx_step Session::run(Phase phase, size_t stage, approx_reason reason, float evidence) {
  phase_ = phase;
  stage_ = stage;
  return {APPROX_ACTION_RUN, rung(), reason, evidence};
}

approx_step Session::accept(approx_reason reason, float evidence) {
  const int32_t accepted = rung();
  phase_ = Phase::kIdle;
  return {APPROX_ACTION_ACCEPT, accepted, reason, evidence};
}

}  // namespace approxlite
