#include "controller/facts.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "controller/agreement.h"

namespace approxlite {
namespace {

bool positive(float value) { return std::isfinite(value) && value > 0.0f; }
bool positive_or_unknown(float value) { return std::isnan(value) || positive(value); }
bool share(float value) { return value >= 0.0f && value <= 1.0f; }

bool valid_rung(const approx_rung_facts& rung, bool exact, const approx_session_options& options) {
  if (!positive_or_unknown(rung.cost_ms) || !positive_or_unknown(rung.slow_ms)) return false;
  if (rung.slow_ms < rung.cost_ms || !positive_or_unknown(rung.energy_mj)) return false;
  if (rung.class_map == nullptr) return true;
  if (exact || options.agreement.loss != APPROX_LOSS_TOP_ONE) return false;
  if (rung.class_count < 1 || rung.class_count > options.output_count) return false;
  const auto classes = static_cast<int64_t>(options.output_count);
  return std::all_of(rung.class_map, rung.class_map + rung.class_count,
                     [&](int32_t to) { return to >= -1 && to < classes; });
}

bool valid_candidate(const approx_candidate& candidate, size_t rung_count) {
  if (candidate.stages == nullptr || candidate.stage_count < 1 || candidate.stage_count > APPROX_MAX_RUNGS) {
    return false;
  }
  if (!positive_or_unknown(candidate.cost_ms) || !positive_or_unknown(candidate.energy_mj)) return false;
  if (!std::isfinite(candidate.reuse_change)) return false;
  uint32_t seen = 0;
  for (size_t i = 0; i < candidate.stage_count; ++i) {
    const approx_stage& stage = candidate.stages[i];
    if (stage.rung < 0 || static_cast<size_t>(stage.rung) >= rung_count) return false;
    if ((seen & (1u << stage.rung)) != 0) return false;
    seen |= 1u << stage.rung;
    if (i + 1 < candidate.stage_count && !std::isfinite(stage.threshold)) return false;
  }
  return true;
}

// Whether `rule` gives the energy budget that BUDGET and AUTO can keep, if it gives one at all.
bool valid_budget(const approx_session_options& options) {
  const approx_rule_options& rule = options.rule;
  const bool hourly = !std::isnan(rule.energy_j_per_hour), battery = !std::isnan(rule.battery_target);
  if (!hourly && !battery) return rule.rule == APPROX_RULE_AUTO;
  if (hourly && !positive(rule.energy_j_per_hour)) return false;
  if (battery &&
      !(share(rule.battery_target) && std::isfinite(rule.battery_target_time_s) && positive(rule.battery_capacity_j))) {
    return false;
  }
  if (!std::isfinite(rule.idle_w) || rule.idle_w < 0.0f) return false;
  return std::all_of(options.rungs, options.rungs + options.rung_count,
                     [](const approx_rung_facts& rung) { return positive(rung.energy_mj); }) &&
         std::all_of(options.candidates, options.candidates + options.candidate_count,
                     [](const approx_candidate& candidate) { return positive(candidate.energy_mj); });
}

bool valid_deadline(const approx_session_options& options) {
  const float deadline_ms = options.rule.deadline_ms;
  if (!positive_or_unknown(deadline_ms)) return false;
  return std::all_of(options.rungs, options.rungs + options.rung_count,
                     [](const approx_rung_facts& rung) { return positive(rung.cost_ms) && positive(rung.slow_ms); });
}

bool valid_headroom(const approx_rule_options& rule) {
  return positive(rule.headroom_limit) || (std::isnan(rule.headroom_limit) && rule.rule == APPROX_RULE_AUTO);
}

bool valid_rule(const approx_session_options& options) {
  const approx_rule_options& rule = options.rule;
  if (rule.candidate < 0 || static_cast<size_t>(rule.candidate) >= options.certified) return false;
  switch (rule.rule) {
    case APPROX_RULE_FIXED: return true;
    case APPROX_RULE_NAIVE:
    case APPROX_RULE_STATE:
    case APPROX_RULE_KALMAN: return rule.growth == 1 || rule.growth == 2;
    case APPROX_RULE_CONFIDENCE:
      return (rule.growth == 1 || rule.growth == 2) && rule.confidence_table != nullptr && rule.class_count >= 1 &&
             rule.class_count <= APPROX_MAX_CLASSES;
    case APPROX_RULE_BUDGET: return valid_budget(options);
    case APPROX_RULE_DEADLINE: return valid_deadline(options);
    case APPROX_RULE_THERMAL: return valid_headroom(rule);
    case APPROX_RULE_AUTO: return valid_budget(options) && valid_deadline(options) && valid_headroom(rule);
    default: return false;
  }
}

}  // namespace

bool Facts::valid(const approx_session_options& options) {
  if (options.rungs == nullptr || options.rung_count < 1 || options.rung_count > APPROX_MAX_RUNGS) return false;
  if (options.candidates == nullptr || options.candidate_count < 1 || options.candidate_count > APPROX_MAX_CANDIDATES) {
    return false;
  }
  if (options.certified < 1 || options.certified > options.candidate_count) return false;
  if (options.exact_rung < 0 || static_cast<size_t>(options.exact_rung) >= options.rung_count) return false;
  if (options.confidence != APPROX_CONFIDENCE_TOP_TWO_RATIO &&
      options.confidence != APPROX_CONFIDENCE_TOP_TWO_DIFFERENCE) {
    return false;
  }
  if (!approxlite::valid(options.agreement)) return false;
  if (options.output_count < 1 || options.output_count > APPROX_MAX_OUTPUT) return false;
  for (size_t i = 0; i < options.rung_count; ++i) {
    if (!valid_rung(options.rungs[i], static_cast<int32_t>(i) == options.exact_rung, options)) return false;
  }
  for (size_t i = 0; i < options.candidate_count; ++i) {
    if (!valid_candidate(options.candidates[i], options.rung_count)) return false;
  }
  const approx_candidate& first = options.candidates[0];
  return first.stage_count == 1 && first.stages[0].rung == options.exact_rung && valid_rule(options);
}

bool Facts::copy(const approx_session_options& options) {
  rung_count = static_cast<int32_t>(options.rung_count);
  candidate_count = static_cast<int32_t>(options.candidate_count);
  certified = static_cast<int32_t>(options.certified);
  exact_rung = options.exact_rung;
  confidence = options.confidence;
  agreement = options.agreement;
  output_count = options.output_count;
  rule = options.rule;
  rule.confidence_table = nullptr;
  for (size_t i = 0; i < options.rung_count; ++i) {
    const approx_rung_facts& from = options.rungs[i];
    Rung& to = rungs[i];
    to = {from.cost_ms, from.slow_ms, from.energy_mj, nullptr, 0};
    if (from.class_map == nullptr) continue;
    to.class_map.reset(new (std::nothrow) int32_t[from.class_count]);
    if (to.class_map == nullptr) return false;
    to.class_count = from.class_count;
    std::copy_n(from.class_map, from.class_count, to.class_map.get());
  }
  for (size_t i = 0; i < options.candidate_count; ++i) {
    const approx_candidate& from = options.candidates[i];
    candidates[i].stage_count = from.stage_count;
    candidates[i].energy_mj = from.energy_mj;
    candidates[i].reuse_change = from.reuse_change;
    std::copy_n(from.stages, from.stage_count, candidates[i].stages.begin());
  }
  if (rule.rule != APPROX_RULE_CONFIDENCE) return true;
  const size_t entries = 2 * options.candidate_count * rule.class_count;
  confidence_table.reset(new (std::nothrow) float[entries]);
  if (confidence_table == nullptr) return false;
  std::copy_n(options.rule.confidence_table, entries, confidence_table.get());
  rule.confidence_table = confidence_table.get();
  return true;
}

int32_t Facts::class_of(int32_t rung, int32_t top) const {
  const Rung& of = rungs[rung];
  return of.class_map == nullptr || top < 0 ? top : of.class_map[top];
}

}  // namespace approxlite
