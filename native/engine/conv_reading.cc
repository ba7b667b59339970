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

}  // namespace approxlite
