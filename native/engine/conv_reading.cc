#include <algorithm>

#include "engine/plan.h"

namespace approxlite {
namespace {

// Above this many channels a tap's own run is long enough to pay for its pointer loads.
constexpr int kMostFoldedChannels = 8;

}  // namespace

ConvReading conv_reading(const Operator& op) {
  const Window& window = op.window;
  ConvReading reading = {};
  reading.folded = window.width > 1 && window.dilation_width == 1 && op.in.channels <= kMostFoldedChannels;
  reading.taps = reading.folded ? window.height : window.height * window.width;
  reading.run = reading.folded ? window.width * op.in.channels : op.in.channels;
  const auto covered = [](int out, int stride, int filter, int dilation) {
    return (out - 1) * stride + (filter - 1) * dilation + 1;
  };
  reading.padded_height = std::max(op.in.height + window.pad_top,
                                   covered(op.out.height, window.stride_height, window.height, window.dilation_height));
  reading.padded_width = std::max(op.in.width + window.pad_left,
                                  covered(op.out.width, window.stride_width, window.width, window.dilation_width));
  return reading;
}

Windows windows_of(const Operator& op, const ConvReading& reading, size_t element_bytes, const PixelGrid& grid) {
  const Window& window = op.window;
  const bool folded = reading.folded;
  return {
      .height = folded ? reading.padded_height : op.in.height,
      .width = folded ? reading.padded_width : op.in.width,
      .pixel_bytes = element_bytes * static_cast<size_t>(op.in.channels),
      .taps_high = window.height,
      .taps_wide = folded ? 1 : window.width,
      .stride_height = window.stride_height,
      .stride_width = window.stride_width,
      .dilation_height = window.dilation_height,
      .dilation_width = window.dilation_width,
      .pad_top = folded ? 0 : window.pad_top,
      .pad_left = folded ? 0 : window.pad_left,
      .grid = grid,
      .output_width = op.out.width,
  };
}

}  // namespace approxlite
