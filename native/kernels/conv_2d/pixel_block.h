// The pixels of a convolution, block by block: from rows, columns, strides and padding to one plain pointer for every tap
// and pixel. A block is small enough for its pointers to stay in the nearest cache, and large enough that what begins a
// block costs nothing.
#ifndef APPROXLITE_KERNELS_CONV_2D_PIXEL_BLOCK_H_
#define APPROXLITE_KERNELS_CONV_2D_PIXEL_BLOCK_H_

#include "kernels/kernels.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

// Most pixels of a block: full tiles of 14, 12, 8, 7, 6, 4, 3 or 2. The same in every variant, for some lend others
// their scratch.
inline constexpr int kBlockPixels = 168;

// Pixels 0, 1 ... of a block: the inputs of pixel m under a tap start at rows[tap * row_stride + m], its outputs at element
// outputs[m] of the output.
struct PixelBlock {
  const void* const* rows;
  size_t row_stride;
  const size_t* outputs;
};

// Pixels that are expanded at once. Up to as many past the last are written too and hold nothing.
inline constexpr int kPixelStep = kLanes / 2;
inline constexpr int kBlockStride = kBlockPixels + 8;
typedef int64_t PixelWords __attribute__((vector_size(8 * kPixelStep)));
typedef uint64_t PixelPlaces __attribute__((vector_size(8 * kPixelStep)));

// Scratch for one block, a multiple of 64 bytes.
inline size_t block_scratch_bytes(int taps) {
  return (static_cast<size_t>(taps) * sizeof(void*) + sizeof(size_t)) * kBlockStride;
}

// No template of the standard library: the linker would share one copy of it between instruction sets.
template <class T>
inline void exchange(T& a, T& b) {
  const T kept = a;
  a = b;
  b = kept;
}

// Goes through the computed pixels of `windows` in their order, from number `begin` on.
class PixelWalk {
 public:
  PixelWalk(const Windows& windows, int output_channels, int begin, void* scratch)
      : windows_(lying(windows)),
        output_channels_(output_channels),
        rows_(static_cast<const void**>(scratch)),
        outputs_(reinterpret_cast<size_t*>(rows_ + taps() * kBlockStride)) {
    const PixelGrid& grid = windows_.grid;
    // Of a checker, the rows before row r hold ceil(r * column_count / 2) pixels.
    row_ = (grid.checker ? 2 * begin : begin) / grid.column_count;
    done_ = begin - (grid.checker ? (row_ * grid.column_count + 1) / 2 : row_ * grid.column_count);
    as_it_lies_ = taps() == 1 && windows_.stride_height == 1 && windows_.stride_width == 1 && windows_.pad_top == 0 &&
                  windows_.pad_left == 0 && windows_.width == windows_.output_width && !grid.checker &&
                  grid.column_count == windows_.width && grid.rows[grid.row_count - 1] < windows_.height &&
                  grid.rows[grid.row_count - 1] - grid.rows[0] == grid.row_count - 1;
  }

  // The next `count` pixels, at most kBlockPixels. They replace the block before.
  PixelBlock next(int count) {
    if (as_it_lies_) {
      next_as_it_lies(count);
      return {rows_, kBlockStride, outputs_};
    }
    const PixelGrid& grid = windows_.grid;
    const int step = grid.checker ? 2 : 1;
    for (int m = 0; m < count;) {
      const int y = grid.rows[row_], first = grid.checker ? y % 2 : 0;
      const int left = (grid.column_count - first + step - 1) / step - done_;
      const int pixels = left < count - m ? left : count - m;
      if (pixels > 0) expand(y, grid.columns + first + done_ * step, step, pixels, m);
      m += pixels;
      done_ += pixels;
      if (pixels == left) {
        ++row_;
        done_ = 0;
      }
    }
    return {rows_, kBlockStride, outputs_};
  }

 private:
  size_t taps() const { return static_cast<size_t>(windows_.taps_high) * static_cast<size_t>(windows_.taps_wide); }

  // An image one pixel wide is walked as one row: every row costs as much as several pixels.
  static Windows lying(Windows windows) {
    if (windows.width != 1 || windows.output_width != 1 || windows.taps_wide != 1 || windows.pad_left != 0) {
      return windows;
    }
    PixelGrid& grid = windows.grid;
    exchange(grid.rows, grid.columns);
    exchange(grid.row_count, grid.column_count);
    windows.output_width = grid.columns[grid.row_count > 0 ? grid.column_count - 1 : 0] + 1;
    exchange(windows.height, windows.width);
    exchange(windows.taps_high, windows.taps_wide);
    exchange(windows.stride_height, windows.stride_width);
    exchange(windows.dilation_height, windows.dilation_width);
    exchange(windows.pad_top, windows.pad_left);
    return windows;
  }

  void next_as_it_lies(int count) {
    const int64_t pixel_bytes = static_cast<int64_t>(windows_.pixel_bytes);
    const int64_t pixel = int64_t{windows_.grid.rows[row_]} * windows_.width + done_;
    const int64_t input = static_cast<int64_t>(reinterpret_cast<uintptr_t>(windows_.input));
    count_up(input + pixel * pixel_bytes, pixel_bytes, count, rows_);
    count_up(pixel * output_channels_, output_channels_, count, outputs_);
    done_ += count;
  }

  // Pixels m, m + 1 ... of the block: those at every `step`-th of `columns` in output row y.
  void expand(int y, const int32_t* columns, int step, int pixels, int m) {
    PixelWords start[kBlockStride / kPixelStep];  // of the first tap, in bytes from the start of the input row
    find_starts(y, columns, step, pixels, start, outputs_ + m);
    const int64_t pixel_bytes = static_cast<int64_t>(windows_.pixel_bytes);
    const uint64_t row_bytes = static_cast<uint64_t>(windows_.width * pixel_bytes);
    const void** to = rows_ + m;
    for (int tap_y = 0; tap_y < windows_.taps_high; ++tap_y) {
      const int input_y = y * windows_.stride_height + tap_y * windows_.dilation_height - windows_.pad_top;
      const bool inside = input_y >= 0 && input_y < windows_.height;
      const uint64_t row = inside ? static_cast<uint64_t>(input_y) * row_bytes : 0;
      for (int tap_x = 0; tap_x < windows_.taps_wide; ++tap_x, to += kBlockStride) {
        point(row, inside ? row_bytes : 0, start, tap_x * windows_.dilation_width * pixel_bytes, pixels, to);
      }
    }
  }

  // Columns mostly follow each other without a gap, then nothing has to be looked up.
  void find_starts(int y, const int32_t* columns, int step, int pixels, PixelWords* start, size_t* outputs) const {
    const int64_t pixel_bytes = static_cast<int64_t>(windows_.pixel_bytes), next = windows_.stride_width * pixel_bytes;
    const int64_t first = columns[0] * next - windows_.pad_left * pixel_bytes;
    const int64_t output = (int64_t{y} * windows_.output_width + columns[0]) * output_channels_;
    if (columns[(pixels - 1) * step] - columns[0] == (pixels - 1) * step) {
      count_up(first, step * next, pixels, start);
      count_up(output, step * output_channels_, pixels, outputs);
      return;
    }
    for (int i = 0; i < pixels; i += kPixelStep, ++start) {
      for (int j = 0; j < kPixelStep && i + j < pixels; ++j) {
        const int x = columns[(i + j) * step] - columns[0];
        outputs[i + j] = static_cast<size_t>(output + x * output_channels_);
        (*start)[j] = first + x * next;
      }
    }
  }

  // first, first + step ...
  static void count_up(int64_t first, int64_t step, int pixels, void* to) {
    PixelWords words = {};
    for (int i = 0; i < kPixelStep; ++i) words[i] = first + i * step;
    for (int i = 0; i < pixels; i += kPixelStep) {
      std::memcpy(static_cast<int64_t*>(to) + i, &words, sizeof words);
      words += kPixelStep * step;
    }
  }

  // One tap of some pixels, `tap` bytes from their first one. Before its first and after its last byte a row is padding.
  void point(uint64_t row, uint64_t row_bytes, const PixelWords* start, int64_t tap, int pixels,
             const void** to) const {
    const uint64_t base = reinterpret_cast<uintptr_t>(windows_.input) + row;
    const PixelPlaces padding = reinterpret_cast<uintptr_t>(windows_.padding) - PixelPlaces{};
    for (int i = 0; i < pixels; i += kPixelStep, ++start) {
      const PixelPlaces at = (PixelPlaces)(*start + tap);
      const PixelPlaces place = at < row_bytes ? base + at : padding;
      std::memcpy(to + i, &place, sizeof place);
    }
  }

  const Windows windows_;
  const int64_t output_channels_;
  const void** const rows_;
  size_t* const outputs_;
  int row_;  // of the grid
  int done_;  // pixels of that row
  bool as_it_lies_;  // one pixel after the other the whole input is read: rows need not be told apart
};

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_CONV_2D_PIXEL_BLOCK_H_
