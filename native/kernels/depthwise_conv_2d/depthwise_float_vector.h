// Depthwise convolution on floats for one variant.
#ifndef APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_DEPTHWISE_FLOAT_VECTOR_H_
#define APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_DEPTHWISE_FLOAT_VECTOR_H_

#include "kernels/depthwise_conv_2d/depthwise_conv_2d.h"
#include "kernels/depthwise_conv_2d/lines.h"

namespace approxlite::APPROX_VARIANT {
namespace {

// Packed: for each vector of channels its bias, then its weights of every tap.
void pack_vector(const float* from, int channels, int first, float* to) {
  for (int lane = 0; lane < kLanes; ++lane) {
    to[lane] = from && first + lane < channels ? from[first + lane] : 0.0f;
  }
}

void along_columns(const DepthwiseFloat& call, Range channels) {
  const ptrdiff_t pixel = call.channels, input_row = call.width * pixel, output_row = call.output_width * pixel;
  Line line = line_along_columns(call, pixel);
  line.input_row_step = call.dilation_height * input_row;
  const Cut<FloatKinds> cut(line, -call.pad_left, call.output_width, channels);
  for (int i = 0; i < call.row_count; ++i) {
    const int first = call.output_rows[i] * call.stride_height - call.pad_top;
    const Inside inside = rows_inside(call, first);
    const Rows rows = {.count = inside.end - inside.begin,
                       .input = call.input + (first + inside.begin * call.dilation_height) * input_row,
                       .packed = static_cast<const float*>(call.packed),
                       .first_tap = kLanes + inside.begin * line.tap_row_step};
    cut.run(rows, call.output + call.output_rows[i] * output_row);
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
  for (int channel = 0; channel < call.channels; channel += kChannelBlock) {
    const int left = call.channels - channel;
    const Range channels = {channel, channel + (left < kChannelBlock ? left : kChannelBlock)};
    if (one_column(call)) {
      const Column image = {call.input, 0, call.height, call.channels};
      along_rows<FloatKinds>(call, image, call.output_rows, call.row_count, channels);
    } else {
      along_columns(call, channels);
    }
  }
}

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_DEPTHWISE_FLOAT_VECTOR_H_
