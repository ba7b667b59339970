// Goes through K by pairs of groups of four inputs, for kernels whose weights are packed by pairs: groups 0 and 1 of
// all of K, 2 and 3 ... Where a tap has an odd number of groups, or a list leaves some out, a group comes alone, and
// zeros meet the weights of the other.
#ifndef APPROXLITE_KERNELS_CONV_2D_CONV_INT8_PAIRS_H_
#define APPROXLITE_KERNELS_CONV_2D_CONV_INT8_PAIRS_H_

#include "kernels/conv_2d/conv_int8_input_sums.h"
#include "kernels/conv_2d/pixel_block.h"
#include "kernels/conv_2d/tiles.h"
#include "kernels/kernels.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

inline uint64_t read_four(const uint8_t* p) {
  uint32_t four;
  std::memcpy(&four, p, sizeof four);
  return four;
}
inline uint64_t read_eight(const uint8_t* p) {
  uint64_t eight;
  std::memcpy(&eight, p, sizeof eight);
  return eight;
}

// Calls multiply(number of the pair, input_of) for all of K; input_of(m) is the eight bytes of pixel `pixel` + m.
template <int kPixels, class Multiply>
APPROX_INLINE inline void for_all_pairs(const ConvInt8& call, const PixelBlock& block, int pixel,
                                        const Multiply& multiply) {
  const void* const* rows = block.rows + pixel;
  const int taps = tap_count(call);
  const int groups = groups_per_tap(call);
  size_t number = 0;  // of a group over all of K
  for (int tap = 0; tap < taps; ++tap, rows += block.row_stride) {
    const uint8_t* input[kPixels];
    APPROX_UNROLL for (int m = 0; m < kPixels; ++m) input[m] = static_cast<const uint8_t*>(rows[m]);
    size_t at = 0;
    int left = groups;
    if (number % 2 != 0) {
      multiply(number / 2, [&](int m) { return read_four(input[m]) << 32; });
      at = 4;
      ++number;
      --left;
    }
    for (; left >= 2; left -= 2, number += 2, at += 8) {
      asm("" : "+r"(at));  // one place for all pixels: there are not registers enough for more
      multiply(number / 2, [&](int m) { return read_eight(input[m] + at); });
    }
    if (left > 0) {
      multiply(number / 2, [&](int m) { return read_four(input[m] + at); });
      ++number;
    }
  }
}

// The same for the groups of a list. Two that lie in one pair of the weights go together.
template <int kPixels, class Multiply>
APPROX_INLINE inline void for_listed_pairs(const ConvInt8& call, const PixelBlock& block, int pixel,
                                           const Multiply& multiply) {
  const void* const* rows = block.rows + pixel;
  const int taps = tap_count(call);
  const bool compact = call.k_list.compact;
  const int32_t* const entries = call.k_list.entries;
  size_t tap_number = 0;  // of the tap's first group
  for (int tap = 0; tap < taps; ++tap, rows += block.row_stride, tap_number += groups_per_tap(call)) {
    const uint8_t* input[kPixels];
    APPROX_UNROLL for (int m = 0; m < kPixels; ++m) input[m] = static_cast<const uint8_t*>(rows[m]);
    const int32_t end = call.k_list.begin[tap + 1];
    for (int32_t i = call.k_list.begin[tap]; i < end; ++i) {
      const size_t first = 4 * static_cast<size_t>(entries[i]);
      const size_t number = compact ? static_cast<size_t>(i) : tap_number + static_cast<size_t>(entries[i]);
      if (number % 2 == 0 && i + 1 < end && (compact || entries[i + 1] == entries[i] + 1)) {
        const size_t second = 4 * static_cast<size_t>(entries[++i]);
        multiply(number / 2, [&](int m) { return read_four(input[m] + first) | read_four(input[m] + second) << 32; });
      } else {
        const int shift = number % 2 != 0 ? 32 : 0;
        multiply(number / 2, [&](int m) { return read_four(input[m] + first) << shift; });
      }
    }
  }
}

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_CONV_2D_CONV_INT8_PAIRS_H_
