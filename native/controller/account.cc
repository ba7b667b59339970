#include "controller/account.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace approxlite {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kHourS = 3600.0, kDayS = 24.0 * kHourS;
// What is saved now may be spent later, but no hour may take more than 3 % above its budget for it.
constexpr double kMostSavedS = 0.03 * kHourS;
// What was overspent, as when a budget could not be kept, is paid back; more than an hour's worth is forgiven.
constexpr double kMostOverspentS = kHourS;
// A battery shows its charge in steps, which would count for too much right before the target time.
constexpr double kLeastLeftS = 60.0;

}  // namespace

Account::Account(const approx_rule_options& options)
    : hourly_w_(options.energy_j_per_hour / kHourS),
      idle_w_(options.idle_w),
      target_(options.battery_target),
      target_time_s_(options.battery_target_time_s),
      capacity_j_(options.battery_capacity_j),
      time_s_(kNaN),
      charge_(kNaN) {}

void Account::arrive(const Arrival& arrival) {
  const double seconds = arrival.time_s - time_s_;
  const double passed_s = seconds > 0.0 ? std::min(seconds, kDayS) : 0.0;  // NaN: nothing
  if (!std::isnan(arrival.time_s)) time_s_ = arrival.time_s;
  if (arrival.charging || arrival.battery != charge_) {
    charge_ = arrival.battery;
    since_j_ = 0.0;
  } else {
    since_j_ += idle_w_ * passed_s;
  }
  if (!arrival.charging && !std::isnan(hourly_w_)) {
    saved_j_ =
        std::clamp(saved_j_ + (hourly_w_ - idle_w_) * passed_s, -hourly_w_ * kMostOverspentS, hourly_w_ * kMostSavedS);
  }
  open_ = !arrival.charging && !std::isnan(arrival.time_s) && (!std::isnan(hourly_w_) || to_target());
}

void Account::spend(float energy_mj) {
  const double joules = energy_mj / 1e3;
  since_j_ += joules;
  if (open_) saved_j_ -= joules;
}

double Account::sustained_w() const {
  const double hourly = std::isnan(hourly_w_) ? std::numeric_limits<double>::infinity() : hourly_w_;
  return (to_target() ? std::min(hourly, to_target_w()) : hourly) - idle_w_;
}

double Account::affordable_w(double horizon_s) const {
  const double hourly =
      std::isnan(hourly_w_) ? std::numeric_limits<double>::infinity() : hourly_w_ + saved_j_ / horizon_s;
  return (to_target() ? std::min(hourly, to_target_w()) : hourly) - idle_w_;
}

bool Account::to_target() const { return !std::isnan(target_) && !std::isnan(charge_) && time_s_ < target_time_s_; }

// Closes its own loop: what is left of the battery says what was used, so there is nothing to pay back.
double Account::to_target_w() const {
  return ((charge_ - target_) * capacity_j_ - since_j_) / std::max(target_time_s_ - time_s_, kLeastLeftS);
}

}  // namespace approxlite
