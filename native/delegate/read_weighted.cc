#include "delegate/read_weighted.h"

#include <algorithm>
#include <cmath>

#include "delegate/tensor_view.h"
#include "delegate/window.h"
#include "kernels/kernels.h"

namespace approxlite {
namespace {

using tflite::Context;
using tflite::Node;

// Longest K for which 255 * 127 * K fits the 32-bit sums of the int8 kernels.
constexpr int64_t kLongestInt8Sum = 60000;

// Most pointers in an indirection list and elements in a padded copy of the input, far above what real models need: a
// small file with a wide dilation or filter must not ask for more memory than there is.
constexpr int64_t kMostListed = int64_t{1} << 25;
constexpr int64_t kMostCopied = int64_t{1} << 27;

// Whether the lists and copies of plan.h stay within those bounds.
bool affordable(const Operator& op) {
  const Window& window = op.window;
  const auto covered = [](int in, int before, int out, int stride, int filter, int dilation) {
    return std::max(int64_t{in} + before, int64_t{out - 1} * stride + int64_t{filter - 1} * dilation + 1);
  };
  const int64_t height =
      covered(op.in.height, window.pad_top, op.out.height, window.stride_height, window.height, window.dilation_height);
  const int64_t width =
      covered(op.in.width, window.pad_left, op.out.width, window.stride_width, window.width, window.dilation_width);
  const int64_t taps = int64_t{window.height} * window.width;
  const int64_t pixels = int64_t{op.out.height} * op.out.width + kIndirectionSlack;
  return taps <= kMostListed / pixels && height <= kMostCopied / op.in.channels / width;
}

// Scales of hybrid weights along the axis of output channels: symmetric, one for all or one per channel.
bool read_scales(const tflite::Tensor& tensor, int channel_axis, int channels, std::vector<float>* scales) {
  if (tensor.quantization.type != tflite::kAffineQuantization || tensor.quantization.params == nullptr) return false;
  const auto* affine = static_cast<const tflite::AffineQuantization*>(tensor.quantization.params);
  if (affine->scale == nullptr || affine->zero_point == nullptr || affine->scale->size < 1) return false;
  const bool per_channel = affine->scale->size == channels && affine->quantized_dimension == channel_axis;
  if (affine->scale->size != 1 && !per_channel) return false;
  for (int i = 0; i < affine->zero_point->size; ++i) {
    if (affine->zero_point->data[i] != 0) return false;
  }
  scales->resize(static_cast<size_t>(channels));
  for (int c = 0; c < channels; ++c) {
    const float scale = affine->scale->data[per_channel ? c : 0];
    if (!(scale > 0) || !std::isfinite(scale)) return false;
    (*scales)[static_cast<size_t>(c)] = scale;
  }
  return true;
}

// Reads constant weights, float or hybrid int8, of `rank` dimensions; the output channels lie along `channel_axis`.
bool read_weights(const Context* context, const Node* node, size_t rank, int channel_axis, std::vector<int>* dims,
                  WeightSource* source) {
  const tflite::Tensor* tensor = tensor_at(context, node->inputs->data[1]);
  source->int8 = constant_of(tensor, tflite::kInt8, dims);
  if (!source->int8 && !constant_of(tensor, tflite::kFloat32, dims)) return false;
  if (dims->size() != rank) return false;
  source->data = tensor->data;
  const int channels = (*dims)[static_cast<size_t>(channel_axis)];
  if (source->int8 && !read_scales(*tensor, channel_axis, channels, &source->scales)) return false;

  source->bias = nullptr;
  if (node->inputs->size < 3 || node->inputs->data[2] < 0) return true;
  const tflite::Tensor* bias = tensor_at(context, node->inputs->data[2]);
  std::vector<int> bias_dims;
  if (!constant_of(bias, tflite::kFloat32, &bias_dims) || elements(bias_dims) != channels) return false;
  source->bias = static_cast<const float*>(bias->data);
  return true;
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

void support_weighted_knobs(Operator* op) {
  const int64_t k = op->weights.columns;
  op->knobs = {.int8 = k <= kLongestInt8Sum, .sample = k >= 8};
  op->multiply_accumulates = k * op->out.channels * op->out.height * op->out.width;
}

}  // namespace

bool read_conv_2d(const Context* context, const Node* node, Operator* op) {
  if (node->inputs->size < 2 || node->inputs->size > 3 || node->builtin_data == nullptr) return false;
  op->inputs = {node->inputs->data[0]};
  std::vector<int> filter;  // output, height, width, input
  if (!read_image_shapes(context, op) || !read_weights(context, node, 4, 0, &filter, &op->weights)) return false;
  if (filter[0] != op->out.channels || filter[3] != op->in.channels) return false;
  const auto* params = static_cast<const tflite::ConvParams*>(node->builtin_data);
  op->window = window_of(filter, *params);
  op->weights.rows = filter[0];
  op->weights.columns = filter[1] * filter[2] * filter[3];
  if (!place_window(params->padding, op) || !affordable(*op)) return false;
  if (!read_activation(params->activation, &op->range)) return false;
  support_weighted_knobs(op);
  op->knobs.rows = op->out.height >= 2;
  op->knobs.cols = op->out.width >= 2;
  return true;
}

bool read_depthwise_conv_2d(const Context* context, const Node* node, Operator* op) {
  if (node->inputs->size < 2 || node->inputs->size > 3 || node->builtin_data == nullptr) return false;
  op->inputs = {node->inputs->data[0]};
  std::vector<int> filter;  // 1, height, width, channels
  if (!read_image_shapes(context, op) || !read_weights(context, node, 4, 3, &filter, &op->weights)) return false;
  if (filter[0] != 1 || filter[3] != op->out.channels || op->in.channels != op->out.channels) return false;
  const auto* params = static_cast<const tflite::DepthwiseConvParams*>(node->builtin_data);
  op->window = window_of(filter, *params);
  op->weights.rows = filter[1] * filter[2];
  op->weights.columns = filter[3];
  if (!place_window(params->padding, op) || !read_activation(params->activation, &op->range)) return false;
  op->knobs.rows = op->out.height >= 2;
  op->multiply_accumulates = static_cast<int64_t>(op->weights.rows) * static_cast<int64_t>(op->out.size());
  return true;
}

bool read_fully_connected(const Context* context, const Node* node, Operator* op) {
  if (node->inputs->size < 2 || node->inputs->size > 3 || node->builtin_data == nullptr) return false;
  op->inputs = {node->inputs->data[0]};
  std::vector<int> in, out, filter;  // filter: output, input
  if (!float_activation(tensor_at(context, op->inputs[0]), &in) ||
      !float_activation(tensor_at(context, op->output), &out) ||
      !read_weights(context, node, 2, 0, &filter, &op->weights)) {
    return false;
  }
  const auto* params = static_cast<const tflite::FullyConnectedParams*>(node->builtin_data);
  const int64_t batch = elements(in) / filter[1];
  if (params->weights_format != 0 || batch * filter[1] != elements(in) || elements(out) != batch * filter[0]) {
    return false;
  }
  op->in = {1, static_cast<int>(batch), filter[1]};
  op->out = {1, static_cast<int>(batch), filter[0]};
  op->size = op->out.size();
  op->weights.rows = filter[0];
  op->weights.columns = filter[1];
  if (!affordable(*op)) return false;
  support_weighted_knobs(op);
  return read_activation(params->activation, &op->range);
}

}  // namespace approxlite
