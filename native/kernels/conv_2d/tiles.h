// Cuts a convolution into register tiles. A tile sums `pixels` output pixels times `vectors` vectors of output channels
// over the whole of K with every sum in a register: an input value it reads serves `vectors` multiply-adds, a vector of
// weights `pixels`. K is never cut, so the shape of the tiles cannot change a bit of the result.
#ifndef APPROXLITE_KERNELS_CONV_2D_TILES_H_
#define APPROXLITE_KERNELS_CONV_2D_TILES_H_

#include <utility>

#include "kernels/conv_2d/pixel_block.h"
#include "kernels/vector.h"

// Before a loop whose count is a constant: its arrays must become registers.
#if defined(__clang__)
#define APPROX_UNROLL _Pragma("clang loop unroll(full)")
#else
#define APPROX_UNROLL _Pragma("GCC unroll 16")
#endif
// A part of a tile: the sums stay in registers only if it is inlined.
#define APPROX_INLINE __attribute__((always_inline))

namespace approxlite::APPROX_VARIANT {
namespace {

// How many pixels a tile of that many vectors may have before it runs out of registers.
struct TileWidth {
  int vectors;
  int most_pixels;
};

// Half cycles per step along K, for all pixels in tiles of one width. A core starts two multiply-adds and two loads per
// cycle; a sum takes its next multiply-add `latency` half cycles later.
constexpr int step_cost(TileWidth width, int pixels, int latency) {
  const int tiles = (pixels + width.most_pixels - 1) / width.most_pixels;
  const int multiply_adds = pixels * width.vectors;
  const int loads = pixels + tiles * (width.vectors + 1);
  const int waiting = tiles * latency;
  const int more = multiply_adds > loads ? multiply_adds : loads;
  return more > waiting ? more : waiting;
}

// The clamp of kernels.h. A bound at infinity is left out: in a small layer it costs as much as a step along K.
template <class Vector, int kPixels, int kVectors>
APPROX_INLINE inline void clamp_tile(Vector (&y)[kPixels][kVectors], float low, float high) {
  if (low > -__builtin_inff()) {
    const Vector bound = low - Vector{};
    APPROX_UNROLL for (int m = 0; m < kPixels; ++m) {
      APPROX_UNROLL for (int v = 0; v < kVectors; ++v) y[m][v] = bound > y[m][v] ? bound : y[m][v];
    }
  }
  if (high < __builtin_inff()) {
    const Vector bound = high - Vector{};
    APPROX_UNROLL for (int m = 0; m < kPixels; ++m) {
      APPROX_UNROLL for (int v = 0; v < kVectors; ++v) y[m][v] = bound < y[m][v] ? bound : y[m][v];
    }
  }
}

// Kernel has
//   Call, its structure of kernels.h;
//   kWidths, an array of TileWidth, the last of them one vector wide; of equally good ones the first is taken;
//   kLatency, from one multiply-add to the next on the same sum, in half cycles;
//   tiles<pixels, vectors, listed>(call, block, first, end, first_vector), as many tiles as fill pixels first..end - 1
//   of the block.
template <class Kernel>
class Tiles {
 public:
  using Call = typename Kernel::Call;

  // Pixels begin..end - 1 of the call, all its output channels in `vectors` vectors.
  static void run(const Call& call, int vectors) {
    if (call.begin < call.end) run(call, vectors, Indices{});
  }

 private:
  using TileLoop = void (*)(const Call& call, const PixelBlock& block, int pixel, int end, int vector);
  static constexpr int kWidthCount = sizeof(Kernel::kWidths) / sizeof(TileWidth);
  using Indices = std::make_integer_sequence<int, kWidthCount>;

  // Weights are read anew for every block; with that many pixels that is seldom enough even from memory.
  template <int... kIndex>
  static void run(const Call& call, int vectors, std::integer_sequence<int, kIndex...>) {
    const int pixels = call.end - call.begin;
    const int costs[] = {step_cost(Kernel::kWidths[kIndex], pixels, Kernel::kLatency)...};
    const int first = cheapest_first(costs, vectors);
    const int block_pixels = pixels_of_blocks(pixels, Kernel::kWidths[first].most_pixels);
    PixelWalk walk(call.windows, call.output_channels, call.begin, call.scratch);
    for (int done = 0; done < pixels; done += block_pixels) {
      const int count = pixels - done < block_pixels ? pixels - done : block_pixels;
      const PixelBlock block = walk.next(count);
      int index = first;
      for (int vector = 0; vector < vectors; vector += Kernel::kWidths[index].vectors) {
        index = fitting(index, vectors - vector);
        ((index == kIndex ? run_column<kIndex>(call, block, count, vector) : void()), ...);
      }
    }
  }

  // Blocks of about the same number of full tiles, the last one with what is left.
  static int pixels_of_blocks(int pixels, int most_pixels) {
    const int tiles = (pixels + most_pixels - 1) / most_pixels;
    const int most_tiles = kBlockPixels / most_pixels;
    const int blocks = (tiles + most_tiles - 1) / most_tiles;
    return (tiles + blocks - 1) / blocks * most_pixels;
  }

  // The width to begin with. It is used while it fits; the rest goes to the widest that fit.
  static int cheapest_first(const int* costs, int vectors) {
    int best = kWidthCount - 1;
    int best_cost = 0;
    for (int first = 0; first < kWidthCount && vectors > 1; ++first) {
      const int width = Kernel::kWidths[first].vectors;
      if (width > vectors) continue;
      int cost = vectors / width * costs[first];
      for (int rest = vectors % width, index = first; rest > 0; rest -= Kernel::kWidths[index].vectors) {
        index = fitting(index, rest);
        cost += costs[index];
      }
      if (best_cost == 0 || cost < best_cost) {
        best = first;
        best_cost = cost;
      }
    }
    return best;
  }

  // `index` while that fits into `vectors`, else the widest that does.
  static int fitting(int index, int vectors) {
    if (Kernel::kWidths[index].vectors <= vectors) return index;
    int widest = kWidthCount - 1;
    for (int i = 0; i < kWidthCount; ++i) {
      const int width = Kernel::kWidths[i].vectors;
      if (width <= vectors && width > Kernel::kWidths[widest].vectors) widest = i;
    }
    return widest;
  }

  // All pixels of a block, in tiles that differ by one pixel at most: a last tile of one or two would wait for its sums.
  template <int kIndex>
  static void run_column(const Call& call, const PixelBlock& block, int block_pixels, int vector) {
    constexpr TileWidth kWidth = Kernel::kWidths[kIndex];
    using Pixels = std::make_integer_sequence<int, kWidth.most_pixels>;
    const TileLoop* loops =
        call.k_list.entries ? table<kWidth.vectors, true>(Pixels{}) : table<kWidth.vectors, false>(Pixels{});
    const int count = (block_pixels + kWidth.most_pixels - 1) / kWidth.most_pixels;
    const int pixels = block_pixels / count;
    const int end_of_larger = block_pixels % count * (pixels + 1);
    if (end_of_larger > 0) loops[pixels](call, block, 0, end_of_larger, vector);
    loops[pixels - 1](call, block, end_of_larger, block_pixels, vector);
  }

  template <int kVectors, bool kListed, int... kIndex>
  static const TileLoop* table(std::integer_sequence<int, kIndex...>) {
    static constexpr TileLoop kTable[] = {Kernel::template tiles<kIndex + 1, kVectors, kListed>...};
    return kTable;
  }
};

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_CONV_2D_TILES_H_
