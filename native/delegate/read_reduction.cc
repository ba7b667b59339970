// Pools, means, sums, softmax, resizes.
#include <algorithm>

#include "delegate/node_reader.h"

namespace approxlite {
namespace {

// Sums of so many bytes stay below 2^24, which floats hold exactly.
constexpr int64_t kMostBytes = 65536;

}  // namespace

bool read_pool(NodeReader& reader) {
  Operator& op = *reader.op;
  if (reader.input_count() != 1 || reader.node->builtin_data == nullptr) return reader.refuse("it has not one input");
  if (!reader.input(0) || !reader.outputs() || !reader.images()) return false;
  if (op.inputs[0].constant()) return reader.refuse("it computes a constant");
  const auto* params = reader.params<tflite::PoolParams>();
  op.window = {.height = params->filter_height,
               .width = params->filter_width,
               .stride_height = params->stride_height,
               .stride_width = params->stride_width};
  if (op.in.channels != op.out.channels || !place_window(params->padding, &op)) {
    return reader.refuse("its window does not fit its shapes");
  }
  if (op.eight_bit() && int64_t{op.window.height} * op.window.width > kMostBytes) {
    return reader.refuse("its window is too large");
  }
  return read_activation(params->activation, &op.range) || reader.refuse("its activation is no clamp");
}

bool read_reduction(NodeReader& reader) {
  Operator& op = *reader.op;
  std::vector<int> axes;
  if (reader.input_count() != 2) return reader.refuse("it has not two inputs");
  if (!reader.input(0) || !reader.outputs() || !reader.integers(1, &axes)) return false;
  if (op.inputs[0].constant()) return reader.refuse("it computes a constant");
  const std::vector<int>& dims = op.inputs[0].dims;
  const int rank = static_cast<int>(dims.size());
  for (int& axis : axes) {
    if (axis < -rank || axis >= rank) return reader.refuse("an axis is out of range");
    axis += axis < 0 ? rank : 0;
  }
  std::sort(axes.begin(), axes.end());
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  int64_t kept = 1;
  for (int axis = 0; axis < rank; ++axis) {
    if (!std::binary_search(axes.begin(), axes.end(), axis)) kept *= dims[static_cast<size_t>(axis)];
  }
  if (axes.empty() || elements(op.outputs[0].dims) != kept) return reader.refuse("its shapes do not fit each other");
  op.axes = axes;
  // A mean over rows and columns is an average pool over the whole image.
  if (op.type == OperatorType::kMean && rank == 4 && dims[0] == 1 && axes == std::vector<int>{1, 2}) {
    if (op.inputs[0].eight_bit() && int64_t{dims[1]} * dims[2] > kMostBytes) {
      return reader.refuse("its window is too large");
    }
    op.axes.clear();
    op.in = {dims[1], dims[2], dims[3]};
    op.out = {1, 1, dims[3]};
    op.window = {.height = dims[1], .width = dims[2]};
  }
  return true;
}

bool read_softmax(NodeReader& reader) {
  Operator& op = *reader.op;
  if (reader.input_count() != 1 || reader.node->builtin_data == nullptr) return reader.refuse("it has not one input");
  if (!reader.input(0) || !reader.outputs()) return false;
  if (op.inputs[0].constant() || op.inputs[0].dims != op.outputs[0].dims) {
    return reader.refuse("its shapes do not fit each other");
  }
  op.beta = reader.params<tflite::SoftmaxParams>()->beta;
  return true;
}

bool read_resize(NodeReader& reader) {
  Operator& op = *reader.op;
  std::vector<int> size;
  if (reader.input_count() != 2 || reader.node->builtin_data == nullptr) return reader.refuse("it has not two inputs");
  if (!reader.input(0) || !reader.outputs() || !reader.images() || !reader.integers(1, &size)) return false;
  if (op.inputs[0].constant() || op.in.channels != op.out.channels || size.size() != 2 || size[0] != op.out.height ||
      size[1] != op.out.width) {
    return reader.refuse("its shapes do not fit each other");
  }
  const auto* params = reader.params<tflite::ResizeParams>();
  op.align_corners = params->align_corners;
  op.half_pixel_centers = params->half_pixel_centers;
  if (op.align_corners && op.half_pixel_centers) return reader.refuse("it aligns corners and centers at once");
  return true;
}

}  // namespace approxlite
