// From sums of bytes to outputs. The sums are whole numbers below 2^24, which floats hold exactly in any order.
#ifndef APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_BYTE_LANES_H_
#define APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_BYTE_LANES_H_

#include "kernels/conv_2d/conv_int8_bytes.h"
#include "kernels/depthwise_conv_2d/lanes.h"

namespace approxlite::APPROX_VARIANT {
namespace {

// Inputs are our own copy, in which lines have room around them: whole vectors are read, and nothing lies outside.
struct SumsToFloats : WholeVector {
  static constexpr bool kAlwaysInside = true;
  template <class Line>
  static Vector start(const float*, const Line& line, int channel) {
    Ints start;
    std::memcpy(&start, line.start + channel, sizeof start);
    return __builtin_convertvector(start, Floats);
  }
  template <class Lanes, int kOutputs, class Line>
  static void finish(Vector* y, const Line& line, int channel, int count, float* to) {
    const Vector scale = load(line.scale + channel), bias = load(line.bias + channel);
    for (int j = 0; j < kOutputs; ++j) y[j] = multiply_add(y[j], scale, bias);
    store_clamped<Lanes, kOutputs>(y, line, count, to);
  }
};
struct SumsToPartOfFloats : SumsToFloats {
  static constexpr bool kPart = true;
  static void store_some(float* p, Vector v, int count) { APPROX_VARIANT::store_some(p, v, count); }
};

struct SumsToBytes : SumsToFloats {
  typedef uint8_t Output;
  static int stored(int) { return kLanes; }
  template <class Lanes, int kOutputs, class Line>
  static void finish(Vector* y, const Line& line, int channel, int left, uint8_t* to) {
    const Vector scale = load(line.scale + channel), bias = load(line.bias + channel);
    const Vector low = broadcast(low_of_bytes(line.low, line.output_zero_point));
    const Vector high = broadcast(high_of_bytes(line.high, line.output_zero_point));
    const Words zero_point = words_of(line.output_zero_point);
    const int count = Lanes::stored(left);
#pragma GCC unroll 16
    for (int j = 0; j < kOutputs; j += 2) {
      const int second = j + 1 < kOutputs ? j + 1 : j;
      const Vector y0 = clamp(multiply_add(y[j], scale, bias), low, high);
      const Vector y1 = clamp(multiply_add(y[second], scale, bias), low, high);
      const TwoOfBytes bytes = to_bytes(y0, y1, zero_point);
      store_first(to, bytes, count);
      to = next(to, line.output_step);
      if (second == j) break;
      store_second(to, bytes, count);
      to = next(to, line.output_step);
    }
  }
};
struct SumsToPartOfBytes : SumsToBytes {
  static constexpr bool kPart = true;
  static int stored(int left) { return left; }
};

#if defined(APPROX_AVX512)
struct SumsToHalfOfFloats : HalfVector {
  static constexpr bool kAlwaysInside = true;
  static Vector load_input(const float* p, int) { return load(p); }
  template <class Line>
  static Vector start(const float*, const Line& line, int channel) {
    return (Vector)_mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i*)(line.start + channel)));
  }
  template <class Lanes, int kOutputs, class Line>
  static void finish(Vector* y, const Line& line, int channel, int count, float* to) {
    const Vector scale = load(line.scale + channel), bias = load(line.bias + channel);
    for (int j = 0; j < kOutputs; ++j) y[j] = multiply_add(y[j], scale, bias);
    store_clamped<Lanes, kOutputs>(y, line, count, to);
  }
};

struct SumsToHalfOfBytes : SumsToHalfOfFloats {
  typedef uint8_t Output;
  template <class Lanes, int kOutputs, class Line>
  static void finish(Vector* y, const Line& line, int channel, int count, uint8_t* to) {
    const Vector scale = load(line.scale + channel), bias = load(line.bias + channel);
    const Vector low = low_of_bytes(line.low, line.output_zero_point) - Vector{};
    const Vector high = high_of_bytes(line.high, line.output_zero_point) - Vector{};
    const __m256i zero_point = _mm256_set1_epi16((short)line.output_zero_point);
#pragma GCC unroll 16
    for (int j = 0; j < kOutputs; j += 2) {
      const int second = j + 1 < kOutputs ? j + 1 : j;
      const __m256i y0 = _mm256_cvtps_epi32((__m256)clamp(multiply_add(y[j], scale, bias), low, high));
      const __m256i y1 = _mm256_cvtps_epi32((__m256)clamp(multiply_add(y[second], scale, bias), low, high));
      // The packs work inside 128-bit lanes: each ends as the first half of y0 and y1, twice, or the second.
      const __m256i words = _mm256_adds_epi16(_mm256_packs_epi32(y0, y1), zero_point);
      const __m256i halves = _mm256_packus_epi16(words, words);
      const __m128i bytes = _mm_unpacklo_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
      _mm_mask_storeu_epi8(to, (__mmask16)first(count), bytes);
      to = next(to, line.output_step);
      if (second == j) break;
      _mm_mask_storeu_epi8(to, (__mmask16)first(count), _mm_unpackhi_epi64(bytes, bytes));
      to = next(to, line.output_step);
    }
  }
};
#endif

struct SumsToFloatsKinds {
  using Whole = SumsToFloats;
  using Part = SumsToPartOfFloats;
#if defined(APPROX_AVX512)
  using Half = SumsToHalfOfFloats;
#endif
};
struct SumsToBytesKinds {
  using Whole = SumsToBytes;
  using Part = SumsToPartOfBytes;
#if defined(APPROX_AVX512)
  using Half = SumsToHalfOfBytes;
#endif
};

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_BYTE_LANES_H_
