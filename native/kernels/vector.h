// One vector type per instruction set, for kernels written once and compiled once per variant. A variant's file is
// compiled with that variant's flags only, so what it may use is what the compiler says is there. Everything lives in
// the variant's own namespace: the linker must never share a copy of a template between instruction sets.
#ifndef APPROXLITE_KERNELS_VECTOR_H_
#define APPROXLITE_KERNELS_VECTOR_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

// A `_scalar.cc` file defines APPROX_SCALAR before it includes anything, because on arm64 NEON is always there.
#if defined(APPROX_SCALAR)
#define APPROX_VARIANT scalar
#elif defined(__AVX512VNNI__)
#define APPROX_AVX512
#define APPROX_VARIANT avx512vnni
#elif defined(__AVX512F__)
#define APPROX_AVX512
#define APPROX_VARIANT avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define APPROX_AVX2
#define APPROX_VARIANT avx2
#elif defined(__ARM_FEATURE_MATMUL_INT8)
#define APPROX_NEON
#define APPROX_VARIANT neoni8mm
#elif defined(__ARM_FEATURE_DOTPROD)
#define APPROX_NEON
#define APPROX_VARIANT neondotprod
#elif defined(__ARM_NEON)
#define APPROX_NEON
#define APPROX_VARIANT neon
#else
#define APPROX_SCALAR
#define APPROX_VARIANT scalar
#endif

#if defined(APPROX_AVX512) || defined(APPROX_AVX2)
#include <immintrin.h>
#elif defined(APPROX_NEON)
#include <arm_neon.h>
#endif

namespace approxlite::APPROX_VARIANT {

#if defined(APPROX_AVX512)
inline constexpr int kLanes = 16;
#elif defined(APPROX_AVX2)
inline constexpr int kLanes = 8;
#else
inline constexpr int kLanes = 4;
#endif
typedef float Floats __attribute__((vector_size(4 * kLanes)));
typedef int32_t Ints __attribute__((vector_size(4 * kLanes)));

// a * b + c, rounded once.
inline Floats fused_multiply_add(Floats a, Floats b, Floats c) {
#if defined(APPROX_AVX512)
  return (Floats)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(APPROX_AVX2)
  return (Floats)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(APPROX_NEON)
  return (Floats)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  for (int i = 0; i < kLanes; ++i) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return c;
#endif
}

inline Floats broadcast(float value) { return value - Floats{}; }
inline Floats load(const float* p) {
  Floats v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline void store(float* p, Floats v) { std::memcpy(p, &v, sizeof v); }

#if defined(APPROX_AVX2)
inline __m256i first_lanes(int count) {
  alignas(32) static const int32_t mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_si256((const __m256i*)(mask + kLanes - count));
}
#endif

// The first `count` lanes only, 0 < count < kLanes; the others are zero.
inline Floats load_some(const float* p, int count) {
#if defined(APPROX_AVX512)
  return (Floats)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
#elif defined(APPROX_AVX2)
  return (Floats)_mm256_maskload_ps(p, first_lanes(count));
#else
  return Floats{p[0], count > 1 ? p[1] : 0, count > 2 ? p[2] : 0, 0};
#endif
}
inline void store_some(float* p, Floats v, int count) {
#if defined(APPROX_AVX512)
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)v);
#elif defined(APPROX_AVX2)
  _mm256_maskstore_ps(p, first_lanes(count), (__m256)v);
#else
  p[0] = v[0];
  if (count > 1) p[1] = v[1];
  if (count > 2) p[2] = v[2];
#endif
}

// Compilers turn these comparisons into the one instruction x86 has for each. NaN in a lane gives b.
inline Floats larger(Floats a, Floats b) { return a > b ? a : b; }
inline Floats smaller(Floats a, Floats b) { return a < b ? a : b; }

// The clamp of kernels.h: with this order of operands NaN and negative zero pass as they are.
inline Floats clamp(Floats y, Floats low, Floats high) { return smaller(high, larger(low, y)); }
inline float clamp(float y, float low, float high) {
  y = low > y ? low : y;
  return high < y ? high : y;
}

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_VECTOR_H_
