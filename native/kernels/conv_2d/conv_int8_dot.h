// sum + x[0] * w[0] + x[1] * w[1] + x[2] * w[2] + x[3] * w[3] in every lane, for unsigned x and signed w of eight bits,
// without saturation: one group of four inputs of one pixel times that group's weights of a vector of output channels.
//
// DotProduct has
//   Weights, the weights of one group, and Packed[kPackedCount], how they lie in memory;
//   InputBlock, kBlock groups of one pixel; Input, one of them;
//   kWidths and kLatency as Tiles wants them;
//   kInputOffset, which the inputs have lost: the sums lack kInputOffset times the sum of the weights.
#ifndef APPROXLITE_KERNELS_CONV_2D_CONV_INT8_DOT_H_
#define APPROXLITE_KERNELS_CONV_2D_CONV_INT8_DOT_H_

#include "kernels/conv_2d/tiles.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

#if !defined(APPROX_NEON)
inline int32_t read_group(const uint8_t* p) {
  int32_t group;
  std::memcpy(&group, p, sizeof group);
  return group;
}
#endif

#if defined(__AVX512VNNI__)

struct DotProduct {
  static constexpr TileWidth kWidths[] = {{2, 14}, {3, 9}, {4, 6}, {6, 4}, {8, 2}, {1, 12}};
  static constexpr int kLatency = 10;
  static constexpr int kInputOffset = 0;

  using Packed = int8_t;
  static constexpr int kPackedCount = 4 * kLanes;
  static int packed_index(int lane, int i) { return 4 * lane + i; }
  using Weights = __m512i;
  static Weights weights(const Packed* p) { return _mm512_loadu_si512(p); }

  static constexpr int kBlock = 2;
  using InputBlock = const uint8_t*;
  static InputBlock block(const uint8_t* p) { return p; }
  static InputBlock single(const uint8_t* p) { return p; }
  using Input = __m512i;
  static Input input(InputBlock block, int i) { return _mm512_set1_epi32(read_group(block + 4 * i)); }

  static Ints add(Ints sum, Input x, Weights w) { return (Ints)_mm512_dpbusd_epi32((__m512i)sum, x, w); }
};

#elif defined(APPROX_AVX512) || defined(APPROX_AVX2)

// vpmaddubsw would saturate, so even and odd bytes are multiplied as 16 bits; the weights are packed that way.
struct DotProduct {
#if defined(APPROX_AVX512)
  using Bits = __m512i;
  static Bits load_bits(const void* p) { return _mm512_loadu_si512(p); }
  static Bits splat(int32_t value) { return _mm512_set1_epi32(value); }
  static Bits even_bytes(Bits x) { return _mm512_and_si512(x, splat(0x00ff00ff)); }
  static Bits odd_bytes(Bits x) { return _mm512_srli_epi16(x, 8); }
  static Ints multiply_add_pairs(Ints sum, Bits a, Bits b) { return sum + (Ints)_mm512_madd_epi16(a, b); }
  static constexpr TileWidth kWidths[] = {{4, 5}, {2, 12}, {3, 8}, {1, 12}};
#else
  using Bits = __m256i;
  static Bits load_bits(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
  static Bits splat(int32_t value) { return _mm256_set1_epi32(value); }
  static Bits even_bytes(Bits x) { return _mm256_and_si256(x, splat(0x00ff00ff)); }
  static Bits odd_bytes(Bits x) { return _mm256_srli_epi16(x, 8); }
  static Ints multiply_add_pairs(Ints sum, Bits a, Bits b) { return sum + (Ints)_mm256_madd_epi16(a, b); }
  static constexpr TileWidth kWidths[] = {{4, 2}, {3, 3}, {2, 5}, {1, 10}};
#endif
  static constexpr int kLatency = 4;
  static constexpr int kInputOffset = 0;

  using Packed = int16_t;
  static constexpr int kPackedCount = 4 * kLanes;
  static int packed_index(int lane, int i) { return i % 2 * (2 * kLanes) + 2 * lane + i / 2; }
  struct Weights {
    Bits even, odd;
  };
  static Weights weights(const Packed* p) { return {load_bits(p), load_bits(p + 2 * kLanes)}; }

  static constexpr int kBlock = 1;
  using InputBlock = const uint8_t*;
  static InputBlock block(const uint8_t* p) { return p; }
  static InputBlock single(const uint8_t* p) { return p; }
  struct Input {
    Bits even, odd;
  };
  static Input input(InputBlock block, int i) {
    const Bits x = splat(read_group(block + 4 * i));
    return {even_bytes(x), odd_bytes(x)};
  }

  static Ints add(Ints sum, Input x, Weights w) {
    return multiply_add_pairs(multiply_add_pairs(sum, x.even, w.even), x.odd, w.odd);
  }
};

#elif defined(__ARM_FEATURE_DOTPROD) && defined(APPROX_NEON)

// sdot wants both operands signed: 128 is taken off the inputs.
struct DotProduct {
  static constexpr TileWidth kWidths[] = {{2, 8}, {4, 4}, {8, 2}, {1, 12}};
  static constexpr int kLatency = 8;
  static constexpr int kInputOffset = 128;

  using Packed = int8_t;
  static constexpr int kPackedCount = 4 * kLanes;
  static int packed_index(int lane, int i) { return 4 * lane + i; }
  using Weights = int8x16_t;
  static Weights weights(const Packed* p) { return vld1q_s8(p); }

  static constexpr int kBlock = 4;
  using InputBlock = int8x16_t;
  static InputBlock block(const uint8_t* p) { return without_offset(vld1q_u8(p)); }
  static InputBlock single(const uint8_t* p) {
    uint32_t group;
    std::memcpy(&group, p, sizeof group);
    return without_offset(vreinterpretq_u8_u32(vdupq_n_u32(group)));
  }
  struct Input {
    int8x16_t block;
    int i;
  };
  static Input input(InputBlock block, int i) { return {block, i}; }

  APPROX_INLINE static Ints add(Ints sum, Input x, Weights w) {
    const int32x4_t s = (int32x4_t)sum;
    switch (x.i) {
      case 0: return (Ints)vdotq_laneq_s32(s, w, x.block, 0);
      case 1: return (Ints)vdotq_laneq_s32(s, w, x.block, 1);
      case 2: return (Ints)vdotq_laneq_s32(s, w, x.block, 2);
      default: return (Ints)vdotq_laneq_s32(s, w, x.block, 3);
    }
  }
  static Ints add_weights(Ints sum, Weights w) { return (Ints)vdotq_s32((int32x4_t)sum, w, vdupq_n_s8(1)); }

 private:
  static int8x16_t without_offset(uint8x16_t x) { return vreinterpretq_s8_u8(veorq_u8(x, vdupq_n_u8(128))); }
};

#elif defined(APPROX_NEON)

struct DotProduct {
  static constexpr TileWidth kWidths[] = {{2, 8}, {4, 4}, {1, 12}};
  static constexpr int kLatency = 8;
  static constexpr int kInputOffset = 0;

  using Packed = int8_t;
  static constexpr int kPackedCount = 4 * kLanes;
  static int packed_index(int lane, int i) { return kLanes * i + lane; }
  struct Weights {
    int16x8_t first, last;  // inputs 0 and 1, 2 and 3, each times the four lanes
  };
  static Weights weights(const Packed* p) {
    const int8x16_t w = vld1q_s8(p);
    return {vmovl_s8(vget_low_s8(w)), vmovl_high_s8(w)};
  }

  static constexpr int kBlock = 2;
  using InputBlock = int16x8_t;
  static InputBlock block(const uint8_t* p) { return vreinterpretq_s16_u16(vmovl_u8(vld1_u8(p))); }
  static InputBlock single(const uint8_t* p) {
    uint32_t group;
    std::memcpy(&group, p, sizeof group);
    return vreinterpretq_s16_u16(vmovl_u8(vcreate_u8(group)));
  }
  struct Input {
    int16x4_t values;
  };
  static Input input(InputBlock block, int i) { return {i == 0 ? vget_low_s16(block) : vget_high_s16(block)}; }

  static Ints add(Ints sum, Input x, Weights w) {
    int32x4_t s = (int32x4_t)sum;
    s = vmlal_lane_s16(s, vget_low_s16(w.first), x.values, 0);
    s = vmlal_high_lane_s16(s, w.first, x.values, 1);
    s = vmlal_lane_s16(s, vget_low_s16(w.last), x.values, 2);
    s = vmlal_high_lane_s16(s, w.last, x.values, 3);
    return (Ints)s;
  }
};

#else

struct DotProduct {
  static constexpr TileWidth kWidths[] = {{1, 2}};
  static constexpr int kLatency = 8;
  static constexpr int kInputOffset = 0;

  using Packed = int8_t;
  static constexpr int kPackedCount = 4 * kLanes;
  static int packed_index(int lane, int i) { return kLanes * i + lane; }
  using Weights = const int8_t*;
  static Weights weights(const Packed* p) { return p; }

  static constexpr int kBlock = 1;
  using InputBlock = const uint8_t*;
  static InputBlock block(const uint8_t* p) { return p; }
  static InputBlock single(const uint8_t* p) { return p; }
  using Input = const uint8_t*;
  static Input input(InputBlock block, int i) { return block + 4 * i; }

  static Ints add(Ints sum, Input x, Weights w) {
    for (int i = 0; i < 4; ++i) {
      for (int lane = 0; lane < kLanes; ++lane) sum[lane] += x[i] * w[kLanes * i + lane];
    }
    return sum;
  }
};

#endif

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_CONV_2D_CONV_INT8_DOT_H_
