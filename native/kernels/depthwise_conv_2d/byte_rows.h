// A few rows of an image of bytes as floats, with zeros where the filter reaches over its ends. Every row is converted
// once and serves all rows of the filter.
#ifndef APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_BYTE_ROWS_H_
#define APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_BYTE_ROWS_H_

#include "kernels/conv_2d/conv_int8_bytes.h"
#include "kernels/depthwise_conv_2d/cut.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

struct ByteImage {
  const uint8_t* input;
  int width, channels;
  int32_t zero_point;
};

// Distances of `size` bytes from their zero point. Bytes are readable past their end.
inline void to_distances(const uint8_t* q, ptrdiff_t size, int32_t zero_point, float* x) {
  ptrdiff_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    store(x + i, __builtin_convertvector(load_bytes(q + i) - zero_point, Floats));
  }
  if (i < size) {
    store_some(x + i, __builtin_convertvector(load_bytes(q + i) - zero_point, Floats), static_cast<int>(size - i));
  }
}

// Rows of the image's columns [first, first + columns), some of them outside, in a ring of `count` rows.
class ByteRows {
 public:
  ByteRows(const ByteImage& image, Range channels, int first, int columns, int count, float* memory)
      : image_(image), channels_(channels), count_(count), memory_(memory) {
    step_ = channels.end - channels.begin;
    row_step_ = step_ * columns;
    begin_ = first < 0 ? -first : 0;
    end_ = first + columns > image.width ? image.width - first : columns;
    if (end_ < begin_) begin_ = end_ = columns;
    source_ = image.input + static_cast<ptrdiff_t>(first) * image.channels + channels.begin;
    for (int row = 0; row < count; ++row) {
      float* const to = memory + row * row_step_;
      std::memset(to, 0, sizeof(float) * static_cast<size_t>(begin_ * step_));
      std::memset(to + end_ * step_, 0, sizeof(float) * static_cast<size_t>((columns - end_) * step_));
    }
    for (int i = 0; i < kLanes; ++i) memory[count * row_step_ + i] = 0;
  }

  static ptrdiff_t floats_needed(ptrdiff_t channels, ptrdiff_t columns, ptrdiff_t count) {
    return channels * columns * count + kLanes;
  }

  // Reads row `row` of the image, over what was in its place.
  void read(int row) {
    const uint8_t* from = source_ + static_cast<ptrdiff_t>(row) * image_.width * image_.channels;
    float* const to = memory_ + row % count_ * row_step_;
    if (step_ == image_.channels) {
      to_distances(from + begin_ * step_, (end_ - begin_) * step_, image_.zero_point, to + begin_ * step_);
      return;
    }
    from += begin_ * image_.channels;
    for (ptrdiff_t column = begin_; column < end_; ++column, from += image_.channels) {
      to_distances(from, step_, image_.zero_point, to + column * step_);
    }
  }

  // Where channel 0 of the first column of row `row` would lie.
  const float* row(int row) const { return memory_ + row % count_ * row_step_ - channels_.begin; }
  ptrdiff_t step() const { return step_; }
  ptrdiff_t row_step() const { return row_step_; }
  int count() const { return count_; }

 private:
  const ByteImage image_;
  const Range channels_;
  const int count_;
  float* const memory_;
  ptrdiff_t step_, row_step_;
  ptrdiff_t begin_, end_;  // columns inside the image
  const uint8_t* source_;
};

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_BYTE_ROWS_H_
