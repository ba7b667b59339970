#include "controller/rules/budget.h"

#include <algorithm>
#include <cmath>
#include <new>

namespace approxlite {
namespace {

// What was saved or overspent is used up over a minute, or this many inputs if they are rare.
constexpr double kHorizonS = 60.0, kHorizonInputs = 16.0;
constexpr double kIntervalOver = 16.0;  // inputs, of the moving average
constexpr double kLongestPause = 4.0;   // intervals; a longer pause says nothing about the rate of inputs

}  // namespace

void Budget::arrive(const Arrival& arrival) {
  time_s_ = arrival.time_s;
  energy_.forget();
  account_.arrive(arrival);
  choice_ = plan();
}

void Budget::ran(const Run& run) {
  if (!std::isnan(facts_.rungs[run.rung].energy_mj)) account_.spend(energy_.ran(run));
}

void Budget::followed(const Followed& input) {
  if (!account_.open()) return;
  energy_.followed(input.candidate);
  if (mixture_.mixed && (input.candidate == mixture_.dear || input.candidate == mixture_.cheap)) {
    const double used_mj = input.candidate == mixture_.dear ? mixture_.dear_mj : mixture_.cheap_mj;
    const double gap_mj = mixture_.dear_mj - mixture_.cheap_mj;
    carried_mj_ = std::clamp(carried_mj_ + mixture_.affordable_mj - used_mj, -gap_mj, gap_mj);
  }
  const double passed_s = time_s_ - ran_s_;
  if (ran_once_ && passed_s > 0.0) {
    if (interval_s_ == 0.0) interval_s_ = passed_s;
    interval_s_ += (std::min(passed_s, kLongestPause * interval_s_) - interval_s_) / kIntervalOver;
  }
  ran_s_ = time_s_;
  ran_once_ = true;
}

Choice Budget::plan() {
  mixture_.mixed = false;
  const int32_t asked = facts_.rule.candidate;
  if (!account_.open() || interval_s_ == 0.0) return {asked, APPROX_REASON_FIRST_STAGE, 0.0f};
  const double left_w = account_.affordable_w(std::max(kHorizonS, kHorizonInputs * interval_s_));
  const double affordable_mj = left_w * interval_s_ * 1e3;
  const auto evidence = static_cast<float>(left_w);
  int32_t dear = -1;
  for (int32_t candidate = asked; candidate <= facts_.last(); ++candidate) {
    const double energy_mj = energy_.of(candidate);
    if (energy_mj > affordable_mj) {
      if (dear < 0 || energy_mj < energy_.of(dear)) dear = candidate;
      continue;
    }
    if (dear < 0) return {candidate, APPROX_REASON_BUDGET, evidence};
    mixture_ = {true, dear, candidate, energy_.of(dear), energy_mj, affordable_mj};
    const double gap_mj = mixture_.dear_mj - mixture_.cheap_mj;
    const bool turn = carried_mj_ + affordable_mj - mixture_.dear_mj >= -gap_mj / 2.0;
    return {turn ? dear : candidate, APPROX_REASON_BUDGET, evidence};
  }
  return cheapest(account_.sustained_w() * interval_s_ * 1e3, evidence);
}

// The one with the least energy. Only if it could not be sustained is the budget missed; else it is paying back.
Choice Budget::cheapest(double sustained_mj, float left_w) const {
  int32_t least = facts_.rule.candidate;
  for (int32_t candidate = least + 1; candidate <= facts_.last(); ++candidate) {
    if (energy_.of(candidate) < energy_.of(least)) least = candidate;
  }
  const bool infeasible = energy_.of(least) > sustained_mj;
  return {least, infeasible ? APPROX_REASON_BUDGET_INFEASIBLE : APPROX_REASON_BUDGET, left_w};
}

std::unique_ptr<Rule> make_budget(const Facts& facts) {
  return std::unique_ptr<Rule>(new (std::nothrow) Budget(facts));
}

}  // namespace approxlite
