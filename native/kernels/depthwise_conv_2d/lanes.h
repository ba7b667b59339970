// How a strip's channels sit in vectors: a whole vector, half of one, or less.
#ifndef APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_LANES_H_
#define APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_LANES_H_

#include <cstddef>

#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

// p + step, computed here: compilers would rather keep all multiples of a step in registers, and have too few.
template <typename T>
inline T* next(T* p, ptrdiff_t step) {
  p += step;
  asm("" : "+r"(p));
  return p;
}

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

template <class Lanes, int kOutputs, class Line>
inline void store_clamped(const typename Lanes::Vector* y, const Line& line, int count, float* to) {
  typedef typename Lanes::Vector Vector;
  const Vector lows = line.low - Vector{}, highs = line.high - Vector{};
#pragma GCC unroll 16
  for (int j = 0; j < kOutputs; ++j, to = next(to, line.output_step)) {
    Lanes::store_some(to, Lanes::clamp(y[j], lows, highs), count);
  }
}

// Floats in, floats out. Every kind multiplies whole vectors (packed weights are padded), of which it reads and stores
// the first `count` lanes: floats may end where the runtime's memory does.
struct WholeVector {
  typedef Floats Vector;
  typedef float Output;
  static constexpr int kCount = kLanes;
  static constexpr bool kPart = false;          // whether it has fewer channels than lanes
  static constexpr bool kAlwaysInside = false;  // whether no strip reaches over the ends of its line
  static Vector load(const float* p) { return APPROX_VARIANT::load(p); }
  static Vector load_input(const float* p, int) { return APPROX_VARIANT::load(p); }
  static Vector multiply_add(Vector a, Vector b, Vector c) { return fused_multiply_add(a, b, c); }
  static Vector in_register(Vector v) { return APPROX_VARIANT::in_register(v); }
  // What the sums of a channel start from; `packed` are its weights.
  template <class Line>
  static Vector start(const float* packed, const Line&, int) {
    return load(packed);
  }
  static void store_some(float* p, Vector v, int) { APPROX_VARIANT::store(p, v); }

  // Stores the outputs that follow from the sums of a strip of channels from `channel` on.
  template <class Lanes, int kOutputs, class Line>
  static void finish(Vector* y, const Line& line, int, int count, float* to) {
    store_clamped<Lanes, kOutputs>(y, line, count, to);
  }
  static Vector clamp(Vector v, Vector lows, Vector highs) { return APPROX_VARIANT::clamp(v, lows, highs); }
};

struct PartOfVector : WholeVector {
  static constexpr bool kPart = true;
  static Vector load_input(const float* p, int count) { return load_some(p, count); }
  static void store_some(float* p, Vector v, int count) { APPROX_VARIANT::store_some(p, v, count); }
};

#if defined(APPROX_AVX512)
// Eight channels: a 512-bit vector would be half empty.
struct HalfVector {
  typedef float Vector __attribute__((vector_size(32)));
  typedef float Output;
  static constexpr int kCount = 8;
  static constexpr bool kPart = false;
  static constexpr bool kAlwaysInside = false;
  static __mmask8 first(int count) { return (__mmask8)((1u << count) - 1); }
  static Vector load(const float* p) { return (Vector)_mm256_loadu_ps(p); }
  static Vector load_input(const float* p, int count) { return (Vector)_mm256_maskz_loadu_ps(first(count), p); }
  static Vector multiply_add(Vector a, Vector b, Vector c) {
    return (Vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
  }
  static Vector in_register(Vector v) { return APPROX_VARIANT::in_register(v); }
  template <class Line>
  static Vector start(const float* packed, const Line&, int) {
    return load(packed);
  }
  static void store_some(float* p, Vector v, int count) { _mm256_mask_storeu_ps(p, first(count), (__m256)v); }
  template <class Lanes, int kOutputs, class Line>
  static void finish(Vector* y, const Line& line, int, int count, float* to) {
    store_clamped<Lanes, kOutputs>(y, line, count, to);
  }
  static Vector clamp(Vector v, Vector lows, Vector highs) {
    v = lows > v ? lows : v;
    return highs < v ? highs : v;
  }
};
#endif

struct FloatKinds {
  using Whole = WholeVector;
  using Part = PartOfVector;
#if defined(APPROX_AVX512)
  using Half = HalfVector;
#endif
};

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_LANES_H_
