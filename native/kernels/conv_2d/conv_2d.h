// Convolution and fully connected: a matrix product over a grid of pixels and a list of inputs, in float and in 8-bit
// integers.
#ifndef APPROXLITE_KERNELS_CONV_2D_CONV_2D_H_
#define APPROXLITE_KERNELS_CONV_2D_CONV_2D_H_

#include "kernels/kernels.h"

#define APPROX_DECLARE_CONV_FLOAT(variant)                                                                 \
  namespace approxlite::variant {                                                                          \
  size_t conv_scratch_bytes(int taps);                                                                     \
  size_t conv_float_packed_bytes(int k, int output_channels);                                              \
  void conv_float_pack(const float* weights, const float* bias, int k, int output_channels, void* packed); \
  void conv_float(const ConvFloat& call);                                                                  \
  }

#define APPROX_DECLARE_CONV_INT8(variant)                                                      \
  namespace approxlite::variant {                                                              \
  int conv_int8_padded_channels(int output_channels);                                          \
  size_t conv_int8_packed_bytes(int k_groups, int output_channels);                            \
  void conv_int8_pack(const int8_t* weights, int k_groups, int output_channels, void* packed); \
  void conv_int8(const ConvInt8& call);                                                        \
  }

APPROX_DECLARE_CONV_FLOAT(reference)
APPROX_DECLARE_CONV_FLOAT(scalar)
APPROX_DECLARE_CONV_FLOAT(avx2)
APPROX_DECLARE_CONV_FLOAT(avx512)
APPROX_DECLARE_CONV_FLOAT(neon)

APPROX_DECLARE_CONV_INT8(reference)
APPROX_DECLARE_CONV_INT8(scalar)
APPROX_DECLARE_CONV_INT8(avx2)
APPROX_DECLARE_CONV_INT8(avx512)
APPROX_DECLARE_CONV_INT8(avx512vnni)
APPROX_DECLARE_CONV_INT8(neon)
APPROX_DECLARE_CONV_INT8(neondotprod)
APPROX_DECLARE_CONV_INT8(neoni8mm)

#undef APPROX_DECLARE_CONV_FLOAT
#undef APPROX_DECLARE_CONV_INT8

#endif  // APPROXLITE_KERNELS_CONV_2D_CONV_2D_H_
