// DotProduct on x86: one instruction with VNNI, multiplications of 16-bit pairs without.
#ifndef APPROXLITE_KERNELS_CONV_2D_CONV_INT8_DOT_X86_H_
#define APPROXLITE_KERNELS_CONV_2D_CONV_INT8_DOT_X86_H_

#include "kernels/conv_2d/tiles.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

inline int32_t read_group(const uint8_t* p) {
  int32_t group;
  std::memcpy(&group, p, sizeof group);
  return group;
}

#if defined(__AVX512VNNI__)

struct DotProduct {
  static constexpr TileWidth kWidths[] = {{2, 14}, {3, 9}, {4, 6}, {6, 4}, {8, 2}, {1, 12}};
  static constexpr int kLatency = 10;
  static constexpr int kInputOffset = 0;

  using Packed = int8_t;
  static constexpr int kPackedCount = 4 * kLanes;
  static constexpr int kParts = 1;
  static int packed_index(int lane, int i) { return 4 * lane + i; }
  using Weights = __m512i;
  static Weights weights(const Packed* p, int) { return _mm512_loadu_si512(p); }

  static constexpr int kBlock = 2;
  static constexpr bool kReadsAhead = false;
  using InputBlock = const uint8_t*;
  static void read_block(const uint8_t* p, InputBlock& block) { block = p; }
  static void read_single(const uint8_t* p, InputBlock& block) { block = p; }
  using Input = __m512i;
  static Input input(InputBlock block, int i, int) { return _mm512_set1_epi32(read_group(block + 4 * i)); }

  static Ints add(Ints sum, Input x, Weights w) { return (Ints)_mm512_dpbusd_epi32((__m512i)sum, x, w); }
};

#else

// vpmaddubsw would saturate, so inputs and weights are widened to 16 bits: the weights when they are packed, the inputs
// of a few groups at a time, through memory, because reading a value into all lanes costs no arithmetic.
struct DotProduct {
#if defined(APPROX_AVX512)
  using Bits = __m512i;
  static Bits load_bits(const void* p) { return _mm512_loadu_si512(p); }
  static Bits splat(int32_t value) { return _mm512_set1_epi32(value); }
  static Ints multiply_pairs(Bits a, Bits b) { return (Ints)_mm512_madd_epi16(a, b); }
  static constexpr TileWidth kWidths[] = {{2, 13}, {3, 8}, {4, 6}, {1, 12}};
#else
  using Bits = __m256i;
  static Bits load_bits(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
  static Bits splat(int32_t value) { return _mm256_set1_epi32(value); }
  static Ints multiply_pairs(Bits a, Bits b) { return (Ints)_mm256_madd_epi16(a, b); }
  static constexpr TileWidth kWidths[] = {{2, 6}, {3, 3}, {4, 2}, {1, 12}};
#endif
  static constexpr int kLatency = 4;
  static constexpr int kInputOffset = 0;

  using Packed = int16_t;
  static constexpr int kPackedCount = 4 * kLanes;
  static constexpr int kParts = 2;
  static int packed_index(int lane, int i) { return i / 2 * (2 * kLanes) + 2 * lane + i % 2; }
  using Weights = Bits;
  static Weights weights(const Packed* p, int part) { return load_bits(p + part * (2 * kLanes)); }

  static constexpr int kBlock = 4;
  static constexpr bool kReadsAhead = true;
  struct InputBlock {
    alignas(32) uint16_t values[16];
  };
  APPROX_INLINE static void read_block(const uint8_t* p, InputBlock& block) {
    const __m256i values = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    _mm256_store_si256(reinterpret_cast<__m256i*>(block.values), values);
    asm("" : "+m"(block));  // else GCC takes the register apart
  }
  APPROX_INLINE static void read_single(const uint8_t* p, InputBlock& block) {
    const __m128i values = _mm_cvtepu8_epi16(_mm_cvtsi32_si128(read_group(p)));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(block.values), values);
    asm("" : "+m"(block));
  }
  using Input = Bits;
  APPROX_INLINE static Input input(const InputBlock& block, int i, int part) {
    int32_t pair;
    std::memcpy(&pair, block.values + 4 * i + 2 * part, sizeof pair);
    return splat(pair);
  }

  APPROX_INLINE static Ints add(Ints sum, Input x, Weights w) {
    sum += multiply_pairs(x, w);
    asm("" : "+v"(sum));  // else GCC adds up the products of a whole block first, of which there are too many
    return sum;
  }
};

#endif

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_CONV_2D_CONV_INT8_DOT_X86_H_
