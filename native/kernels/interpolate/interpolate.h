// Filling in pixels that perforation skipped from those that were computed.
#ifndef APPROXLITE_KERNELS_INTERPOLATE_INTERPOLATE_H_
#define APPROXLITE_KERNELS_INTERPOLATE_INTERPOLATE_H_

#include "kernels/kernels.h"

#define APPROX_DECLARE_INTERPOLATE(variant)                                                       \
  namespace approxlite::variant {                                                                 \
  void blend(const float* a, const float* b, float weight, const Pixels& pixels, float* y);       \
  void mean_of(const float* const* sources, int count, const Pixels& pixels, float* y);           \
  void mean_of_bytes(const uint8_t* const* sources, int count, const Pixels& pixels, uint8_t* y); \
  }

APPROX_DECLARE_INTERPOLATE(reference)
APPROX_DECLARE_INTERPOLATE(scalar)
APPROX_DECLARE_INTERPOLATE(avx2)
APPROX_DECLARE_INTERPOLATE(avx512)
APPROX_DECLARE_INTERPOLATE(neon)

#undef APPROX_DECLARE_INTERPOLATE

#endif  // APPROXLITE_KERNELS_INTERPOLATE_INTERPOLATE_H_
