// Sums and tables of bytes, for one variant.
#ifndef APPROXLITE_KERNELS_ELEMENTWISE_BYTES_VECTOR_H_
#define APPROXLITE_KERNELS_ELEMENTWISE_BYTES_VECTOR_H_

#include <cassert>

#include "kernels/conv_2d/conv_int8_bytes.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/elementwise/repeated.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

// One block is as many values as fill a vector of bytes.
constexpr int kBytesAtOnce = 4 * kLanes;

struct FixedPoint {
  Ints a_multiplier, b_multiplier, bias;
  int shift;
  Ints zero_point, low, high;
};

// Four vectors of integers in 0..255 as bytes.
inline void store_as_bytes(const Ints i[4], uint8_t* y) {
#if defined(APPROX_AVX512)
  for (int v = 0; v < 4; ++v) {
    _mm_storeu_si128((__m128i*)(y + kLanes * v), _mm512_maskz_cvtepi32_epi8(0xffff, (__m512i)i[v]));
  }
#elif defined(APPROX_AVX2)
  const __m256i low = _mm256_packs_epi32((__m256i)i[0], (__m256i)i[1]);
  const __m256i high = _mm256_packs_epi32((__m256i)i[2], (__m256i)i[3]);
  // The packs work inside 128-bit lanes: lane k of the result holds the k-th four of each vector.
  const Ints bytes = (Ints)_mm256_packus_epi16(low, high);
  const Ints ordered = __builtin_shufflevector(bytes, bytes, 0, 4, 1, 5, 2, 6, 3, 7);
  std::memcpy(y, &ordered, sizeof ordered);
#elif defined(APPROX_NEON)
  const uint16x8_t low = vcombine_u16(vmovn_u32((uint32x4_t)i[0]), vmovn_u32((uint32x4_t)i[1]));
  const uint16x8_t high = vcombine_u16(vmovn_u32((uint32x4_t)i[2]), vmovn_u32((uint32x4_t)i[3]));
  vst1q_u8(y, vcombine_u8(vmovn_u16(low), vmovn_u16(high)));
#else
  for (int v = 0; v < 4; ++v) {
    for (int lane = 0; lane < kLanes; ++lane) y[v * kLanes + lane] = static_cast<uint8_t>(i[v][lane]);
  }
#endif
}

inline void add_block(const uint8_t* a, const uint8_t* b, const FixedPoint& point, uint8_t* y) {
  Ints sums[4];
  for (int v = 0; v < 4; ++v) {
    const Ints sum =
        point.bias + load_bytes(a + v * kLanes) * point.a_multiplier + load_bytes(b + v * kLanes) * point.b_multiplier;
    const Ints near = (sum >> point.shift) + point.zero_point;
    const Ints above = near > point.low ? near : point.low;
    sums[v] = above < point.high ? above : point.high;
  }
  store_as_bytes(sums, y);
}

// b is read at `b` + i * kStep, so kStep 0 repeats one block.
template <int kStep>
inline void add_run(const uint8_t* a, const uint8_t* b, size_t size, const FixedPoint& point, uint8_t* y) {
  size_t i = 0;
  for (; i + kBytesAtOnce <= size; i += kBytesAtOnce) add_block(a + i, b + i * kStep, point, y + i);
  if (i < size) {
    uint8_t last_a[kBytesAtOnce] = {}, last_b[kBytesAtOnce] = {}, last_y[kBytesAtOnce];
    std::memcpy(last_a, a + i, size - i);
    std::memcpy(last_b, b + i * kStep, size - i);
    add_block(last_a, last_b, point, last_y);
    std::memcpy(y + i, last_y, size - i);
  }
}

}  // namespace

void add_bytes(const AddBytes& call) {
  assert(call.broadcast != Broadcast::kChannel || call.channels >= 1);
  const FixedPoint point = {Ints{} + call.a_multiplier, Ints{} + call.b_multiplier, Ints{} + call.bias, call.shift,
                            Ints{} + call.zero_point,   Ints{} + call.low,          Ints{} + call.high};
  if (call.broadcast == Broadcast::kSame) {
    add_run<1>(call.a, call.b, call.size, point, call.y);
  } else if (call.broadcast == Broadcast::kScalar) {
    uint8_t repeated[kBytesAtOnce];
    std::memset(repeated, call.b[0], sizeof repeated);
    add_run<0>(call.a, repeated, call.size, point, call.y);
  } else {
    const Repeated<uint8_t> b(call.b, call.channels, kBytesAtOnce);
    size_t i = 0;
    for (; i + b.period() <= call.size; i += b.period()) {
      add_run<1>(call.a + i, b.values(), b.period(), point, call.y + i);
    }
    add_run<1>(call.a + i, b.values(), call.size - i, point, call.y + i);
  }
}

void lookup(const uint8_t* x, size_t size, const uint8_t* table, uint8_t* y) {
  size_t i = 0;
#if defined(APPROX_NEON)
  // Four tables of 64: an index past its table gives 0 from the first, and leaves what is there from the others.
  uint8x16x4_t quarters[4];
  for (int q = 0; q < 4; ++q) quarters[q] = vld1q_u8_x4(table + 64 * q);
  for (; i + 16 <= size; i += 16) {
    const uint8x16_t index = vld1q_u8(x + i);
    uint8x16_t found = vqtbl4q_u8(quarters[0], index);
    for (int q = 1; q < 4; ++q) found = vqtbx4q_u8(found, quarters[q], vsubq_u8(index, vdupq_n_u8(64 * q)));
    vst1q_u8(y + i, found);
  }
#else
  // Several at a time, all read before the first is written.
  for (; i + 4 <= size; i += 4) {
    const uint8_t y0 = table[x[i]], y1 = table[x[i + 1]], y2 = table[x[i + 2]], y3 = table[x[i + 3]];
    y[i] = y0, y[i + 1] = y1, y[i + 2] = y2, y[i + 3] = y3;
  }
#endif
  for (; i < size; ++i) y[i] = table[x[i]];
}

void flip(const uint8_t* x, size_t size, uint8_t* y) {
  size_t i = 0;
  for (; i + sizeof(Ints) <= size; i += sizeof(Ints)) {
    Ints block;
    std::memcpy(&block, x + i, sizeof block);
    block ^= static_cast<int32_t>(0x80808080u);
    std::memcpy(y + i, &block, sizeof block);
  }
  for (; i < size; ++i) y[i] = x[i] ^ 128;
}

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_ELEMENTWISE_BYTES_VECTOR_H_
