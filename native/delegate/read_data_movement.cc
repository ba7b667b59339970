#include "delegate/read_data_movement.h"

#include <algorithm>

#include "delegate/tensor_view.h"

namespace approxlite {
namespace {

using tflite::Context;
using tflite::Node;

// Reads both shapes into the last axes of the box, 1 before them.
bool read_box_shapes(const Context* context, Operator* op, std::vector<int>* in, std::vector<int>* out) {
  if (!float_activation(tensor_at(context, op->inputs[0]), in) ||
      !float_activation(tensor_at(context, op->output), out) || in->size() != out->size() || in->size() > kMaxRank) {
    return false;
  }
  const size_t skipped = kMaxRank - in->size();
  std::fill_n(op->box.source_dims, kMaxRank, 1);
  std::fill_n(op->box.target_dims, kMaxRank, 1);
  std::copy(in->begin(), in->end(), op->box.source_dims + skipped);
  std::copy(out->begin(), out->end(), op->box.target_dims + skipped);
  op->size = static_cast<size_t>(elements(*out));
  return true;
}

// A constant of one int32 per axis.
const int32_t* per_axis(const Context* context, const Node* node, int input, size_t axes) {
  const tflite::Tensor* tensor = tensor_at(context, node->inputs->data[input]);
  std::vector<int> dims;
  if (!constant_of(tensor, tflite::kInt32, &dims) || static_cast<size_t>(elements(dims)) != axes) return nullptr;
  return static_cast<const int32_t*>(tensor->data);
}

}  // namespace

bool read_reshape(const Context* context, const Node* node, Operator* op) {
  std::vector<int> in, out;
  if (node->inputs->size < 1) return false;
  op->inputs = {node->inputs->data[0]};
  if (!float_activation(tensor_at(context, op->inputs[0]), &in) ||
      !float_activation(tensor_at(context, op->output), &out) || elements(in) != elements(out)) {
    return false;
  }
  op->size = static_cast<size_t>(elements(out));
  return true;
}

bool read_pad(const Context* context, const Node* node, Operator* op) {
  std::vector<int> in, out;
  if (node->inputs->size != 2) return false;
  op->inputs = {node->inputs->data[0]};
  if (!read_box_shapes(context, op, &in, &out)) return false;
  const int32_t* paddings = per_axis(context, node, 1, 2 * in.size());
  if (paddings == nullptr) return false;
  const size_t skipped = kMaxRank - in.size();
  for (size_t axis = 0; axis < in.size(); ++axis) {
    const int64_t before = paddings[2 * axis], after = paddings[2 * axis + 1];
    if (before < 0 || after < 0 || before + in[axis] + after != out[axis]) return false;
    op->box.begin[skipped + axis] = -static_cast<int>(before);
  }
  return true;
}

bool read_strided_slice(const Context* context, const Node* node, Operator* op) {
  std::vector<int> in, out;
  if (node->inputs->size != 4 || node->builtin_data == nullptr) return false;
  op->inputs = {node->inputs->data[0]};
  const auto* params = static_cast<const tflite::StridedSliceParams*>(node->builtin_data);
  if (params->ellipsis_mask != 0 || params->new_axis_mask != 0 || params->shrink_axis_mask != 0) return false;
  if (!read_box_shapes(context, op, &in, &out)) return false;
  const int32_t* begin = per_axis(context, node, 1, in.size());
  const int32_t* strides = per_axis(context, node, 3, in.size());
  if (begin == nullptr || strides == nullptr) return false;
  const size_t skipped = kMaxRank - in.size();
  for (size_t axis = 0; axis < in.size(); ++axis) {
    int64_t first = (params->begin_mask >> axis & 1) != 0 ? 0 : begin[axis];
    if (first < 0) first += in[axis];
    const int64_t stride = strides[axis];
    // The runtime has worked out the output's shape, whatever `end` says; it only has to lie inside the input.
    if (stride < 1 || first < 0 || first + (out[axis] - 1) * stride >= in[axis]) return false;
    op->box.begin[skipped + axis] = static_cast<int>(first);
    op->box.stride[skipped + axis] = static_cast<int>(stride);
  }
  return true;
}

}  // namespace approxlite
