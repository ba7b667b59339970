// Depthwise convolution for one variant. Lines of outputs run along columns; where the image is one column wide, as in
// models of sensor windows, they run along rows.
#ifndef APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_DEPTHWISE_CONV_2D_VECTOR_H_
#define APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_DEPTHWISE_CONV_2D_VECTOR_H_

#include <cassert>

#include "kernels/depthwise_conv_2d/cut.h"
#include "kernels/depthwise_conv_2d/depthwise_conv_2d.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

// Packed: for each vector of channels its bias, then its weights of every tap.
void pack_vector(const float* from, int channels, int first, float* to) {
  for (int lane = 0; lane < kLanes; ++lane) {
    to[lane] = from && first + lane < channels ? from[first + lane] : 0.0f;
  }
}

inline ptrdiff_t floats_per_vector(int taps) { return (static_cast<ptrdiff_t>(taps) + 1) * kLanes; }

// Channels are taken in blocks whose weights and inputs stay in the innermost cache.
constexpr int kChannelBlock = 256;

void along_columns(const DepthwiseFloat& call, Range channels) {
  const ptrdiff_t pixel = call.channels, input_row = call.width * pixel, output_row = call.output_width * pixel;
  const Line line = {.length = call.width,
                     .taps = call.kernel_width,
                     .stride = call.stride_width,
                     .dilation = call.dilation_width,
                     .input_step = pixel,
                     .output_step = pixel,
                     .tap_step = kLanes,
                     .input_row_step = call.dilation_height * input_row,
                     .tap_row_step = call.kernel_width * kLanes,
                     .block_step = floats_per_vector(call.kernel_height * call.kernel_width),
                     .low = call.low,
                     .high = call.high};
  const Cut cut(line, -call.pad_left, call.output_width, channels);
  for (int i = 0; i < call.row_count; ++i) {
    const int first = call.output_rows[i] * call.stride_height - call.pad_top;
    int begin = 0, end = call.kernel_height;
    while (begin < end && first + begin * call.dilation_height < 0) ++begin;
    while (begin < end && first + (end - 1) * call.dilation_height >= call.height) --end;
    const Rows rows = {.count = end - begin,
                       .input = call.input + (first + begin * call.dilation_height) * input_row,
                       .packed = static_cast<const float*>(call.packed),
                       .first_tap = kLanes + begin * line.tap_row_step};
    cut.run(rows, call.output + call.output_rows[i] * output_row);
  }
}

// The first `period * length` of some rows, as `period` interleaved sequences of `length` rows at equal distances.
struct Periodic {
  int period, length, distance;
};

// Perforation leaves such rows: 0 1 3 4 6 7 is 0 3 6 beside 1 4 7.
inline Periodic longest_sequences(const int32_t* rows, int count) {
  constexpr int kMostPeriod = 4;
  Periodic best = {1, 1, 1};
  for (int period = 1; period <= kMostPeriod && period < count; ++period) {
    const int distance = rows[period] - rows[0];
    int end = period;
    while (end < count && rows[end] - rows[end - period] == distance) ++end;
    if (end / period > best.length) best = {period, end / period, distance};
  }
  return best;
}

void along_rows(const DepthwiseFloat& call, Range channels) {
  const ptrdiff_t pixel = call.channels;
  // The one kernel column that can lie on the one column of the image.
  const int column = call.pad_left / call.dilation_width;
  const bool inside = call.pad_left % call.dilation_width == 0 && column < call.kernel_width;
  const Rows rows = {.count = inside ? 1 : 0,
                     .input = call.input,
                     .packed = static_cast<const float*>(call.packed),
                     .first_tap = kLanes + column * kLanes};
  Periodic sequences;
  for (int done = 0; done < call.row_count; done += sequences.period * sequences.length) {
    sequences = longest_sequences(call.output_rows + done, call.row_count - done);
    const Line line = {.length = call.height,
                       .taps = call.kernel_height,
                       .stride = sequences.distance * call.stride_height,
                       .dilation = call.dilation_height,
                       .input_step = pixel,
                       .output_step = sequences.distance * pixel,
                       .tap_step = call.kernel_width * kLanes,
                       .input_row_step = 0,
                       .tap_row_step = 0,
                       .block_step = floats_per_vector(call.kernel_height * call.kernel_width),
                       .low = call.low,
                       .high = call.high};
    for (int i = done; i < done + sequences.period; ++i) {
      const int first = call.output_rows[i];
      const Cut cut(line, first * call.stride_height - call.pad_top, sequences.length, channels);
      cut.run(rows, call.output + first * pixel);
    }
  }
}

}  // namespace

size_t depthwise_float_packed_bytes(int taps, int channels) {
  return (channels + kLanes - 1) / kLanes * floats_per_vector(taps) * sizeof(float);
}

void depthwise_float_pack(const float* weights, const float* bias, int taps, int channels, void* packed) {
  float* to = static_cast<float*>(packed);
  for (int channel = 0; channel < channels; channel += kLanes) {
    pack_vector(bias, channels, channel, to);
    to += kLanes;
    for (int tap = 0; tap < taps; ++tap, to += kLanes) {
      pack_vector(weights + static_cast<size_t>(tap) * channels, channels, channel, to);
    }
  }
}

void depthwise_float(const DepthwiseFloat& call) {
  const bool one_column = call.width == 1 && call.output_width == 1;
  for (int channel = 0; channel < call.channels; channel += kChannelBlock) {
    const int left = call.channels - channel;
    const Range channels = {channel, channel + (left < kChannelBlock ? left : kChannelBlock)};
    if (one_column) {
      along_rows(call, channels);
    } else {
      along_columns(call, channels);
    }
  }
}

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_DEPTHWISE_CONV_2D_VECTOR_H_
