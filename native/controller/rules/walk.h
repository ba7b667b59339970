// How Mobiprox's engines move along the candidates: onward by a step that may grow, back by half at once.
#ifndef APPROXLITE_CONTROLLER_RULES_WALK_H_
#define APPROXLITE_CONTROLLER_RULES_WALK_H_

#include <algorithm>
#include <cstdint>

#include "controller/rules/rule.h"

namespace approxlite {

class Walk {
 public:
  explicit Walk(const Facts& facts) : last_(facts.last()), growth_(facts.rule.growth), at_(facts.rule.candidate) {}

  void onward(float estimate) {
    at_ = std::min(at_ + step_, last_);
    step_ = std::min(step_ * growth_, last_ + 1);  // a larger step leads no further
    say(APPROX_REASON_STABLE, estimate);
  }
  void back(float estimate) {
    at_ /= 2;
    step_ = 1;
    say(APPROX_REASON_UNSTABLE, estimate);
  }
  void stay() { say(APPROX_REASON_FIRST_STAGE, 0.0f); }

  Choice choice() const { return {at_, reason_, estimate_}; }

 private:
  void say(approx_reason reason, float estimate) {
    reason_ = reason;
    estimate_ = estimate;
  }

  int32_t last_, growth_, at_;
  int32_t step_ = 1;
  approx_reason reason_ = APPROX_REASON_FIRST_STAGE;
  float estimate_ = 0.0f;
};

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_RULES_WALK_H_
