// Floats as signed 8-bit weights around zero.
#ifndef APPROXLITE_ENGINE_SYMMETRIC_WEIGHTS_H_
#define APPROXLITE_ENGINE_SYMMETRIC_WEIGHTS_H_

#include <cmath>
#include <cstdint>

namespace approxlite {

// The step that puts the largest weight at 127.
inline float symmetric_scale(float largest) { return largest > 0 ? largest / 127.0f : 1.0f; }

// A weight that is no number counts as 0, one out of range as the nearest: no model may cause undefined behaviour.
inline int8_t symmetric_weight(float value, float scale) {
  const float q = std::nearbyint(value / scale);
  return static_cast<int8_t>(q > 127 ? 127 : q < -127 ? -127 : q == q ? q : 0);
}

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_SYMMETRIC_WEIGHTS_H_
