#include "controller/energy.h"

#include <algorithm>
#include <cmath>

namespace approxlite {
namespace {

constexpr float kAverageOver = 32.0f;             // runs or inputs
constexpr float kLeast = 1.0f / 64, kMost = 64.0f;  // a correction; a reading beyond it is none

void correct(float& correction, float seen) {
  correction += (std::clamp(seen, kLeast, kMost) - correction) / kAverageOver;
}

}  // namespace

float Energy::ran(const Run& run) {
  const float measured_mj = facts_.rungs[run.rung].energy_mj;
  float used_mj = run.energy_mj;
  if (std::isnan(used_mj)) {
    used_mj = measured_mj * drift_;
  } else {
    used_mj = std::clamp(used_mj, measured_mj * kLeast, measured_mj * kMost);
    correct(drift_, used_mj / measured_mj);
  }
  input_mj_ += used_mj;
  return used_mj;
}

void Energy::followed(int32_t candidate) {
  float& correction = correction_[candidate];
  if (correction == 0.0f) correction = drift_;
  correct(correction, input_mj_ / facts_.candidates[candidate].energy_mj);
  input_mj_ = 0.0f;
}

float Energy::of(int32_t candidate) const {
  const float correction = correction_[candidate] == 0.0f ? drift_ : correction_[candidate];
  return facts_.candidates[candidate].energy_mj * correction;
}

}  // namespace approxlite
