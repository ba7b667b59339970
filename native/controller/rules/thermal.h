#ifndef APPROXLITE_CONTROLLER_RULES_THERMAL_H_
#define APPROXLITE_CONTROLLER_RULES_THERMAL_H_

#include "controller/rules/rule.h"

namespace approxlite {

// One candidate cheaper as long as thermal headroom is short, one back as it returns, with a gap between the two limits
// and time between two moves: the sensors of a skin lag by many seconds.
class Thermal final : public Rule {
 public:
  explicit Thermal(const Facts& facts) : facts_(facts), at_(facts.rule.candidate) {}

  void arrive(const Arrival& arrival) override;
  Choice choose() const override { return {at_, reason_, reason_ == APPROX_REASON_FIRST_STAGE ? 0.0f : headroom_}; }

 private:
  bool waited(const Arrival& arrival) const;

  const Facts& facts_;
  int32_t at_;
  approx_reason reason_ = APPROX_REASON_FIRST_STAGE;
  float headroom_ = 0.0f;
  // The last move: when, and on what reading.
  bool moved_ = false;
  double moved_s_ = 0.0;
  float moved_at_ = 0.0f;
};

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_RULES_THERMAL_H_
