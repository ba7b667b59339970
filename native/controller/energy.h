#ifndef APPROXLITE_CONTROLLER_ENERGY_H_
#define APPROXLITE_CONTROLLER_ENERGY_H_

#include <array>

#include "controller/rules/rule.h"

namespace approxlite {

// What candidates really use per input: as measured on the desk, corrected by what runs use here.
class Energy {
 public:
  explicit Energy(const Facts& facts) : facts_(facts) {}

  // Takes what a run used, if nobody measured it what its rung uses as far as known, and returns that.
  float ran(const Run& run);
  // The runs since the last call were an input answered by following `candidate`.
  void followed(int32_t candidate);
  // The runs since the last call were anything else.
  void forget() { input_mj_ = 0.0f; }

  // Of one input, escalations included.
  float of(int32_t candidate) const;

 private:
  const Facts& facts_;
  float drift_ = 1.0f;  // moving average of used over measured energy, all rungs together
  std::array<float, APPROX_MAX_CANDIDATES> correction_{};  // the same by candidate, escalations included; 0: never ran
  float input_mj_ = 0.0f;
};

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_ENERGY_H_
