// DotProduct in plain C++.
#ifndef APPROXLITE_KERNELS_CONV_2D_CONV_INT8_DOT_SCALAR_H_
#define APPROXLITE_KERNELS_CONV_2D_CONV_INT8_DOT_SCALAR_H_

#include "kernels/conv_2d/tiles.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

struct DotProduct {
  static constexpr TileWidth kWidths[] = {{1, 2}};
  static constexpr int kLatency = 8;
  static constexpr int kInputOffset = 0;

  using Packed = int8_t;
  static constexpr int kPackedCount = 4 * kLanes;
  static constexpr int kParts = 1;
  static int packed_index(int lane, int i) { return kLanes * i + lane; }
  using Weights = const int8_t*;
  static Weights weights(const Packed* p, int) { return p; }

  static constexpr int kBlock = 1;
  static constexpr bool kReadsAhead = false;
  using InputBlock = const uint8_t*;
  static void read_block(const uint8_t* p, InputBlock& block) { block = p; }
  static void read_single(const uint8_t* p, InputBlock& block) { block = p; }
  using Input = const uint8_t*;
  static Input input(InputBlock block, int i, int) { return block + 4 * i; }

  static Ints add(Ints sum, Input x, Weights w) {
    for (int i = 0; i < 4; ++i) {
      for (int lane = 0; lane < kLanes; ++lane) sum[lane] += x[i] * w[kLanes * i + lane];
    }
    return sum;
  }
};

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_CONV_2D_CONV_INT8_DOT_SCALAR_H_
