// Pads and slices: a box of one tensor becomes another.
#include <algorithm>
#include <cmath>

#include "delegate/node_reader.h"

namespace approxlite {
namespace {

// Reads the input, the output and both shapes into the last axes of the box, 1 before them.
bool read_box(NodeReader& reader, const std::vector<int>& target) {
  Operator& op = *reader.op;
  const std::vector<int>& in = op.inputs[0].dims;
  if (op.inputs[0].constant()) return reader.refuse("it computes a constant");
  if (in.size() != target.size() || elements(target) != elements(op.outputs[0].dims)) {
    return reader.refuse("its shapes do not fit each other");
  }
  if (op.inputs[0].eight_bit() && !(op.inputs[0].grid == op.outputs[0].grid)) {
    return reader.refuse("it changes the scale of its input");
  }
  const size_t skipped = kMaxRank - in.size();
  std::copy(in.begin(), in.end(), op.box.source_dims + skipped);
  std::copy(target.begin(), target.end(), op.box.target_dims + skipped);
  return true;
}

// What a pad fills with, as a real number.
bool read_fill(NodeReader& reader) {
  Operator& op = *reader.op;
  if (reader.input_count() < 3) return true;
  Constant fill;
  if (!reader.constants.find(reader.input_number(2), &fill) || fill.size() != 1) {
    return reader.refuse("what it fills with is no constant");
  }
  std::vector<float> value;
  if (!fill.floats(&value)) return reader.refuse("what it fills with has no usable scale");
  op.box.fill = value[0];
  return true;
}

}  // namespace

bool read_pad(NodeReader& reader) {
  Operator& op = *reader.op;
  std::vector<int> paddings;
  if (reader.input_count() < 2 || reader.input_count() > 3) return reader.refuse("it lacks an input");
  if (!reader.input(0) || !reader.outputs() || !reader.integers(1, &paddings)) return false;
  if (!read_box(reader, op.outputs[0].dims) || !read_fill(reader)) return false;
  const std::vector<int>&in = op.inputs[0].dims, &out = op.outputs[0].dims;
  if (paddings.size() != 2 * in.size()) return reader.refuse("its paddings do not fit its shapes");
  int reach = 0;  // how far a mirror shows
  if (op.type == OperatorType::kMirrorPad) {
    if (reader.node->builtin_data == nullptr) return reader.refuse("it lacks its attributes");
    const tflite::MirrorMode mode = reader.params<tflite::MirrorPadParams>()->mode;
    if (mode != tflite::kMirrorReflect && mode != tflite::kMirrorSymmetric) return reader.refuse("its mode is unknown");
    op.box.outside = mode == tflite::kMirrorReflect ? BoxCopy::Outside::kReflect : BoxCopy::Outside::kSymmetric;
    reach = mode == tflite::kMirrorReflect ? 1 : 0;
  }
  const size_t skipped = kMaxRank - in.size();
  for (size_t axis = 0; axis < in.size(); ++axis) {
    const int64_t before = paddings[2 * axis], after = paddings[2 * axis + 1];
    if (before < 0 || after < 0 || before + in[axis] + after != out[axis] ||
        (op.type == OperatorType::kMirrorPad && std::max(before, after) > in[axis] - reach)) {
      return reader.refuse("its paddings do not fit its shapes");
    }
    op.box.begin[skipped + axis] = -static_cast<int>(before);
  }
  return true;
}

bool read_slice(NodeReader& reader) {
  Operator& op = *reader.op;
  std::vector<int> begin, size;
  if (reader.input_count() != 3) return reader.refuse("it lacks an input");
  if (!reader.input(0) || !reader.outputs() || !reader.integers(1, &begin) || !reader.integers(2, &size)) return false;
  if (!read_box(reader, op.outputs[0].dims)) return false;
  const std::vector<int>&in = op.inputs[0].dims, &out = op.outputs[0].dims;
  if (begin.size() != in.size() || size.size() != in.size()) return reader.refuse("its shapes do not fit each other");
  const size_t skipped = kMaxRank - in.size();
  for (size_t axis = 0; axis < in.size(); ++axis) {
    if (begin[axis] < 0 || int64_t{begin[axis]} + out[axis] > in[axis]) {
      return reader.refuse("it reaches past its input");
    }
    op.box.begin[skipped + axis] = begin[axis];
  }
  return true;
}

bool read_strided_slice(NodeReader& reader) {
  Operator& op = *reader.op;
  std::vector<int> begin, strides;
  if (reader.input_count() != 4 || reader.node->builtin_data == nullptr) return reader.refuse("it lacks an input");
  if (!reader.input(0) || !reader.outputs() || !reader.integers(1, &begin) || !reader.integers(3, &strides))
    return false;
  const auto* params = reader.params<tflite::StridedSliceParams>();
  if (params->ellipsis_mask != 0 || params->new_axis_mask != 0) return reader.refuse("it adds dimensions");
  const std::vector<int>& in = op.inputs[0].dims;
  if (begin.size() != in.size() || strides.size() != in.size()) {
    return reader.refuse("its shapes do not fit each other");
  }
  const auto shrinks = [&](size_t axis) { return (params->shrink_axis_mask >> axis & 1) != 0; };
  // The output's shape, with the axes that were taken away.
  std::vector<int> target;
  size_t next = 0;
  const std::vector<int>& out = op.outputs[0].dims;
  for (size_t axis = 0; axis < in.size(); ++axis) {
    if (shrinks(axis)) {
      target.push_back(1);
    } else if (next < out.size()) {
      target.push_back(out[next++]);
    } else {
      return reader.refuse("its shapes do not fit each other");
    }
  }
  if (!read_box(reader, target)) return false;
  const size_t skipped = kMaxRank - in.size();
  for (size_t axis = 0; axis < in.size(); ++axis) {
    int64_t first = (params->begin_mask >> axis & 1) != 0 ? 0 : begin[axis];
    if (first < 0) first += in[axis];
    const int64_t stride = shrinks(axis) ? 1 : strides[axis];
    // The runtime has worked out the output's shape, whatever `end` says; it only has to lie inside the input.
    if (stride < 1 || first < 0 || first + (target[axis] - 1) * stride >= in[axis]) {
      return reader.refuse("it steps backwards or past its input");
    }
    op.box.begin[skipped + axis] = static_cast<int>(first);
    op.box.stride[skipped + axis] = static_cast<int>(stride);
  }
  return true;
}

}  // namespace approxlite
