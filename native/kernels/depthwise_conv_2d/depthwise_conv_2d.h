// Depthwise convolution with depth multiplier 1, on floats and on bytes.
#ifndef APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_DEPTHWISE_CONV_2D_H_
#define APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_DEPTHWISE_CONV_2D_H_

#include "kernels/kernels.h"

#define APPROX_DECLARE_DEPTHWISE_CONV_2D(variant)                                                           \
  namespace approxlite::variant {                                                                           \
  size_t depthwise_float_packed_bytes(int taps, int channels);                                              \
  void depthwise_float_pack(const float* weights, const float* bias, int taps, int channels, void* packed); \
  void depthwise_float(const DepthwiseFloat& call);                                                         \
  size_t depthwise_int8_packed_bytes(int taps, int channels);                                               \
  void depthwise_int8_pack(const int16_t* weights, int taps, int channels, void* packed);                   \
  void depthwise_int8(const DepthwiseInt8& call);                                                           \
  }

APPROX_DECLARE_DEPTHWISE_CONV_2D(reference)
APPROX_DECLARE_DEPTHWISE_CONV_2D(scalar)
APPROX_DECLARE_DEPTHWISE_CONV_2D(avx2)
APPROX_DECLARE_DEPTHWISE_CONV_2D(avx512)
APPROX_DECLARE_DEPTHWISE_CONV_2D(neon)

#undef APPROX_DECLARE_DEPTHWISE_CONV_2D

#endif  // APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_DEPTHWISE_CONV_2D_H_
