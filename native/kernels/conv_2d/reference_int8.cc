#include <cmath>

#include "kernels/conv_2d/conv_2d.h"
#include "kernels/reference.h"

// Packed: the weights as they came.
namespace approxlite::reference {
namespace {

// What is read for one tap of output pixel (y, x).
const uint8_t* input_of(const ConvInt8& call, int tap, int y, int x) {
  const Windows& windows = call.windows;
  y = y * windows.stride_height + tap / windows.taps_wide * windows.dilation_height - windows.pad_top;
  x = x * windows.stride_width + tap % windows.taps_wide * windows.dilation_width - windows.pad_left;
  if (y < 0 || y >= windows.height || x < 0 || x >= windows.width) return static_cast<const uint8_t*>(windows.padding);
  const size_t pixel = static_cast<size_t>(y) * windows.width + x;
  return static_cast<const uint8_t*>(windows.input) + pixel * windows.pixel_bytes;
}

float value(const ConvInt8& call, int y, int x, int channel, size_t element) {
  const KList& list = call.k_list;
  const int taps = call.windows.taps_high * call.windows.taps_wide, groups = (call.channels + 3) / 4;
  const int packed_groups = list.compact ? list.begin[taps] : taps * groups;
  const int8_t* const weights =
      static_cast<const int8_t*>(call.packed) + static_cast<size_t>(channel) * packed_groups * 4;
  int32_t sum = call.start[channel];
  for (int tap = 0; tap < taps; ++tap) {
    const uint8_t* const input = input_of(call, tap, y, x);
    const int begin = list.entries != nullptr ? list.begin[tap] : 0;
    const int end = list.entries != nullptr ? list.begin[tap + 1] : groups;
    for (int i = begin; i < end; ++i) {
      const int group = list.entries != nullptr ? list.entries[i] : i;
      const int8_t* const w = weights + 4 * (list.compact ? i : tap * groups + group);
      for (int c = 4 * group; c < 4 * group + 4 && c < call.channels; ++c) {
        sum += input[c] * (w[c % 4] - call.weight_zero_point);
      }
    }
  }
  float result = clamp(std::fma(static_cast<float>(sum), call.scale[channel], call.bias[channel]), call.low, call.high);
  if (call.addend == nullptr) return result;
  const float addend =
      call.addend_bytes ? static_cast<float>(static_cast<const uint8_t*>(call.addend)[element] - call.addend_zero_point)
                        : static_cast<const float*>(call.addend)[element];
  result = std::fma(addend, call.addend_scale, result);
  return clamp(result, call.addend_low, call.addend_high);
}

}  // namespace

int conv_int8_padded_channels(int output_channels) { return output_channels; }

size_t conv_int8_packed_bytes(int k_groups, int output_channels) {
  return static_cast<size_t>(k_groups) * 4 * output_channels;
}

void conv_int8_pack(const int8_t* weights, int k_groups, int output_channels, void* packed) {
  int8_t* to = static_cast<int8_t*>(packed);
  for (size_t i = 0; i < conv_int8_packed_bytes(k_groups, output_channels); ++i) to[i] = weights[i];
}

void conv_int8(const ConvInt8& call) {
  const PixelGrid& grid = call.windows.grid;
  int number = 0;
  for (int row = 0; row < grid.row_count; ++row) {
    for (int column = 0; column < grid.column_count; ++column) {
      const int y = grid.rows[row], x = grid.columns[column];
      if (grid.checker && (y + x) % 2 != 0) continue;
      if (number >= call.begin && number < call.end) {
        for (int channel = 0; channel < call.output_channels; ++channel) {
          const size_t element =
              (static_cast<size_t>(y) * call.windows.output_width + x) * call.output_channels + channel;
          const float result = value(call, y, x, channel, element);
          if (call.output_bytes) {
            static_cast<uint8_t*>(call.output)[element] = byte(result, call.output_zero_point);
          } else {
            static_cast<float*>(call.output)[element] = result;
          }
        }
      }
      ++number;
    }
  }
}

}  // namespace approxlite::reference
