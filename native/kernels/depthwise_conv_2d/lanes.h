// How a strip's channels sit in vectors: a whole vector, half of one, or less.
#ifndef APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_LANES_H_
#define APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_LANES_H_

#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

// Keeps a compiler from reading memory again at every use.
template <typename Vector>
inline Vector in_register(Vector v) {
#if defined(APPROX_AVX512) || defined(APPROX_AVX2)
  asm("" : "+v"(v));
#elif defined(APPROX_NEON)
  asm("" : "+w"(v));
#endif
  return v;
}

// Every kind reads whole vectors (activations have slack, packed weights are padded) and stores `count` lanes.
struct WholeVector {
  typedef Floats Vector;
  static constexpr int kCount = kLanes;
  static Vector load(const float* p) { return APPROX_VARIANT::load(p); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return fused_multiply_add(a, b, c); }
  static Vector clamp(Vector v, float low, float high) {
    return APPROX_VARIANT::clamp(v, broadcast(low), broadcast(high));
  }
  static Vector in_register(Vector v) { return APPROX_VARIANT::in_register(v); }
  static void store(float* p, Vector v, int) { APPROX_VARIANT::store(p, v); }
};

struct PartOfVector : WholeVector {
  static void store(float* p, Vector v, int count) { store_some(p, v, count); }
};

#if defined(APPROX_AVX512)
// Eight channels: a 512-bit vector would be half empty.
struct HalfVector {
  typedef float Vector __attribute__((vector_size(32)));
  static constexpr int kCount = 8;
  static Vector load(const float* p) { return (Vector)_mm256_loadu_ps(p); }
  static Vector multiply_add(Vector a, Vector b, Vector c) {
    return (Vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
  }
  static Vector clamp(Vector v, float low, float high) {
    const Vector lows = low - Vector{}, highs = high - Vector{};
    v = lows > v ? lows : v;
    return highs < v ? highs : v;
  }
  static Vector in_register(Vector v) { return APPROX_VARIANT::in_register(v); }
  static void store(float* p, Vector v, int count) {
    _mm256_mask_storeu_ps(p, (__mmask8)((1u << count) - 1), (__m256)v);
  }
};
#endif

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_LANES_H_
