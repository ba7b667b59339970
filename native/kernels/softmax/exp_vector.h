// The exponential of exp.h for a vector.
#ifndef APPROXLITE_KERNELS_SOFTMAX_EXP_VECTOR_H_
#define APPROXLITE_KERNELS_SOFTMAX_EXP_VECTOR_H_

#include "kernels/softmax/exp.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

typedef uint32_t Bits __attribute__((vector_size(4 * kLanes)));

inline Floats exponential(Floats x) {
  x = x > kExpHighest ? broadcast(kExpHighest) : x;
  const Floats shifted = fused_multiply_add(x, broadcast(kExpLog2E), broadcast(kExpShift));
  const Floats n = shifted - kExpShift;
  const Floats rough = fused_multiply_add(n, broadcast(-kExpLn2High), x);
  const Floats r = fused_multiply_add(n, broadcast(-kExpLn2Low), rough);
  Floats p = broadcast(kExpPolynomial[kExpTerms - 1]);
  for (int i = kExpTerms - 2; i >= 0; --i) p = fused_multiply_add(p, r, broadcast(kExpPolynomial[i]));
  const Floats y = fused_multiply_add(p, r * r, r) + 1.0f;
  const Bits scaled = (Bits)y + ((Bits)shifted << 23);
  return x < kExpLowest ? Floats{} : (Floats)scaled;
}

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_SOFTMAX_EXP_VECTOR_H_
