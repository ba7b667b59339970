#include "controller/pace.h"

#include <algorithm>
#include <cmath>

namespace approxlite {
namespace {

constexpr float kAverageOver = 8.0f;             // runs
constexpr float kMostChange = 4.0f;              // of inflation by one run: a hiccup of the system is no throttling
constexpr float kLeast = 0.25f, kMost = 64.0f;   // inflation
// Tracking a quantile online: up by a gain times 1 - beyond after a run beyond the prediction, else down by the gain
// times beyond, holds the share of runs beyond it at that whatever their distribution (Gibbs and Candes, "Adaptive
// conformal inference under distribution shift", 2021).
constexpr float kBeyond = 0.01f, kGain = 0.1f;
constexpr float kUp = 1.0f + kGain * (1.0f - kBeyond), kDown = 1.0f - kGain * kBeyond;
constexpr float kMostMargin = 16.0f;

}  // namespace

Pace::Pace(const Facts& facts) : facts_(facts) {
  for (int32_t i = 0; i < facts.candidate_count; ++i) {
    const Candidate& candidate = facts.candidates[i];
    for (size_t at = 0; at < candidate.stage_count; ++at) slow_ms_[i] += facts.rungs[candidate.stages[at].rung].slow_ms;
  }
}

void Pace::ran(const Run& run) {
  const Rung& rung = facts_.rungs[run.rung];
  if (!(run.latency_ms > 0.0f) || std::isnan(rung.cost_ms)) return;
  const bool beyond = run.latency_ms > rung.slow_ms * inflation_ * margin_;
  margin_ = std::clamp(margin_ * (beyond ? kUp : kDown), 1.0f, kMostMargin);
  const float seen = std::clamp(run.latency_ms / rung.cost_ms, inflation_ / kMostChange, inflation_ * kMostChange);
  inflation_ = std::clamp(inflation_ + (seen - inflation_) / kAverageOver, kLeast, kMost);
}

}  // namespace approxlite
