#include "kernels/reference.h"
#include "kernels/pool/pool.h"

namespace approxlite::reference {
namespace {

enum class Reduction { kAverage, kMax };

float reduce(const Pool& call, Reduction reduction, int row, int column, int channel) {
  float y = 0;
  int count = 0;
  for (int i = 0; i < call.filter_height; ++i) {
    for (int j = 0; j < call.filter_width; ++j) {
      const int input_row = row * call.stride_height - call.pad_top + i;
      const int input_column = column * call.stride_width - call.pad_left + j;
      if (input_row < 0 || input_row >= call.height || input_column < 0 || input_column >= call.width) continue;
      const size_t pixel = static_cast<size_t>(input_row) * call.width + input_column;
      const float x = call.input[pixel * call.channels + channel];
      if (count == 0) {
        y = x;
      } else if (reduction == Reduction::kAverage) {
        y = y + x;
      } else {
        y = x > y ? x : y;
      }
      ++count;
    }
  }
  if (reduction == Reduction::kAverage) y = y / static_cast<float>(count);
  return clamp(y, call.low, call.high);
}

void pool(const Pool& call, Reduction reduction) {
  for (int row = 0; row < call.output_height; ++row) {
    for (int column = 0; column < call.output_width; ++column) {
      for (int channel = 0; channel < call.channels; ++channel) {
        const size_t pixel = static_cast<size_t>(row) * call.output_width + column;
        call.output[pixel * call.channels + channel] = reduce(call, reduction, row, column, channel);
      }
    }
  }
}

}  // namespace

void average_pool(const Pool& call) { pool(call, Reduction::kAverage); }
void max_pool(const Pool& call) { pool(call, Reduction::kMax); }

}  // namespace approxlite::reference
