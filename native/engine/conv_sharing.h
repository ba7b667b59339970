// How the pixels of a convolution are shared among threads.
#ifndef APPROXLITE_ENGINE_CONV_SHARING_H_
#define APPROXLITE_ENGINE_CONV_SHARING_H_

#include <algorithm>
#include <cstdint>

#include "engine/plan.h"

namespace approxlite {

// Scratch is dealt out in whole cache lines.
inline size_t in_whole_lines(size_t bytes) { return (bytes + 63) / 64 * 64; }

// Fewest pixels worth giving away, for `k` inputs and `outputs` output channels each; all of them where the layer is
// not worth waking a worker for. Every chunk reads all the weights: where those do not stay in a core's own cache a
// chunk needs more pixels to make up for it.
inline int pixels_worth_sharing(int pixels, int64_t k, int outputs, int threads) {
  constexpr int64_t kCachedWeights = 1 << 18;
  constexpr int kTiles = 28, kManyTiles = 84;
  const int64_t weights = std::max<int64_t>(1, k * outputs);
  if (pixels * weights < kWorthSharing) return std::max(pixels, 1);
  const int64_t least = std::max<int64_t>(kWorthClaiming / weights + 1, weights > kCachedWeights ? kManyTiles : kTiles);
  return static_cast<int>(std::clamp<int64_t>(least, 1, std::max(pixels / threads, 1)));
}

// Fewest rows worth giving away of the copy that a convolution of `work` multiply-accumulates reads, `row` elements
// each. Where the convolution is shared its workers are about to be awake, and read what they copied.
inline int copied_rows_worth_sharing(int64_t work, int rows, int row) {
  constexpr int kElementsWorthClaiming = 2000;
  if (work < kWorthSharing) return rows;
  return std::min(kElementsWorthClaiming / std::max(row, 1) + 1, rows);
}

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_CONV_SHARING_H_
