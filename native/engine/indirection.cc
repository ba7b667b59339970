#include "engine/indirection.h"

namespace approxlite {

Indirection::Indirection(const Operator& op, const ConvReading& reading, const std::vector<int32_t>& pixel_offsets,
                         size_t pixel_bytes)
    : pixel_bytes_(pixel_bytes), row_stride_(pixel_offsets.size() + kIndirectionSlack) {
  const Window& window = op.window;
  const int columns = reading.folded ? 1 : window.width;
  offsets_.assign(row_stride_ * static_cast<size_t>(reading.taps), kPadding);
  rows_.resize(offsets_.size());
  for (int tap = 0; tap < reading.taps; ++tap) {
    const int filter_y = tap / columns * window.dilation_height;
    const int filter_x = tap % columns * window.dilation_width;
    for (size_t m = 0; m < pixel_offsets.size(); ++m) {
      const int pixel = pixel_offsets[m] / op.out.channels;
      const int y = pixel / op.out.width * window.stride_height + filter_y;
      const int x = pixel % op.out.width * window.stride_width + filter_x;
      int32_t& offset = offsets_[static_cast<size_t>(tap) * row_stride_ + m];
      if (reading.folded) {
        offset = y * reading.padded_width + x;
      } else if (y >= window.pad_top && x >= window.pad_left && y - window.pad_top < op.in.height &&
                 x - window.pad_left < op.in.width) {
        offset = (y - window.pad_top) * op.in.width + (x - window.pad_left);
      }
    }
  }
}

void Indirection::bind(const void* input, const void* padding) {
  const char* base = static_cast<const char*>(input);
  for (size_t i = 0; i < offsets_.size(); ++i) {
    rows_[i] = offsets_[i] == kPadding ? padding : base + static_cast<size_t>(offsets_[i]) * pixel_bytes_;
  }
}

}  // namespace approxlite
