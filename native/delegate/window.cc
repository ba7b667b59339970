// Attributes that sliding windows share: padding, fused activations.
#include "delegate/node_reader.h"

namespace approxlite {
namespace {

// One axis of a window as TensorFlow defines SAME and VALID. False if the output's size does not follow from the rest.
bool place_axis(tflite::Padding padding, int in, int out, int filter, int stride, int dilation, int* before) {
  if (filter < 1 || stride < 1 || dilation < 1) return false;
  const int64_t covered = int64_t{filter - 1} * dilation + 1;
  if (covered > kMostElements || stride > kMostElements) return false;
  if (padding == tflite::kPaddingValid) {
    *before = 0;
    return in >= covered && out == (in - covered) / stride + 1;
  }
  if (padding != tflite::kPaddingSame || out != (in + stride - 1) / stride) return false;
  const int64_t total = int64_t{out - 1} * stride + covered - in;
  *before = static_cast<int>(total > 0 ? total / 2 : 0);
  return true;
}

}  // namespace

bool read_activation(tflite::Activation activation, Range* range) {
  switch (activation) {
    case tflite::kActNone: *range = {}; return true;
    case tflite::kActRelu: *range = {.low = 0}; return true;
    case tflite::kActRelu6: *range = {.low = 0, .high = 6}; return true;
    case tflite::kActReluN1To1: *range = {.low = -1, .high = 1}; return true;
    default: return false;
  }
}

bool place_window(tflite::Padding padding, Operator* op) {
  Window& window = op->window;
  return place_axis(padding, op->in.height, op->out.height, window.height, window.stride_height, window.dilation_height,
                    &window.pad_top) &&
         place_axis(padding, op->in.width, op->out.width, window.width, window.stride_width, window.dilation_width,
                    &window.pad_left);
}

}  // namespace approxlite
