// Cuts a convolution into register tiles. A tile sums `pixels` output pixels times `vectors` vectors of output channels
// over the whole of K with every sum in a register: an input value it reads serves `vectors` multiply-adds, a vector of
// weights `pixels`. K is never cut, so the shape of the tiles cannot change a bit of the result.
#ifndef APPROXLITE_KERNELS_CONV_2D_TILES_H_
#define APPROXLITE_KERNELS_CONV_2D_TILES_H_

#include <utility>

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
//   tiles<pixels, vectors, listed>(call, first_pixel, end_pixel, first_vector), as many tiles as fill those pixels.
template <class Kernel>
class Tiles {
 public:
  using Call = typename Kernel::Call;

  // All pixels of the call, all its output channels in `vectors` vectors.
  static void run(const Call& call, int vectors) {
    if (call.pixels > 0) run(call, vectors, Indices{});
  }

 private:
  using TileLoop = void (*)(const Call& call, int pixel, int end, int vector);
  static constexpr int kWidthCount = sizeof(Kernel::kWidths) / sizeof(TileWidth);
  using Indices = std::make_integer_sequence<int, kWidthCount>;

  template <int... kIndex>
  static void run(const Call& call, int vectors, std::integer_sequence<int, kIndex...>) {
    const int costs[] = {step_cost(Kernel::kWidths[kIndex], call.pixels, Kernel::kLatency)...};
    int index = cheapest_first(costs, vectors);
    for (int vector = 0; vector < vectors; vector += Kernel::kWidths[index].vectors) {
      index = fitting(index, vectors - vector);
      ((index == kIndex ? run_column<kIndex>(call, vector) : void()), ...);
    }
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

  // All pixels, in tiles that differ by one pixel at most: a last tile of one or two pixels would wait for its sums.
  template <int kIndex>
  static void run_column(const Call& call, int vector) {
    constexpr TileWidth kWidth = Kernel::kWidths[kIndex];
    using Pixels = std::make_integer_sequence<int, kWidth.most_pixels>;
    const TileLoop* loops =
        call.k_list.entries ? table<kWidth.vectors, true>(Pixels{}) : table<kWidth.vectors, false>(Pixels{});
    const int count = (call.pixels + kWidth.most_pixels - 1) / kWidth.most_pixels;
    const int pixels = call.pixels / count;
    const int end_of_larger = call.pixels % count * (pixels + 1);
    if (end_of_larger > 0) loops[pixels](call, 0, end_of_larger, vector);
    loops[pixels - 1](call, end_of_larger, call.pixels, vector);
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
