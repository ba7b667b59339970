#include "controller/rules/thermal.h"

#include <cmath>
#include <new>

namespace approxlite {
namespace {

constexpr float kGap = 0.1f;        // headroom below the limit that ends the shortage
constexpr float kSevere = 1.0f;     // Android's threshold of severe throttling: the cheapest at once
constexpr double kBetweenS = 10.0;  // what apps poll headroom at

}  // namespace

void Thermal::arrive(const Arrival& arrival) {
  const float headroom = arrival.thermal_headroom, limit = facts_.rule.headroom_limit;
  if (std::isnan(headroom) || std::isnan(limit)) return;
  const int32_t rest = facts_.rule.candidate, last = facts_.last();
  const bool may_move = waited(arrival);
  int32_t to = at_;
  if (headroom >= kSevere) {
    to = last;
  } else if (headroom >= limit && may_move && at_ < last) {
    to = at_ + 1;
  } else if (headroom < limit - kGap && may_move && at_ > rest) {
    to = at_ - 1;
  }
  headroom_ = headroom;
  if (to == at_) {
    reason_ = at_ > rest || headroom >= limit ? APPROX_REASON_HEAT : APPROX_REASON_FIRST_STAGE;
    return;
  }
  reason_ = to > at_ ? APPROX_REASON_HEAT : APPROX_REASON_COOL;
  at_ = to;
  moved_ = true;
  moved_s_ = arrival.time_s;
  moved_at_ = headroom;
}

// Without a clock, the same reading again is no news.
bool Thermal::waited(const Arrival& arrival) const {
  if (!moved_) return true;
  const double seconds = arrival.time_s - moved_s_;
  return std::isnan(seconds) ? arrival.thermal_headroom != moved_at_ : seconds >= kBetweenS;
}

std::unique_ptr<Rule> make_thermal(const Facts& facts) {
  return std::unique_ptr<Rule>(new (std::nothrow) Thermal(facts));
}

}  // namespace approxlite
