// What the reference twins share.
#ifndef APPROXLITE_KERNELS_REFERENCE_H_
#define APPROXLITE_KERNELS_REFERENCE_H_

#include <cmath>
#include <cstdint>

namespace approxlite::reference {

// The clamp of kernels.h.
inline float clamp(float y, float low, float high) {
  y = low > y ? low : y;
  return high < y ? high : y;
}

// byte() of kernels.h, of y + zero_point where y is rounded before the sum.
inline uint8_t byte(float y, int32_t zero_point = 0) {
  if (!(y > -1024)) return 0;
  const int rounded = static_cast<int>(std::nearbyint(y < 1024 ? y : 1024.0f)) + zero_point;
  return static_cast<uint8_t>(rounded < 0 ? 0 : rounded > 255 ? 255 : rounded);
}

}  // namespace approxlite::reference

#endif  // APPROXLITE_KERNELS_REFERENCE_H_
