// Convolutions and fully connected operators.
#include <algorithm>
#include <cmath>

#include "delegate/node_reader.h"
#include "delegate/weights.h"
#include "engine/plan.h"

namespace approxlite {
namespace {

// Longest K for which 255 * 127 * K fits the 32-bit sums of the int8 kernels, and 255 * 255 * K.
constexpr int64_t kLongestSum = 60000, kLongestUnsignedSum = 30000;

// Most taps of a window and elements in a padded copy of the input, far above what real models need: a small file with a
// wide dilation or filter must not ask for more memory or time than there is.
constexpr int64_t kMostTaps = 16384;
constexpr int64_t kMostCopied = int64_t{1} << 27;

bool affordable(const Operator& op) {
  const Window& window = op.window;
  const auto covered = [](int in, int before, int out, int stride, int filter, int dilation) {
    return std::max(int64_t{in} + before, int64_t{out - 1} * stride + int64_t{filter - 1} * dilation + 1);
  };
  const int64_t height =
      covered(op.in.height, window.pad_top, op.out.height, window.stride_height, window.height, window.dilation_height);
  const int64_t width =
      covered(op.in.width, window.pad_left, op.out.width, window.stride_width, window.width, window.dilation_width);
  return int64_t{window.height} * window.width <= kMostTaps && height <= kMostCopied / op.in.channels / width;
}

// `filter` is shaped (_, height, width, _); both kinds of convolution name their parameters alike.
template <typename Params>
Window window_of(const std::vector<int>& filter, const Params& params) {
  return {.height = filter[1],
          .width = filter[2],
          .stride_height = params.stride_height,
          .stride_width = params.stride_width,
          .dilation_height = params.dilation_height_factor,
          .dilation_width = params.dilation_width_factor};
}

// Two thin factors are for windows of few taps, and must be thinner than what they replace.
bool worth_two_factors(const Operator& op) {
  const int64_t k = op.weights.columns, outputs = op.out.channels;
  return int64_t{op.window.height} * op.window.width <= 4 && k * outputs / (4 * (k + outputs)) >= 4;
}

bool support_knobs(NodeReader& reader) {
  Operator& op = *reader.op;
  const int64_t k = op.weights.columns;
  const ConvReading reading = conv_reading(op);
  const bool floats = !op.eight_bit();
  op.multiply_accumulates = k * op.out.channels * op.out.height * op.out.width;
  op.knobs.int8 = floats && k <= kLongestSum;
  op.knobs.inputs = reading.run % 4 == 0 && k >= 16 && k <= kLongestSum;
  op.knobs.rank = floats && worth_two_factors(op);
  op.knobs.sample = k >= (floats ? 8 : 16);
  if (!floats && k > (op.weights.type == ElementType::kUInt8 ? kLongestUnsignedSum : kLongestSum)) {
    return reader.refuse("its sums would not fit 32 bits");
  }
  return true;
}

}  // namespace

bool read_conv_2d(NodeReader& reader) {
  Operator& op = *reader.op;
  if (!reader.input(0) || !reader.outputs() || !reader.images()) return false;
  std::vector<int> filter;  // output, height, width, input
  if (!read_weights(reader, {.input = 1, .bias = 2, .rank = 4, .channel_axis = 0}, &filter)) return false;
  if (filter[0] != op.out.channels) return reader.refuse("its filter does not fit its output");
  if (filter[3] != op.in.channels) return reader.refuse("it is a grouped convolution");
  const auto* params = reader.params<tflite::ConvParams>();
  op.window = window_of(filter, *params);
  op.weights.rows = filter[0];
  op.weights.columns = filter[1] * filter[2] * filter[3];
  if (!place_window(params->padding, &op)) return reader.refuse("its window does not fit its shapes");
  if (!affordable(op)) return reader.refuse("its window is too large");
  if (!read_activation(params->activation, &op.range)) return reader.refuse("its activation is no clamp");
  op.knobs.rows = op.out.height >= 2;
  op.knobs.cols = op.out.width >= 2;
  return support_knobs(reader);
}

bool read_depthwise_conv_2d(NodeReader& reader) {
  Operator& op = *reader.op;
  if (!reader.input(0) || !reader.outputs() || !reader.images()) return false;
  std::vector<int> filter;  // 1, height, width, channels
  if (!read_weights(reader, {.input = 1, .bias = 2, .rank = 4, .channel_axis = 3}, &filter)) return false;
  if (filter[0] != 1 || filter[3] != op.out.channels) return reader.refuse("its filter does not fit its output");
  const auto* params = reader.params<tflite::DepthwiseConvParams>();
  op.window = window_of(filter, *params);
  op.weights.rows = filter[1] * filter[2];
  op.weights.columns = filter[3];
  if (!place_window(params->padding, &op)) return reader.refuse("its window does not fit its shapes");
  if (!affordable(op)) return reader.refuse("its window is too large");
  if (!read_activation(params->activation, &op.range)) return reader.refuse("its activation is no clamp");
  op.knobs.rows = op.out.height >= 2;
  op.multiply_accumulates = int64_t{op.weights.rows} * static_cast<int64_t>(op.out.size());
  if (op.in.channels == op.out.channels) {
    // Exact in floats, which hold integers below 2^24.
    constexpr int kMostInt8Taps = 256;
    if (op.eight_bit() && op.weights.rows > kMostInt8Taps) return reader.refuse("its window is too large");
    op.knobs.int8 = !op.eight_bit() && op.weights.rows <= kMostInt8Taps;
    return true;
  }
  if (op.in.channels != 1) return reader.refuse("its depth multiplier is larger than 1");
  // With one input channel it is a plain convolution whose filter lies the other way round.
  transpose_weights(&op.weights);
  op.type = OperatorType::kConv2d;
  op.knobs.cols = op.out.width >= 2;
  return support_knobs(reader);
}

bool read_fully_connected(NodeReader& reader) {
  Operator& op = *reader.op;
  if (!reader.input(0) || !reader.outputs()) return false;
  std::vector<int> filter;  // output, input
  if (!read_weights(reader, {.input = 1, .bias = 2, .rank = 2, .channel_axis = 0}, &filter)) return false;
  const auto* params = reader.params<tflite::FullyConnectedParams>();
  const int64_t in = elements(op.inputs[0].dims), batch = in / filter[1];
  if (params->weights_format != 0) return reader.refuse("its weights are shuffled");
  if (batch * filter[1] != in || elements(op.outputs[0].dims) != batch * filter[0]) {
    return reader.refuse("its filter does not fit its shapes");
  }
  op.in = {1, static_cast<int>(batch), filter[1]};
  op.out = {1, static_cast<int>(batch), filter[0]};
  op.weights.rows = filter[0];
  op.weights.columns = filter[1];
  if (!affordable(op)) return reader.refuse("its window is too large");
  if (!read_activation(params->activation, &op.range)) return reader.refuse("its activation is no clamp");
  return support_knobs(reader);
}

bool read_transpose_conv(NodeReader& reader) {
  Operator& op = *reader.op;
  if (reader.input_count() < 3) return reader.refuse("it lacks an input");
  if (!reader.input(2) || !reader.outputs() || !reader.images()) return false;
  std::vector<int> filter;  // output, height, width, input
  if (!read_weights(reader, {.input = 1, .bias = 3, .rank = 4, .channel_axis = 0}, &filter)) return false;
  if (filter[0] != op.out.channels || filter[3] != op.in.channels) {
    return reader.refuse("its filter does not fit its shapes");
  }
  const auto* params = reader.params<tflite::TransposeConvParams>();
  op.window = {.height = filter[1],
               .width = filter[2],
               .stride_height = params->stride_height,
               .stride_width = params->stride_width};
  op.weights.rows = filter[0];
  op.weights.columns = filter[1] * filter[2] * filter[3];
  if (!read_activation(params->activation, &op.range)) return reader.refuse("its activation is no clamp");
  if (op.eight_bit()) return reader.refuse("8-bit transpose convolutions are not among our operators");
  // Padding is that of the convolution it is the transpose of, from output to input.
  Operator forward;
  forward.in = op.out;
  forward.out = op.in;
  forward.window = op.window;
  if (!place_window(params->padding, &forward)) return reader.refuse("its window does not fit its shapes");
  op.window.pad_top = forward.window.pad_top;
  op.window.pad_left = forward.window.pad_left;
  if (!affordable(forward)) return reader.refuse("its window is too large");
  op.multiply_accumulates = int64_t{op.weights.columns} * op.out.channels * op.in.height * op.in.width;
  return true;
}

bool read_batch_matmul(NodeReader& reader) {
  Operator& op = *reader.op;
  if (!reader.input(0) || !reader.input(1) || !reader.outputs()) return false;
  if (reader.node->builtin_data == nullptr) return reader.refuse("it lacks its attributes");
  const auto* params = reader.params<tflite::BatchMatmulParams>();
  op.adjoint_a = params->adjoint_a;
  op.adjoint_b = params->adjoint_b;
  const std::vector<int>&a = op.inputs[0].dims, &b = op.inputs[1].dims, &out = op.outputs[0].dims;
  if (op.inputs[1].type != op.inputs[0].type) return reader.refuse("its tensors differ in type");
  if (a.size() < 2 || b.size() < 2 || out.size() != std::max(a.size(), b.size())) {
    return reader.refuse("its shapes do not fit each other");
  }
  const auto from_end = [](const std::vector<int>& dims, size_t i) { return dims[dims.size() - 1 - i]; };
  const int rows = from_end(a, op.adjoint_a ? 0 : 1), k = from_end(a, op.adjoint_a ? 1 : 0);
  const int b_k = from_end(b, op.adjoint_b ? 0 : 1), columns = from_end(b, op.adjoint_b ? 1 : 0);
  bool fits = k == b_k && from_end(out, 1) == rows && from_end(out, 0) == columns;
  for (size_t i = 2; i < out.size() && fits; ++i) {
    const int a_dim = i < a.size() ? from_end(a, i) : 1, b_dim = i < b.size() ? from_end(b, i) : 1;
    fits = (a_dim == from_end(out, i) || a_dim == 1) && (b_dim == from_end(out, i) || b_dim == 1) &&
           std::max(a_dim, b_dim) == from_end(out, i);
  }
  if (!fits) return reader.refuse("its shapes do not fit each other");
  op.multiply_accumulates = elements(out) * k;
  return true;
}

}  // namespace approxlite
