#include <cmath>

#include "kernels/conv_2d/conv_2d.h"
#include "kernels/reference.h"

// Packed float: the biases, then the weights as they came. Packed int8: the weights as they came.
namespace approxlite::reference {
namespace {

float pixel(const ConvFloat& call, int m, int channel) {
  const float* bias = static_cast<const float*>(call.packed);
  const float* weights = bias + call.output_channels + static_cast<size_t>(channel) * call.taps * call.channels;
  const KList& list = call.k_list;
  float y = list.entries ? 0.0f : bias[channel];
  for (int tap = 0; tap < call.taps; ++tap, weights += call.channels) {
    const float* input = call.rows[tap * call.row_stride + m];
    if (list.entries) {
      for (int i = list.begin[tap]; i < list.begin[tap + 1]; ++i) {
        y = std::fma(input[list.entries[i]], weights[list.entries[i]], y);
      }
    } else {
      for (int c = 0; c < call.channels; ++c) y = std::fma(input[c], weights[c], y);
    }
  }
  if (list.entries) y = std::fma(y, call.rescale, bias[channel]);
  return clamp(y, call.low, call.high);
}

int32_t group_product(const uint8_t* x, const int8_t* w) {
  return x[0] * w[0] + x[1] * w[1] + x[2] * w[2] + x[3] * w[3];
}

float pixel(const ConvInt8& call, int m, int channel) {
  const int8_t* weights =
      static_cast<const int8_t*>(call.packed) + static_cast<size_t>(channel) * call.taps * call.groups * 4;
  const KList& list = call.k_list;
  int32_t sum = call.start[channel];
  for (int tap = 0; tap < call.taps; ++tap, weights += 4 * call.groups) {
    const uint8_t* input = call.rows[tap * call.row_stride + m];
    if (list.entries) {
      for (int i = list.begin[tap]; i < list.begin[tap + 1]; ++i) {
        sum += group_product(input + 4 * list.entries[i], weights + 4 * list.entries[i]);
      }
    } else {
      for (int g = 0; g < call.groups; ++g) sum += group_product(input + 4 * g, weights + 4 * g);
    }
  }
  const float y = std::fma(static_cast<float>(sum), call.scale[channel], call.bias[channel]);
  return clamp(y, call.low, call.high);
}

template <class Call>
void every_pixel(const Call& call) {
  for (int m = 0; m < call.pixels; ++m) {
    for (int channel = 0; channel < call.output_channels; ++channel) {
      call.output[call.output_offsets[m] + channel] = pixel(call, m, channel);
    }
  }
}

}  // namespace

size_t conv_float_packed_bytes(int k, int output_channels) {
  return (static_cast<size_t>(k) + 1) * output_channels * sizeof(float);
}

void conv_float_pack(const float* weights, const float* bias, int k, int output_channels, void* packed) {
  float* to = static_cast<float*>(packed);
  for (int o = 0; o < output_channels; ++o) *to++ = bias ? bias[o] : 0.0f;
  for (size_t i = 0; i < static_cast<size_t>(k) * output_channels; ++i) *to++ = weights[i];
}

void conv_float(const ConvFloat& call) { every_pixel(call); }

int conv_int8_padded_channels(int output_channels) { return output_channels; }

size_t conv_int8_packed_bytes(int k_groups, int output_channels) {
  return static_cast<size_t>(k_groups) * 4 * output_channels;
}

void conv_int8_pack(const int8_t* weights, int k_groups, int output_channels, void* packed) {
  int8_t* to = static_cast<int8_t*>(packed);
  for (size_t i = 0; i < conv_int8_packed_bytes(k_groups, output_channels); ++i) to[i] = weights[i];
}

void conv_int8(const ConvInt8& call) { every_pixel(call); }

}  // namespace approxlite::reference
