// Blend and mean for one variant.
#ifndef APPROXLITE_KERNELS_INTERPOLATE_INTERPOLATE_VECTOR_H_
#define APPROXLITE_KERNELS_INTERPOLATE_INTERPOLATE_VECTOR_H_

#include <cassert>

#include "kernels/interpolate/interpolate.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

template <int kCount>
void mean(const float* const* sources, Floats factor, size_t size, float* y) {
  const float* from[kCount];
  for (int s = 0; s < kCount; ++s) from[s] = sources[s];
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    Floats sum = load(from[0] + i);
    for (int s = 1; s < kCount; ++s) sum = sum + load(from[s] + i);
    store(y + i, sum * factor);
  }
  if (i < size) {
    const int rest = static_cast<int>(size - i);
    Floats sum = load_some(from[0] + i, rest);
    for (int s = 1; s < kCount; ++s) sum = sum + load_some(from[s] + i, rest);
    store_some(y + i, sum * factor, rest);
  }
}

}  // namespace

void blend(const float* a, const float* b, float weight, size_t size, float* y) {
  const Floats weights = broadcast(weight);
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    const Floats start = load(a + i);
    store(y + i, fused_multiply_add(weights, load(b + i) - start, start));
  }
  if (i < size) {
    const int rest = static_cast<int>(size - i);
    const Floats start = load_some(a + i, rest);
    store_some(y + i, fused_multiply_add(weights, load_some(b + i, rest) - start, start), rest);
  }
}

void mean_of(const float* const* sources, int count, float factor, size_t size, float* y) {
  assert(count >= 1 && count <= 4);
  const Floats factors = broadcast(factor);
  switch (count) {
    case 1: return mean<1>(sources, factors, size, y);
    case 2: return mean<2>(sources, factors, size, y);
    case 3: return mean<3>(sources, factors, size, y);
    default: return mean<4>(sources, factors, size, y);
  }
}

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_INTERPOLATE_INTERPOLATE_VECTOR_H_
