#include <cmath>

#include "kernels/depthwise_conv_2d/depthwise_conv_2d.h"
#include "kernels/reference.h"

namespace approxlite::reference {
namespace {

float pixel(const DepthwiseFloat& call, int output_row, int output_column, int channel) {
  const float* bias = static_cast<const float*>(call.packed);
  const float* weights = bias + call.channels;
  float y = bias[channel];
  for (int i = 0; i < call.kernel_height; ++i) {
    for (int j = 0; j < call.kernel_width; ++j) {
      const int row = output_row * call.stride_height - call.pad_top + i * call.dilation_height;
      const int column = output_column * call.stride_width - call.pad_left + j * call.dilation_width;
      if (row < 0 || row >= call.height || column < 0 || column >= call.width) continue;
      const float x = call.input[(static_cast<size_t>(row) * call.width + column) * call.channels + channel];
      y = std::fma(x, weights[(i * call.kernel_width + j) * call.channels + channel], y);
    }
  }
  return clamp(y, call.low, call.high);
}

}  // namespace

size_t depthwise_float_packed_bytes(int taps, int channels) {
  return (static_cast<size_t>(taps) + 1) * channels * sizeof(float);
}

void depthwise_float_pack(const float* weights, const float* bias, int taps, int channels, void* packed) {
  float* to = static_cast<float*>(packed);
  for (int c = 0; c < channels; ++c) *to++ = bias ? bias[c] : 0.0f;
  for (int i = 0; i < taps * channels; ++i) *to++ = weights[i];
}

void depthwise_float(const DepthwiseFloat& call) {
  for (int i = 0; i < call.row_count; ++i) {
    const int row = call.output_rows[i];
    for (int column = 0; column < call.output_width; ++column) {
      const size_t first = (static_cast<size_t>(row) * call.output_width + column) * call.channels;
      for (int channel = 0; channel < call.channels; ++channel) {
        call.output[first + channel] = pixel(call, row, column, channel);
      }
    }
  }
}

}  // namespace approxlite::reference
