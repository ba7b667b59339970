#ifndef APPROXLITE_CONTROLLER_ACCOUNT_H_
#define APPROXLITE_CONTROLLER_ACCOUNT_H_

#include "controller/rules/rule.h"

namespace approxlite {

// Energy allowed against energy used, by the clock: joules per hour, a charge to be left at a time, or both.
class Account {
 public:
  explicit Account(const approx_rule_options& options);

  void arrive(const Arrival& arrival);
  void spend(float energy_mj);

  // Whether a budget can be kept now: one is given, what it needs is known, and the device is not charging.
  bool open() const { return open_; }
  // Watts left for inference, once the device's idle power is paid; negative if not even that can be.
  double sustained_w() const;
  // The same, with what was saved or overspent so far paid back over `horizon_s` seconds.
  double affordable_w(double horizon_s) const;

 private:
  bool to_target() const;
  double to_target_w() const;

  double hourly_w_, idle_w_, target_, target_time_s_, capacity_j_;  // hourly_w_, target_: NaN if not given
  bool open_ = false;
  double time_s_;          // of the arrival last known; NaN: none
  double saved_j_ = 0.0;   // of what the hours so far allowed; negative: overspent
  double charge_;          // of the battery, last known; NaN: none
  double since_j_ = 0.0;   // used since the battery last showed a new charge
};

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_ACCOUNT_H_
