#include <cmath>

#include "kernels/conv_2d/conv_2d.h"
#include "kernels/reference.h"

// Packed: the biases, then the weights as they came.
namespace approxlite::reference {
namespace {

// What is read for one tap of output pixel (y, x).
const float* input_of(const Windows& windows, int tap, int y, int x) {
  y = y * windows.stride_height + tap / windows.taps_wide * windows.dilation_height - windows.pad_top;
  x = x * windows.stride_width + tap % windows.taps_wide * windows.dilation_width - windows.pad_left;
  if (y < 0 || y >= windows.height || x < 0 || x >= windows.width) return static_cast<const float*>(windows.padding);
  const size_t pixel = static_cast<size_t>(y) * windows.width + x;
  return reinterpret_cast<const float*>(static_cast<const char*>(windows.input) + pixel * windows.pixel_bytes);
}

float value(const ConvFloat& call, int y, int x, int channel, size_t element) {
  const KList& list = call.k_list;
  const bool listed = list.entries != nullptr;
  const int taps = call.windows.taps_high * call.windows.taps_wide;
  const size_t k =
      list.compact ? static_cast<size_t>(list.begin[taps]) * list.group : static_cast<size_t>(taps) * call.channels;
  const float* const bias = static_cast<const float*>(call.packed);
  const float* weights = bias + call.output_channels + channel * k;
  float sum = listed ? 0.0f : bias[channel];
  for (int tap = 0; tap < taps; ++tap) {
    const float* const input = input_of(call.windows, tap, y, x);
    if (!listed) {
      for (int c = 0; c < call.channels; ++c) sum = std::fma(input[c], *weights++, sum);
      continue;
    }
    for (int i = list.begin[tap]; i < list.begin[tap + 1]; ++i) {
      const int first = list.entries[i] * list.group;
      for (int c = first; c < first + list.group; ++c) {
        sum = std::fma(input[c], list.compact ? *weights++ : weights[c], sum);
      }
    }
    if (!list.compact) weights += call.channels;
  }
  if (listed) sum = std::fma(sum, call.rescale, bias[channel]);
  sum = clamp(sum, call.low, call.high);
  return call.addend == nullptr ? sum : clamp(sum + call.addend[element], call.addend_low, call.addend_high);
}

}  // namespace

size_t conv_scratch_bytes(int) { return 0; }

size_t conv_float_packed_bytes(int k, int output_channels) {
  return (static_cast<size_t>(k) + 1) * output_channels * sizeof(float);
}

void conv_float_pack(const float* weights, const float* bias, int k, int output_channels, void* packed) {
  float* to = static_cast<float*>(packed);
  for (int o = 0; o < output_channels; ++o) *to++ = bias ? bias[o] : 0.0f;
  for (size_t i = 0; i < static_cast<size_t>(k) * output_channels; ++i) *to++ = weights[i];
}

void conv_float(const ConvFloat& call) {
  const PixelGrid& grid = call.windows.grid;
  int number = 0;
  for (int row = 0; row < grid.row_count; ++row) {
    for (int column = 0; column < grid.column_count; ++column) {
      const int y = grid.rows[row], x = grid.columns[column];
      if (grid.checker && (y + x) % 2 != 0) continue;
      if (number >= call.begin && number < call.end) {
        const size_t first = (static_cast<size_t>(y) * call.windows.output_width + x) * call.output_channels;
        for (int o = 0; o < call.output_channels; ++o) call.output[first + o] = value(call, y, x, o, first + o);
      }
      ++number;
    }
  }
}

}  // namespace approxlite::reference
