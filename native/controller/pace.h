#ifndef APPROXLITE_CONTROLLER_PACE_H_
#define APPROXLITE_CONTROLLER_PACE_H_

#include <array>

#include "controller/rules/rule.h"

namespace approxlite {

// How slow the device is now, compared with when its rungs were measured: clocked down by heat, or shared with others.
class Pace {
 public:
  explicit Pace(const Facts& facts);

  void ran(const Run& run);
  // Milliseconds in which all stages of `candidate` are done, but for about one run in a hundred.
  float worst_ms(int32_t candidate) const { return slow_ms_[candidate] * inflation_ * margin_; }
  // The same of its first stage alone.
  float first_ms(int32_t candidate) const {
    return facts_.rungs[facts_.candidates[candidate].stages[0].rung].slow_ms * inflation_ * margin_;
  }

 private:
  const Facts& facts_;
  std::array<float, APPROX_MAX_CANDIDATES> slow_ms_{};  // of all stages together, as measured
  float inflation_ = 1.0f;                              // moving average of latency over what was measured
  float margin_ = 1.0f;                                 // keeps runs beyond the prediction to their share
};

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_PACE_H_
