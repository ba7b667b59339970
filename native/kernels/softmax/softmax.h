// Row-wise softmax on our own exponential (exp.h).
#ifndef APPROXLITE_KERNELS_SOFTMAX_SOFTMAX_H_
#define APPROXLITE_KERNELS_SOFTMAX_SOFTMAX_H_

#include "kernels/kernels.h"

#define APPROX_DECLARE_SOFTMAX(variant)                                          \
  namespace approxlite::variant {                                                \
  void softmax(const float* x, size_t rows, int channels, float beta, float* y); \
  }

APPROX_DECLARE_SOFTMAX(reference)
APPROX_DECLARE_SOFTMAX(scalar)
APPROX_DECLARE_SOFTMAX(avx2)
APPROX_DECLARE_SOFTMAX(avx512)
APPROX_DECLARE_SOFTMAX(neon)

#undef APPROX_DECLARE_SOFTMAX

namespace approxlite::reference {
// exp(x) by the recipe of exp.h.
float exponential(float x);
}  // namespace approxlite::reference

#endif  // APPROXLITE_KERNELS_SOFTMAX_SOFTMAX_H_
