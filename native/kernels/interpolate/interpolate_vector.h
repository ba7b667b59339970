// Blend and mean for one variant.
#ifndef APPROXLITE_KERNELS_INTERPOLATE_INTERPOLATE_VECTOR_H_
#define APPROXLITE_KERNELS_INTERPOLATE_INTERPOLATE_VECTOR_H_

#include <cassert>

#include "kernels/conv_2d/conv_int8_bytes.h"
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

// y = byte(of(i)) for `size` bytes; of(i, count) gives `count` of a vector's values from byte i on. Sources are readable
// past their ends.
template <class Of>
void store_each(size_t size, const Of& of, uint8_t* y) {
  const auto bytes_at = [&](size_t i) { return smaller(broadcast(255.0f), of(i)); };
  size_t i = 0;
  for (; i + 2 * kLanes <= size; i += 2 * kLanes) {
    const TwoOfBytes bytes = to_bytes(bytes_at(i), bytes_at(i + kLanes), words_of(0));
    store_first(y + i, bytes, kLanes);
    store_second(y + i + kLanes, bytes, kLanes);
  }
  for (; i < size; i += kLanes) {
    const Floats values = bytes_at(i);
    const size_t left = size - i;
    store_first(y + i, to_bytes(values, values, words_of(0)), left < kLanes ? static_cast<int>(left) : kLanes);
  }
}

inline Floats floats_at(const uint8_t* p) { return __builtin_convertvector(load_bytes(p), Floats); }

}  // namespace

void blend_bytes(const uint8_t* a, const uint8_t* b, float weight, size_t size, uint8_t* y) {
  const Floats weights = broadcast(weight);
  store_each(
      size,
      [&](size_t i) {
        const Floats start = floats_at(a + i);
        return fused_multiply_add(weights, floats_at(b + i) - start, start);
      },
      y);
}

void mean_of_bytes(const uint8_t* const* sources, int count, float factor, size_t size, uint8_t* y) {
  assert(count >= 1 && count <= 4);
  const Floats factors = broadcast(factor);
  store_each(
      size,
      [&](size_t i) {
        Floats sum = floats_at(sources[0] + i);
        for (int s = 1; s < count; ++s) sum = sum + floats_at(sources[s] + i);
        return sum * factors;
      },
      y);
}

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
