// Blends and means of floats for one variant; means of bytes are in mean_of_bytes.h.
#ifndef APPROXLITE_KERNELS_INTERPOLATE_INTERPOLATE_VECTOR_H_
#define APPROXLITE_KERNELS_INTERPOLATE_INTERPOLATE_VECTOR_H_

#include <cassert>

#include "kernels/interpolate/interpolate.h"
#include "kernels/interpolate/mean_of_bytes.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

// y = of(get) for every element of the pixels, where get(x) is what lies there of x.
template <class Of>
void for_each(const Pixels pixels, const Of& of, float* y) {
  const auto do_at = [&](size_t at) { store(y + at, of([at](const float* x) { return load(x + at); })); };
  const int some = static_cast<int>(pixels.size);  // used where it is less than a vector
  const auto do_some = [&](size_t at) {
    store_some(y + at, of([at, some](const float* x) { return load_some(x + at, some); }), some);
  };
  for (size_t row = 0; row < pixels.rows; ++row) {
    for (size_t p = 0, first = row * pixels.row_step; p < pixels.count; ++p, first += pixels.step) {
      if (pixels.size < kLanes) {
        do_some(first);
        continue;
      }
      const size_t last = first + pixels.size - kLanes;
      for (size_t at = first; at < last; at += kLanes) do_at(at);
      do_at(last);  // some elements may be computed twice, to the same bits
    }
  }
}

template <int kCount>
void mean(const float* const* sources, const Pixels& pixels, float* y) {
  const float* from[kCount];
  for (int s = 0; s < kCount; ++s) from[s] = sources[s];
  const Floats factor = broadcast(1.0f / static_cast<float>(kCount));
  const auto of = [&](const auto& get) {
    Floats sum = get(from[0]);
    for (int s = 1; s < kCount; ++s) sum = sum + get(from[s]);
    return sum * factor;
  };
  for_each(pixels, of, y);
}

}  // namespace

void blend(const float* a, const float* b, float weight, const Pixels& pixels, float* y) {
  const Floats weights = broadcast(weight);
  const auto of = [&](const auto& get) {
    const Floats start = get(a);
    return fused_multiply_add(weights, get(b) - start, start);
  };
  for_each(pixels, of, y);
}

void mean_of(const float* const* sources, int count, const Pixels& pixels, float* y) {
  assert(count >= 1 && count <= 4);
  switch (count) {
    case 1: return mean<1>(sources, pixels, y);
    case 2: return mean<2>(sources, pixels, y);
    case 3: return mean<3>(sources, pixels, y);
    default: return mean<4>(sources, pixels, y);
  }
}

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_INTERPOLATE_INTERPOLATE_VECTOR_H_
