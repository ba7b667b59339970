// DotProduct on arm64: one instruction with dot products, widening multiplications without.
#ifndef APPROXLITE_KERNELS_CONV_2D_CONV_INT8_DOT_NEON_H_
#define APPROXLITE_KERNELS_CONV_2D_CONV_INT8_DOT_NEON_H_

#include "kernels/conv_2d/tiles.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

#if defined(__ARM_FEATURE_DOTPROD) && defined(APPROX_NEON)

// sdot wants both operands signed: 128 is taken off the inputs.
struct DotProduct {
  static constexpr TileWidth kWidths[] = {{2, 8}, {4, 4}, {8, 2}, {1, 12}};
  static constexpr int kLatency = 8;
  static constexpr int kInputOffset = 128;

  using Packed = int8_t;
  static constexpr int kPackedCount = 4 * kLanes;
  static constexpr int kParts = 1;
  static int packed_index(int lane, int i) { return 4 * lane + i; }
  using Weights = int8x16_t;
  static Weights weights(const Packed* p, int) { return vld1q_s8(p); }

  static constexpr int kBlock = 4;
  static constexpr bool kReadsAhead = false;
  using InputBlock = int8x16_t;
  static void read_block(const uint8_t* p, InputBlock& block) { block = without_offset(vld1q_u8(p)); }
  static void read_single(const uint8_t* p, InputBlock& block) {
    uint32_t group;
    std::memcpy(&group, p, sizeof group);
    block = without_offset(vreinterpretq_u8_u32(vdupq_n_u32(group)));
  }
  struct Input {
    int8x16_t block;
    int i;
  };
  static Input input(InputBlock block, int i, int) { return {block, i}; }

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

#else

struct DotProduct {
  static constexpr TileWidth kWidths[] = {{2, 8}, {4, 4}, {1, 12}};
  static constexpr int kLatency = 8;
  static constexpr int kInputOffset = 0;

  using Packed = int8_t;
  static constexpr int kPackedCount = 4 * kLanes;
  static constexpr int kParts = 1;
  static int packed_index(int lane, int i) { return kLanes * i + lane; }
  struct Weights {
    int16x8_t first, last;  // inputs 0 and 1, 2 and 3, each times the four lanes
  };
  static Weights weights(const Packed* p, int) {
    const int8x16_t w = vld1q_s8(p);
    return {vmovl_s8(vget_low_s8(w)), vmovl_high_s8(w)};
  }

  static constexpr int kBlock = 2;
  static constexpr bool kReadsAhead = false;
  using InputBlock = int16x8_t;
  static void read_block(const uint8_t* p, InputBlock& block) { block = vreinterpretq_s16_u16(vmovl_u8(vld1_u8(p))); }
  static void read_single(const uint8_t* p, InputBlock& block) {
    uint32_t group;
    std::memcpy(&group, p, sizeof group);
    block = vreinterpretq_s16_u16(vmovl_u8(vcreate_u8(group)));
  }
  struct Input {
    int16x4_t values;
  };
  static Input input(InputBlock block, int i, int) { return {i == 0 ? vget_low_s16(block) : vget_high_s16(block)}; }

  static Ints add(Ints sum, Input x, Weights w) {
    int32x4_t s = (int32x4_t)sum;
    s = vmlal_lane_s16(s, vget_low_s16(w.first), x.values, 0);
    s = vmlal_high_lane_s16(s, w.first, x.values, 1);
    s = vmlal_lane_s16(s, vget_low_s16(w.last), x.values, 2);
    s = vmlal_high_lane_s16(s, w.last, x.values, 3);
    return (Ints)s;
  }
};

#endif

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_CONV_2D_CONV_INT8_DOT_NEON_H_
