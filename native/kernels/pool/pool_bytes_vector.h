// Average and max pooling on bytes for one variant.
#ifndef APPROXLITE_KERNELS_POOL_POOL_BYTES_VECTOR_H_
#define APPROXLITE_KERNELS_POOL_POOL_BYTES_VECTOR_H_

#include "kernels/conv_2d/conv_int8_bytes.h"
#include "kernels/pool/pool.h"
#include "kernels/pool/pool_vector.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

// The part of a window that lies inside the input, from its first pixel on.
struct ByteWindow {
  const uint8_t* first;
  int rows, columns;
  size_t row_step, column_step;
};

struct ByteSum {
  static Ints fold(Ints y, Ints x) { return y + x; }
  static Floats finish(Ints y, const ByteWindow& window, const PoolBytes& call) {
    const int count = window.rows * window.columns;
    if (call.same_grid) {
      // Whole quotients survive a division of floats: sums stay below 2^24.
      const Ints distance = y - count * call.halves_from;
      const Ints size = distance < 0 ? -distance : distance;
      const Floats quotient = __builtin_convertvector(size + count / 2, Floats) / static_cast<float>(count);
      const Ints mean = __builtin_convertvector(quotient, Ints);
      return __builtin_convertvector((distance < 0 ? -mean : mean) + call.halves_from, Floats);
    }
    const Floats distance = __builtin_convertvector(y - count * call.zero_point, Floats);
    return fused_multiply_add(distance, broadcast(call.scale / static_cast<float>(count)), broadcast(call.bias));
  }
};

struct ByteMax {
  static Ints fold(Ints y, Ints x) { return x > y ? x : y; }
  static Floats finish(Ints y, const ByteWindow&, const PoolBytes&) { return __builtin_convertvector(y, Floats); }
};

// kVectors vectors of neighbouring channels.
template <class Reduction, int kVectors>
inline void reduce_bytes(const ByteWindow& window, const PoolBytes& call, int channel, uint8_t* output) {
  Ints y[kVectors] = {};
  for (int row = 0; row < window.rows; ++row) {
    const uint8_t* x = window.first + row * window.row_step + channel;
    for (int column = 0; column < window.columns; ++column, x += window.column_step) {
      for (int v = 0; v < kVectors; ++v) y[v] = Reduction::fold(y[v], load_bytes(x + v * kLanes));
    }
  }
  const Floats low = broadcast(call.low), high = broadcast(call.high < 255 ? call.high : 255);
  for (int v = 0; v < kVectors; ++v) {
    const Floats result = clamp(Reduction::finish(y[v], window, call), low, high);
    const int left = call.channels - channel - v * kLanes;
    store_first(output + channel + v * kLanes, to_bytes(result, result, words_of(0)), left < kLanes ? left : kLanes);
  }
}

template <class Reduction>
void pool_bytes(const PoolBytes& call) {
  const size_t column_step = static_cast<size_t>(call.channels), row_step = call.width * column_step;
  uint8_t* output = call.output;
  for (int output_row = 0; output_row < call.output_height; ++output_row) {
    const int row = output_row * call.stride_height - call.pad_top;
    const Taps rows = taps_inside(row, call.filter_height, call.height);
    for (int output_column = 0; output_column < call.output_width; ++output_column, output += call.channels) {
      const int column = output_column * call.stride_width - call.pad_left;
      const Taps columns = taps_inside(column, call.filter_width, call.width);
      assert(rows.begin < rows.end && columns.begin < columns.end);
      const ByteWindow window = {call.input + (row + rows.begin) * row_step + (column + columns.begin) * column_step,
                                 rows.end - rows.begin, columns.end - columns.begin, row_step, column_step};
      int channel = 0;
      for (; channel + 4 * kLanes <= call.channels; channel += 4 * kLanes) {
        reduce_bytes<Reduction, 4>(window, call, channel, output);
      }
      for (; channel < call.channels; channel += kLanes) reduce_bytes<Reduction, 1>(window, call, channel, output);
    }
  }
}

}  // namespace

void average_pool_bytes(const PoolBytes& call) { pool_bytes<ByteSum>(call); }
void max_pool_bytes(const PoolBytes& call) { pool_bytes<ByteMax>(call); }

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_POOL_POOL_BYTES_VECTOR_H_
