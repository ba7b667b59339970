#include "delegate/read_node.h"

#include "delegate/read_data_movement.h"
#include "delegate/read_weighted.h"
#include "delegate/tensor_view.h"
#include "delegate/window.h"

namespace approxlite {
namespace {

using tflite::Context;
using tflite::Node;

bool read_elementwise(const Context* context, const Node* node, Operator* op) {
  if (node->inputs->size != 2 || node->builtin_data == nullptr) return false;
  int a = node->inputs->data[0], b = node->inputs->data[1];
  std::vector<int> a_dims, b_dims, out_dims;
  if (!float_activation(tensor_at(context, a), &a_dims) || !float_activation(tensor_at(context, b), &b_dims) ||
      !float_activation(tensor_at(context, op->output), &out_dims)) {
    return false;
  }
  if (elements(a_dims) < elements(b_dims)) {
    std::swap(a, b);
    std::swap(a_dims, b_dims);
  }
  const int64_t b_size = elements(b_dims);
  const bool one_per_channel = b_size == a_dims.back() && b_dims.back() == a_dims.back();
  if (a_dims != out_dims || (a_dims != b_dims && b_size != 1 && !one_per_channel)) return false;
  // The larger operand may be a constant of the model, but not both: that would be no activation at all.
  if (constant(*tensor_at(context, a)) && constant(*tensor_at(context, b))) return false;
  op->inputs = {a, b};
  op->size = static_cast<size_t>(elements(a_dims));
  op->channels = a_dims.back();
  op->b_size = static_cast<size_t>(b_size);
  return read_activation(static_cast<const tflite::ElementwiseParams*>(node->builtin_data)->activation, &op->range);
}

bool read_softmax(const Context* context, const Node* node, Operator* op) {
  std::vector<int> in_dims, out_dims;
  if (node->inputs->size != 1 || node->builtin_data == nullptr ||
      !float_activation(tensor_at(context, node->inputs->data[0]), &in_dims) ||
      !float_activation(tensor_at(context, op->output), &out_dims) || in_dims != out_dims) {
    return false;
  }
  op->inputs = {node->inputs->data[0]};
  op->size = static_cast<size_t>(elements(in_dims));
  op->channels = in_dims.back();
  op->beta = static_cast<const tflite::SoftmaxParams*>(node->builtin_data)->beta;
  return true;
}

bool read_pool(const Context* context, const Node* node, Operator* op) {
  if (node->inputs->size != 1 || node->builtin_data == nullptr) return false;
  op->inputs = {node->inputs->data[0]};
  if (!read_image_shapes(context, op)) return false;
  const auto* params = static_cast<const tflite::PoolParams*>(node->builtin_data);
  op->window = {.height = params->filter_height,
                .width = params->filter_width,
                .stride_height = params->stride_height,
                .stride_width = params->stride_width};
  return op->in.channels == op->out.channels && place_window(params->padding, op) &&
         read_activation(params->activation, &op->range);
}

// A mean over rows and columns is an average pool over the whole image.
bool read_mean(const Context* context, const Node* node, Operator* op) {
  std::vector<int> in_dims, out_dims, axes_dims;
  if (node->inputs->size != 2 || !float_activation(tensor_at(context, node->inputs->data[0]), &in_dims) ||
      !float_activation(tensor_at(context, op->output), &out_dims) || in_dims.size() != 4 || in_dims[0] != 1) {
    return false;
  }
  const tflite::Tensor* axes = tensor_at(context, node->inputs->data[1]);
  if (!constant_of(axes, tflite::kInt32, &axes_dims)) return false;
  bool over[4] = {};
  for (int64_t i = 0; i < elements(axes_dims); ++i) {
    const int axis = static_cast<const int32_t*>(axes->data)[i];
    if (axis < -4 || axis > 3) return false;
    over[(axis + 4) % 4] = true;
  }
  if (over[0] || !over[1] || !over[2] || over[3] || elements(out_dims) != in_dims[3]) return false;
  op->inputs = {node->inputs->data[0]};
  op->in = {in_dims[1], in_dims[2], in_dims[3]};
  op->out = {1, 1, in_dims[3]};
  op->window = {.height = in_dims[1], .width = in_dims[2]};
  op->size = op->out.size();
  return true;
}

bool read_attributes(const Context* context, const Node* node, const tflite::Registration* registration, Operator* op) {
  switch (registration->builtin_code) {
    case tflite::kConv2d: op->type = OperatorType::kConv2d; return read_conv_2d(context, node, op);
    case tflite::kDepthwiseConv2d:
      op->type = OperatorType::kDepthwiseConv2d;
      return read_depthwise_conv_2d(context, node, op);
    case tflite::kFullyConnected:
      op->type = OperatorType::kFullyConnected;
      return read_fully_connected(context, node, op);
    case tflite::kAdd: op->type = OperatorType::kAdd; return read_elementwise(context, node, op);
    case tflite::kMul: op->type = OperatorType::kMul; return read_elementwise(context, node, op);
    case tflite::kAveragePool2d: op->type = OperatorType::kAveragePool2d; return read_pool(context, node, op);
    case tflite::kMaxPool2d: op->type = OperatorType::kMaxPool2d; return read_pool(context, node, op);
    case tflite::kMean: op->type = OperatorType::kMean; return read_mean(context, node, op);
    case tflite::kSoftmax: op->type = OperatorType::kSoftmax; return read_softmax(context, node, op);
    case tflite::kReshape: op->type = OperatorType::kReshape; return read_reshape(context, node, op);
    case tflite::kPad: op->type = OperatorType::kPad; return read_pad(context, node, op);
    case tflite::kStridedSlice: op->type = OperatorType::kStridedSlice; return read_strided_slice(context, node, op);
    default: return false;
  }
}

}  // namespace

bool read_node(const Context* context, const Node* node, const tflite::Registration* registration, int index,
               Operator* op) {
  if (node->inputs == nullptr || node->outputs == nullptr || node->outputs->size != 1) return false;
  *op = {};
  op->index = index;
  op->output = node->outputs->data[0];
  if (!read_attributes(context, node, registration, op) || constant(*tensor_at(context, op->output))) return false;
  // A constant that is the only activation would be folded by any converter; it is not worth a special case.
  if (constant(*tensor_at(context, op->inputs[0])) && op->inputs.size() == 1) return false;
  op->id = std::string(type_name(op->type)) + "_" + std::to_string(index);
  return true;
}

}  // namespace approxlite
