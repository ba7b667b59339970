// Between vectors of floats and bytes: byte() of kernels.h.
#ifndef APPROXLITE_KERNELS_CONV_2D_CONV_INT8_BYTES_H_
#define APPROXLITE_KERNELS_CONV_2D_CONV_INT8_BYTES_H_

#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

#if defined(APPROX_AVX512)
typedef uint8_t Bytes __attribute__((vector_size(kLanes)));
using TwoOfBytes = __m256i;
#elif defined(APPROX_AVX2)
using TwoOfBytes = __m128i;
#elif defined(APPROX_NEON)
using TwoOfBytes = uint8x8_t;
#else
using TwoOfBytes = uint64_t;
#endif

// A vector of bytes as integers.
inline Ints load_bytes(const uint8_t* p) {
#if defined(APPROX_AVX512)
  // Masked, because GCC 12 takes the plain one for an undefined start value and warns.
  return (Ints)_mm512_maskz_cvtepu8_epi32((__mmask16)-1, _mm_loadu_si128((const __m128i*)p));
#elif defined(APPROX_AVX2)
  return (Ints)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)p));
#elif defined(APPROX_NEON)
  uint32_t four;
  std::memcpy(&four, p, sizeof four);
  return (Ints)vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(four))));
#else
  return Ints{p[0], p[1], p[2], p[3]};
#endif
}

// Bounds that byte(y + zero_point) has anyway: below the lower one it clamps by itself, the upper one to_bytes() asks for.
inline float low_of_bytes(float low, int32_t zero_point) {
  return low > static_cast<float>(-zero_point) ? low : -__builtin_inff();
}
inline float high_of_bytes(float high, int32_t zero_point) {
  const float highest = static_cast<float>(255 - zero_point);
  return high < highest ? high : highest;
}

// A zero point where to_bytes() adds it.
#if defined(APPROX_AVX512)
using Words = __m512i;
inline Words words_of(int32_t value) { return _mm512_set1_epi16((short)value); }
#elif defined(APPROX_AVX2)
using Words = __m256i;
inline Words words_of(int32_t value) { return _mm256_set1_epi16((short)value); }
#elif defined(APPROX_NEON)
using Words = int16x8_t;
inline Words words_of(int32_t value) { return vdupq_n_s16((int16_t)value); }
#else
using Words = int32_t;
inline Words words_of(int32_t value) { return value; }
#endif

// byte(y + zero_point) of two vectors, y rounded before the sum, which costs hardly more than of one. No lane is above
// 255 - zero_point; NaN and everything below -zero_point give 0.
inline TwoOfBytes to_bytes(Floats y0, Floats y1, Words zero_point) {
#if defined(APPROX_AVX512)
  const __m512i i0 = _mm512_maskz_cvtps_epi32((__mmask16)-1, (__m512)y0);
  const __m512i i1 = _mm512_maskz_cvtps_epi32((__mmask16)-1, (__m512)y1);
  const __m512i words = _mm512_adds_epi16(_mm512_packs_epi32(i0, i1), zero_point);
  // The packs work inside 128-bit lanes: lane k of the result holds the k-th four of each vector, twice.
  const Ints packed = (Ints)_mm512_packus_epi16(words, words);
  return (__m256i)__builtin_shufflevector(packed, packed, 0, 4, 8, 12, 1, 5, 9, 13);
#elif defined(APPROX_AVX2)
  const __m256i near = _mm256_packs_epi32(_mm256_cvtps_epi32((__m256)y0), _mm256_cvtps_epi32((__m256)y1));
  const __m256i words = _mm256_adds_epi16(near, zero_point);
  const Ints packed = (Ints)_mm256_packus_epi16(words, words);
  return (__m128i)__builtin_shufflevector(packed, packed, 0, 4, 1, 5);
#elif defined(APPROX_NEON)
  // NaN becomes 0, where x86 has the least integer: so has this.
  const auto round = [](Floats y) {
    const uint32x4_t is_number = vceqq_f32((float32x4_t)y, (float32x4_t)y);
    return vbslq_s32(is_number, vcvtnq_s32_f32((float32x4_t)y), vdupq_n_s32(INT32_MIN));
  };
  const int16x8_t near = vcombine_s16(vqmovn_s32(round(y0)), vqmovn_s32(round(y1)));
  return vqmovun_s16(vqaddq_s16(near, zero_point));
#else
  constexpr float kShift = 0x1.8p+23f;  // adding it rounds to an integer and leaves that in the low bits
  uint64_t bytes = 0;
  for (int lane = 2 * kLanes - 1; lane >= 0; --lane) {
    const float y = lane < kLanes ? y0[lane] : y1[lane - kLanes];
    constexpr float kLeast = -1024;  // low enough, and NaN is lower
    const float shifted = (y > kLeast ? y : kLeast) + kShift, unshifted = kShift;
    int32_t bits, zero;
    std::memcpy(&bits, &shifted, sizeof bits);
    std::memcpy(&zero, &unshifted, sizeof zero);
    const int32_t byte = bits - zero + zero_point;
    bytes = bytes << 8 | static_cast<uint32_t>(byte < 0 ? 0 : byte > 255 ? 255 : byte);
  }
  return bytes;
#endif
}

#if !defined(APPROX_AVX512)
// The first `count` of a few bytes.
template <class Word>
inline void store_some_bytes(uint8_t* p, Word bytes, int count) {
  if (count & 4) {
    const uint32_t four = (uint32_t)bytes;
    std::memcpy(p, &four, 4);
    p += 4;
    if constexpr (sizeof bytes > 4) bytes >>= 32;
  }
  if (count & 2) {
    const uint16_t two = (uint16_t)bytes;
    std::memcpy(p, &two, 2);
    p += 2;
    bytes >>= 16;
  }
  if (count & 1) *p = (uint8_t)bytes;
}
#endif

// The first vector's bytes, or `count` of them.
inline void store_first(uint8_t* p, TwoOfBytes bytes, int count) {
#if defined(APPROX_AVX512)
  const __m128i first = _mm256_castsi256_si128(bytes);
  if (count >= kLanes) return _mm_storeu_si128((__m128i*)p, first);
  _mm_mask_storeu_epi8(p, (__mmask16)((1u << count) - 1), first);
#else
#if defined(APPROX_AVX2)
  const uint64_t first = (uint64_t)_mm_cvtsi128_si64(bytes);
#elif defined(APPROX_NEON)
  const uint32_t first = vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
#else
  const uint32_t first = (uint32_t)bytes;
#endif
  if (count >= kLanes) {
    std::memcpy(p, &first, kLanes);
  } else {
    store_some_bytes(p, first, count);
  }
#endif
}

inline void store_second(uint8_t* p, TwoOfBytes bytes, int count) {
#if defined(APPROX_AVX512)
  store_first(p, _mm256_castsi128_si256(_mm256_extracti128_si256(bytes, 1)), count);
#elif defined(APPROX_AVX2)
  if (count >= kLanes) return _mm_storeh_pi((__m64*)p, _mm_castsi128_ps(bytes));
  store_first(p, _mm_unpackhi_epi64(bytes, bytes), count);
#elif defined(APPROX_NEON)
  store_first(p, vreinterpret_u8_u32(vdup_lane_u32(vreinterpret_u32_u8(bytes), 1)), count);
#else
  store_first(p, bytes >> 32, count);
#endif
}

// Both vectors' bytes side by side; `count` is more than kLanes.
inline void store_both(uint8_t* p, TwoOfBytes bytes, int count) {
#if defined(APPROX_AVX512)
  if (count >= 2 * kLanes) return _mm256_storeu_si256((__m256i*)p, bytes);
  _mm256_mask_storeu_epi8(p, (__mmask32)((1ull << count) - 1), bytes);
#else
  if (count >= 2 * kLanes) {
    std::memcpy(p, &bytes, 2 * kLanes);
  } else {
    store_first(p, bytes, kLanes);
    store_second(p + kLanes, bytes, count - kLanes);
  }
#endif
}

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_CONV_2D_CONV_INT8_BYTES_H_
