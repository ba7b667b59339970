// Average and max pooling for one variant. Every channel is summed pixel after pixel, which makes one long chain of
// dependent additions: several vectors of channels are kept in flight to fill it.
#ifndef APPROXLITE_KERNELS_POOL_POOL_VECTOR_H_
#define APPROXLITE_KERNELS_POOL_POOL_VECTOR_H_

#include <cassert>

#include "kernels/pool/pool.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

// The part of a window that lies inside the input, at one channel.
struct Window {
  const float* first;
  int rows, columns;
  size_t row_step, column_step;
};

struct Average {
  explicit Average(const Window& window) : count(broadcast(static_cast<float>(window.rows * window.columns))) {}
  static Floats fold(Floats y, Floats x) { return y + x; }
  Floats finish(Floats y) const { return y / count; }
  Floats count;
};

struct Max {
  explicit Max(const Window&) {}
  static Floats fold(Floats y, Floats x) { return larger(x, y); }
  static Floats finish(Floats y) { return y; }
};

// A whole vector, or the first `count` lanes of one: floats may end where the runtime's memory does.
template <bool kPart>
inline Floats load_vector(const float* p, int count) {
  return kPart ? load_some(p, count) : load(p);
}

// Reduces kVectors vectors of neighbouring channels, or `count` channels of one.
template <typename Reduction, int kVectors, bool kPart>
inline void reduce(const Window& window, const Reduction& reduction, Floats low, Floats high, int count,
                   float* output) {
  Floats y[kVectors];
  for (int v = 0; v < kVectors; ++v) y[v] = load_vector<kPart>(window.first + v * kLanes, count);
  for (int row = 0; row < window.rows; ++row) {
    const int begin = row == 0 ? 1 : 0;
    const float* x = window.first + row * window.row_step + begin * window.column_step;
    for (int column = begin; column < window.columns; ++column, x += window.column_step) {
      for (int v = 0; v < kVectors; ++v) y[v] = Reduction::fold(y[v], load_vector<kPart>(x + v * kLanes, count));
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    const Floats result = clamp(reduction.finish(y[v]), low, high);
    if (kPart) {
      store_some(output, result, count);
    } else {
      store(output + v * kLanes, result);
    }
  }
}

template <typename Reduction>
inline void reduce_channels(Window window, int channels, Floats low, Floats high, float* output) {
  const Reduction reduction(window);
  int vectors;
  for (int left = channels; left > 0;
       left -= vectors * kLanes, window.first += vectors * kLanes, output += vectors * kLanes) {
    if (left >= 8 * kLanes) {
      vectors = 8;
      reduce<Reduction, 8, false>(window, reduction, low, high, left, output);
    } else if (left >= 4 * kLanes) {
      vectors = 4;
      reduce<Reduction, 4, false>(window, reduction, low, high, left, output);
    } else if (left >= 2 * kLanes) {
      vectors = 2;
      reduce<Reduction, 2, false>(window, reduction, low, high, left, output);
    } else {
      vectors = 1;
      if (left >= kLanes) {
        reduce<Reduction, 1, false>(window, reduction, low, high, left, output);
      } else {
        reduce<Reduction, 1, true>(window, reduction, low, high, left, output);
      }
    }
  }
}

// [begin, end) of a filter's taps that lie inside an axis of `size` inputs, where tap 0 lies at `first`.
struct Taps {
  int begin, end;
};
inline Taps taps_inside(int first, int taps, int size) {
  return {first < 0 ? -first : 0, first + taps > size ? size - first : taps};
}

template <typename Reduction>
void pool(const Pool& call) {
  const Floats low = broadcast(call.low), high = broadcast(call.high);
  const size_t column_step = static_cast<size_t>(call.channels), row_step = call.width * column_step;
  float* output = call.output;
  for (int output_row = 0; output_row < call.output_height; ++output_row) {
    const int row = output_row * call.stride_height - call.pad_top;
    const Taps rows = taps_inside(row, call.filter_height, call.height);
    for (int output_column = 0; output_column < call.output_width; ++output_column) {
      const int column = output_column * call.stride_width - call.pad_left;
      const Taps columns = taps_inside(column, call.filter_width, call.width);
      assert(rows.begin < rows.end && columns.begin < columns.end);
      const float* first = call.input + (row + rows.begin) * row_step + (column + columns.begin) * column_step;
      reduce_channels<Reduction>({first, rows.end - rows.begin, columns.end - columns.begin, row_step, column_step},
                                 call.channels, low, high, output);
      output += call.channels;
    }
  }
}

}  // namespace

void average_pool(const Pool& call) { pool<Average>(call); }
void max_pool(const Pool& call) { pool<Max>(call); }

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_POOL_POOL_VECTOR_H_
