// From float to unsigned 8 bits: the range of the values and the values on a grid.
#ifndef APPROXLITE_KERNELS_QUANTIZE_QUANTIZE_H_
#define APPROXLITE_KERNELS_QUANTIZE_QUANTIZE_H_

#include "kernels/kernels.h"

#define APPROX_DECLARE_QUANTIZE(variant)                                                       \
  namespace approxlite::variant {                                                              \
  void range(const float* x, size_t size, float* low, float* high);                            \
  void quantize(const float* x, size_t size, float inverse_scale, int zero_point, uint8_t* q); \
  void dequantize(const uint8_t* q, size_t size, float scale, int zero_point, float* x);       \
  }

APPROX_DECLARE_QUANTIZE(reference)
APPROX_DECLARE_QUANTIZE(scalar)
APPROX_DECLARE_QUANTIZE(avx2)
APPROX_DECLARE_QUANTIZE(avx512)
APPROX_DECLARE_QUANTIZE(neon)

#undef APPROX_DECLARE_QUANTIZE

#endif  // APPROXLITE_KERNELS_QUANTIZE_QUANTIZE_H_
