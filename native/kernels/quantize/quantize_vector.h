// Range, quantisation and the way back for one variant.
#ifndef APPROXLITE_KERNELS_QUANTIZE_QUANTIZE_VECTOR_H_
#define APPROXLITE_KERNELS_QUANTIZE_QUANTIZE_VECTOR_H_

#include <cassert>

#include "kernels/conv_2d/conv_int8_bytes.h"
#include "kernels/quantize/quantize.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

// One block is as many values as fill a vector of bytes.
constexpr int kBlock = 4 * kLanes;

// Values past the bound are 0 or 255 whatever the zero point; the bound keeps the conversion to integers defined.
constexpr float kBound = 1024;

// round(x * inverse_scale) + zero_point before the clamp to 0..255, NaN as 0.
inline Ints round_on_grid(Floats x, Floats inverse_scale, Ints zero_point) {
  const Floats v = x * inverse_scale;
#if defined(APPROX_AVX512)
  const __mmask16 is_number = _mm512_cmp_ps_mask((__m512)v, (__m512)v, _CMP_ORD_Q);
  return (Ints)_mm512_maskz_cvtps_epi32(is_number, (__m512)smaller(v, broadcast(kBound))) + zero_point;
#elif defined(APPROX_AVX2)
  const Floats number = (Floats)((v == v) & (Ints)smaller(v, broadcast(kBound)));
  return (Ints)_mm256_cvtps_epi32((__m256)number) + zero_point;
#elif defined(APPROX_NEON)
  return (Ints)vqaddq_s32(vcvtnq_s32_f32((float32x4_t)v), (int32x4_t)zero_point);
#else
  constexpr float kShift = 0x1.8p+23f;  // adding it rounds to an integer and leaves that in the low bits
  const Floats number = v == v ? v : Floats{};
  const Floats shifted = clamp(number, broadcast(-kBound), broadcast(kBound)) + kShift;
  return (Ints)shifted - (Ints)broadcast(kShift) + zero_point;
#endif
}

// The bytes nearest to four vectors of integers.
inline void store_bytes(const Ints i[4], uint8_t* q) {
#if defined(APPROX_AVX512)
  const __m512i low = _mm512_packs_epi32((__m512i)i[0], (__m512i)i[1]);
  const __m512i high = _mm512_packs_epi32((__m512i)i[2], (__m512i)i[3]);
  // The packs work inside 128-bit lanes: lane k of the result holds the k-th four of each vector.
  const Ints bytes = (Ints)_mm512_packus_epi16(low, high);
  const Ints ordered = __builtin_shufflevector(bytes, bytes, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  std::memcpy(q, &ordered, sizeof ordered);
#elif defined(APPROX_AVX2)
  const __m256i low = _mm256_packs_epi32((__m256i)i[0], (__m256i)i[1]);
  const __m256i high = _mm256_packs_epi32((__m256i)i[2], (__m256i)i[3]);
  const Ints bytes = (Ints)_mm256_packus_epi16(low, high);
  const Ints ordered = __builtin_shufflevector(bytes, bytes, 0, 4, 1, 5, 2, 6, 3, 7);
  std::memcpy(q, &ordered, sizeof ordered);
#elif defined(APPROX_NEON)
  const int16x8_t low = vcombine_s16(vqmovn_s32((int32x4_t)i[0]), vqmovn_s32((int32x4_t)i[1]));
  const int16x8_t high = vcombine_s16(vqmovn_s32((int32x4_t)i[2]), vqmovn_s32((int32x4_t)i[3]));
  vst1q_u8(q, vcombine_u8(vqmovun_s16(low), vqmovun_s16(high)));
#else
  for (int v = 0; v < 4; ++v) {
    const Ints least = i[v] < 0 ? Ints{} : i[v];
    const Ints byte = least > 255 ? Ints{} + 255 : least;
    for (int lane = 0; lane < kLanes; ++lane) q[v * kLanes + lane] = static_cast<uint8_t>(byte[lane]);
  }
#endif
}

inline void quantize_block(const float* x, Floats inverse_scale, Ints zero_point, uint8_t* q) {
  Ints i[4];
  for (int v = 0; v < 4; ++v) i[v] = round_on_grid(load(x + v * kLanes), inverse_scale, zero_point);
  store_bytes(i, q);
}

inline void quantize_run(const float* x, size_t size, Floats inverse_scale, Ints zero_point, uint8_t* q) {
  size_t i = 0;
  for (; i + kBlock <= size; i += kBlock) quantize_block(x + i, inverse_scale, zero_point, q + i);
  if (i < size) {
    float last[kBlock] = {};
    uint8_t bytes[kBlock];
    std::memcpy(last, x + i, (size - i) * sizeof(float));
    quantize_block(last, inverse_scale, zero_point, bytes);
    std::memcpy(q + i, bytes, size - i);
  }
}

}  // namespace

void range(const float* x, size_t size, float* low, float* high) {
  assert(size >= 1);
  float least = INFINITY, greatest = -INFINITY;
  size_t i = 0;
  if (size >= 4 * kLanes) {
    Floats lows[4], highs[4];
    for (int v = 0; v < 4; ++v) lows[v] = broadcast(INFINITY), highs[v] = broadcast(-INFINITY);
    for (; i + 4 * kLanes <= size; i += 4 * kLanes) {
      for (int v = 0; v < 4; ++v) {
        const Floats values = load(x + i + v * kLanes);
        lows[v] = smaller(values, lows[v]);
        highs[v] = larger(values, highs[v]);
      }
    }
    const Floats all_low = smaller(smaller(lows[0], lows[1]), smaller(lows[2], lows[3]));
    const Floats all_high = larger(larger(highs[0], highs[1]), larger(highs[2], highs[3]));
    for (int lane = 0; lane < kLanes; ++lane) {
      least = all_low[lane] < least ? all_low[lane] : least;
      greatest = all_high[lane] > greatest ? all_high[lane] : greatest;
    }
  }
  for (; i < size; ++i) {
    least = x[i] < least ? x[i] : least;
    greatest = x[i] > greatest ? x[i] : greatest;
  }
  if (least > greatest) least = greatest = 0;
  *low = least + 0.0f;
  *high = greatest + 0.0f;
}

void quantize(const float* x, size_t size, float inverse_scale, int zero_point, uint8_t* q) {
  assert(zero_point >= 0 && zero_point <= 255);
  quantize_run(x, size, broadcast(inverse_scale), Ints{} + zero_point, q);
}

void dequantize(const uint8_t* q, size_t size, float scale, int zero_point, float* x) {
  const Floats scales = broadcast(scale);
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    store(x + i, __builtin_convertvector(load_bytes(q + i) - zero_point, Floats) * scales);
  }
  if (i < size) {
    uint8_t last[kLanes] = {};
    std::memcpy(last, q + i, size - i);
    const Floats values = __builtin_convertvector(load_bytes(last) - zero_point, Floats) * scales;
    store_some(x + i, values, static_cast<int>(size - i));
  }
}

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_QUANTIZE_QUANTIZE_VECTOR_H_
