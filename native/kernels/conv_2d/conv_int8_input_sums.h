// The sum of the inputs a pixel reads, which weights with a zero point need, and how many there are.
#ifndef APPROXLITE_KERNELS_CONV_2D_CONV_INT8_INPUT_SUMS_H_
#define APPROXLITE_KERNELS_CONV_2D_CONV_INT8_INPUT_SUMS_H_

#include "kernels/conv_2d/pixel_block.h"
#include "kernels/conv_2d/tiles.h"
#include "kernels/kernels.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

inline int tap_count(const ConvInt8& call) { return call.windows.taps_high * call.windows.taps_wide; }
inline int groups_per_tap(const ConvInt8& call) { return (call.channels + 3) / 4; }
// Groups of four the weights were packed with.
inline size_t packed_groups(const ConvInt8& call) {
  const int taps = tap_count(call);
  if (call.k_list.compact) return static_cast<size_t>(call.k_list.begin[taps]);
  return static_cast<size_t>(taps) * static_cast<size_t>(groups_per_tap(call));
}

inline int32_t sum_of_bytes(const uint8_t* p, int count) {
  int32_t sum = 0;
#if defined(APPROX_AVX512) || defined(APPROX_AVX2)
  __m128i sums = _mm_setzero_si128();
  for (; count >= 16; count -= 16, p += 16) {
    const __m128i bytes = _mm_loadu_si128((const __m128i*)p);
    sums = _mm_add_epi64(sums, _mm_sad_epu8(bytes, _mm_setzero_si128()));
  }
  sum = _mm_cvtsi128_si32(sums) + _mm_extract_epi32(sums, 2);
#elif defined(APPROX_NEON)
  for (; count >= 16; count -= 16, p += 16) sum += vaddlvq_u8(vld1q_u8(p));
#endif
  for (; count > 0; --count) sum += *p++;
  return sum;
}

// Of pixel `m` of the block, over the K that is read; bytes past the channels of a tap do not count.
inline int32_t sum_of_inputs(const ConvInt8& call, const PixelBlock& block, int m) {
  const KList& list = call.k_list;
  const int taps = tap_count(call);
  int32_t sum = 0;
  for (int tap = 0; tap < taps; ++tap) {
    const uint8_t* const input =
        static_cast<const uint8_t*>(block.rows[static_cast<size_t>(tap) * block.row_stride + m]);
    if (list.entries == nullptr) {
      sum += sum_of_bytes(input, call.channels);
      continue;
    }
    for (int32_t i = list.begin[tap]; i < list.begin[tap + 1]; ++i) {
      const int at = 4 * list.entries[i], left = call.channels - at;
      sum += sum_of_bytes(input + at, left < 4 ? left : 4);
    }
  }
  return sum;
}

// weight_zero_point times those sums, of `pixels` pixels from `pixel` on.
__attribute__((noinline)) inline void weighted_input_sums(const ConvInt8& call, const PixelBlock& block, int pixel,
                                                          int pixels, int32_t* sums) {
  for (int m = 0; m < pixels; ++m) sums[m] = call.weight_zero_point * sum_of_inputs(call, block, pixel + m);
}

// Takes them off a tile.
template <int kPixels, int kVectors>
APPROX_INLINE inline void subtract_input_sums(const ConvInt8& call, const PixelBlock& block, int pixel,
                                              Ints (&sum)[kPixels][kVectors]) {
  int32_t less[kPixels];
  weighted_input_sums(call, block, pixel, kPixels, less);
  APPROX_UNROLL for (int m = 0; m < kPixels; ++m) {
    APPROX_UNROLL for (int v = 0; v < kVectors; ++v) sum[m][v] -= less[m];
  }
}

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_CONV_2D_CONV_INT8_INPUT_SUMS_H_
