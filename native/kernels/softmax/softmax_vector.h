// Softmax for one variant.
#ifndef APPROXLITE_KERNELS_SOFTMAX_SOFTMAX_VECTOR_H_
#define APPROXLITE_KERNELS_SOFTMAX_SOFTMAX_VECTOR_H_

#include <cassert>

#include "kernels/softmax/exp.h"
#include "kernels/softmax/softmax.h"
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

// NaN here makes NaN of the whole row whatever is returned, so it needs no care.
inline float largest(const float* x, int size) {
  int i = 1;
  float max = x[0];
  if (size >= kLanes) {
    Floats best = load(x);
    for (i = kLanes; i + kLanes <= size; i += kLanes) best = larger(load(x + i), best);
    max = best[0];
    for (int lane = 1; lane < kLanes; ++lane) max = best[lane] > max ? best[lane] : max;
  }
  for (; i < size; ++i) max = x[i] > max ? x[i] : max;
  return max;
}

inline void softmax_row(const float* x, int channels, Floats beta, float* y) {
  const Floats max = broadcast(largest(x, channels));
  const int rest = channels % kLanes, whole = channels - rest;
  for (int c = 0; c < whole; c += kLanes) store(y + c, exponential((load(x + c) - max) * beta));
  if (rest > 0) store_some(y + whole, exponential((load_some(x + whole, rest) - max) * beta), rest);
  float sum = 0;
  for (int c = 0; c < channels; ++c) sum = sum + y[c];
  for (int c = 0; c < whole; c += kLanes) store(y + c, load(y + c) / sum);
  if (rest > 0) store_some(y + whole, load_some(y + whole, rest) / sum, rest);
}

}  // namespace

void softmax(const float* x, size_t rows, int channels, float beta, float* y) {
  assert(channels >= 1);
  const Floats betas = broadcast(beta);
  for (size_t row = 0; row < rows; ++row, x += channels, y += channels) softmax_row(x, channels, betas, y);
}

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_SOFTMAX_SOFTMAX_VECTOR_H_
