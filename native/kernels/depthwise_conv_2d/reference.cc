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

float pixel(const DepthwiseInt8& call, int output_row, int output_column, int channel) {
  const int16_t* weights = static_cast<const int16_t*>(call.packed);
  int32_t sum = call.start[channel];
  for (int i = 0; i < call.kernel_height; ++i) {
    for (int j = 0; j < call.kernel_width; ++j) {
      const int row = output_row * call.stride_height - call.pad_top + i * call.dilation_height;
      const int column = output_column * call.stride_width - call.pad_left + j * call.dilation_width;
      if (row < 0 || row >= call.height || column < 0 || column >= call.width) continue;
      const int x = call.input[(static_cast<size_t>(row) * call.width + column) * call.channels + channel];
      sum += (x - call.zero_point) * weights[(i * call.kernel_width + j) * call.channels + channel];
    }
  }
  const float y = std::fma(static_cast<float>(sum), call.scale[channel], call.bias[channel]);
  return clamp(y, call.low, call.high);
}

// Calls store(element of the output, value) for every output.
template <class Call, class Store>
void every_pixel(const Call& call, const Store& store) {
  for (int i = 0; i < call.row_count; ++i) {
    const int row = call.output_rows[i];
    for (int column = 0; column < call.output_width; ++column) {
      const size_t first = (static_cast<size_t>(row) * call.output_width + column) * call.channels;
      for (int channel = 0; channel < call.channels; ++channel)
        store(first + channel, pixel(call, row, column, channel));
    }
  }
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
  every_pixel(call, [&](size_t at, float y) { call.output[at] = y; });
}

size_t depthwise_int8_packed_bytes(int taps, int channels) {
  return static_cast<size_t>(taps) * channels * sizeof(int16_t);
}

void depthwise_int8_pack(const int16_t* weights, int taps, int channels, void* packed) {
  int16_t* to = static_cast<int16_t*>(packed);
  for (int i = 0; i < taps * channels; ++i) to[i] = weights[i];
}

void depthwise_int8(const DepthwiseInt8& call) {
  every_pixel(call, [&](size_t at, float y) {
    if (call.output_bytes) {
      static_cast<uint8_t*>(call.output)[at] = byte(y, call.output_zero_point);
    } else {
      static_cast<float*>(call.output)[at] = y;
    }
  });
}

}  // namespace approxlite::reference
