// One result per element: of two operands, of one, through a table.
#ifndef APPROXLITE_KERNELS_ELEMENTWISE_ELEMENTWISE_H_
#define APPROXLITE_KERNELS_ELEMENTWISE_ELEMENTWISE_H_

#include "kernels/kernels.h"

#define APPROX_DECLARE_ELEMENTWISE(variant)                                             \
  namespace approxlite::variant {                                                       \
  void binary(BinaryOp op, const Binary& call);                                         \
  void add_bytes(const AddBytes& call);                                                 \
  void unary(UnaryOp op, const float* x, size_t size, float low, float high, float* y); \
  void prelu(const float* x, const float* slope, size_t size, int channels, float* y);  \
  void lookup(const uint8_t* x, size_t size, const uint8_t* table, uint8_t* y);         \
  void flip(const uint8_t* x, size_t size, uint8_t* y);                                 \
  }

APPROX_DECLARE_ELEMENTWISE(reference)
APPROX_DECLARE_ELEMENTWISE(scalar)
APPROX_DECLARE_ELEMENTWISE(avx2)
APPROX_DECLARE_ELEMENTWISE(avx512)
APPROX_DECLARE_ELEMENTWISE(neon)

#undef APPROX_DECLARE_ELEMENTWISE

#endif  // APPROXLITE_KERNELS_ELEMENTWISE_ELEMENTWISE_H_
