// Two operands, one result per element: add and multiply.
#ifndef APPROXLITE_KERNELS_ELEMENTWISE_ELEMENTWISE_H_
#define APPROXLITE_KERNELS_ELEMENTWISE_ELEMENTWISE_H_

#include "kernels/kernels.h"

#define APPROX_DECLARE_ELEMENTWISE(variant) \
  namespace approxlite::variant {           \
  void add(const Binary& call);             \
  void multiply(const Binary& call);        \
  }

APPROX_DECLARE_ELEMENTWISE(reference)
APPROX_DECLARE_ELEMENTWISE(scalar)
APPROX_DECLARE_ELEMENTWISE(avx2)
APPROX_DECLARE_ELEMENTWISE(avx512)
APPROX_DECLARE_ELEMENTWISE(neon)

#undef APPROX_DECLARE_ELEMENTWISE

#endif  // APPROXLITE_KERNELS_ELEMENTWISE_ELEMENTWISE_H_
