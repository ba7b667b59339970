// What the reference twins share.
#ifndef APPROXLITE_KERNELS_REFERENCE_H_
#define APPROXLITE_KERNELS_REFERENCE_H_

namespace approxlite::reference {

// The clamp of kernels.h.
inline float clamp(float y, float low, float high) {
  y = low > y ? low : y;
  return high < y ? high : y;
}

}  // namespace approxlite::reference

#endif  // APPROXLITE_KERNELS_REFERENCE_H_
