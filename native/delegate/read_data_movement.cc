// Operators that only move data, other than boxes (read_box.cc), and those that only change its type.
#include <algorithm>

#include "delegate/node_reader.h"

namespace approxlite {
namespace {

bool same_grid(const TensorSpec& a, const TensorSpec& b) { return !a.eight_bit() || a.grid == b.grid; }

// One tensor in, all outputs of its type.
bool read_one(NodeReader& reader, int input) {
  if (!reader.input(input) || !reader.outputs()) return false;
  return !reader.op->inputs[0].constant() || reader.refuse("it computes a constant");
}

// Whether dims are those of `whole` but along `axis`.
bool alike_but(const std::vector<int>& dims, const std::vector<int>& whole, int axis) {
  if (dims.size() != whole.size()) return false;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (static_cast<int>(i) != axis && dims[i] != whole[i]) return false;
  }
  return true;
}

}  // namespace

bool read_reshape(NodeReader& reader) {
  if (reader.input_count() < 1) return reader.refuse("it lacks an input");
  if (!read_one(reader, 0)) return false;
  const Operator& op = *reader.op;
  return (elements(op.inputs[0].dims) == elements(op.outputs[0].dims) && same_grid(op.inputs[0], op.outputs[0])) ||
         reader.refuse("its shapes do not fit each other");
}

bool read_transpose(NodeReader& reader) {
  Operator& op = *reader.op;
  if (reader.input_count() != 2) return reader.refuse("it has not two inputs");
  if (!read_one(reader, 0) || !reader.integers(1, &op.permutation)) return false;
  const std::vector<int>&in = op.inputs[0].dims, &out = op.outputs[0].dims;
  if (op.permutation.size() != in.size() || out.size() != in.size()) {
    return reader.refuse("its shapes do not fit each other");
  }
  std::vector<bool> seen(in.size(), false);
  for (size_t i = 0; i < in.size(); ++i) {
    int& axis = op.permutation[i];
    axis += axis < 0 ? static_cast<int>(in.size()) : 0;
    if (axis < 0 || axis >= static_cast<int>(in.size()) || seen[static_cast<size_t>(axis)] ||
        out[i] != in[static_cast<size_t>(axis)]) {
      return reader.refuse("its permutation does not fit its shapes");
    }
    seen[static_cast<size_t>(axis)] = true;
  }
  return true;
}

// Concatenation and pack.
bool read_concatenation(NodeReader& reader) {
  Operator& op = *reader.op;
  constexpr int kMostInputs = 256;
  const bool packs = op.type == OperatorType::kPack;
  if (reader.input_count() < 1 || reader.input_count() > kMostInputs || reader.node->builtin_data == nullptr) {
    return reader.refuse("it has no inputs or too many");
  }
  bool all_constant = true;
  for (int i = 0; i < reader.input_count(); ++i) {
    if (!reader.input(i)) return false;
    all_constant = all_constant && op.inputs.back().constant();
    if (op.inputs.back().type != op.inputs[0].type) return reader.refuse("its tensors differ in type");
  }
  if (!reader.outputs() || all_constant) return reader.refuse("it computes a constant");
  const std::vector<int>& out = op.outputs[0].dims;
  const int rank = static_cast<int>(out.size());
  int axis = packs ? reader.params<tflite::PackParams>()->axis : reader.params<tflite::ConcatenationParams>()->axis;
  if (!packs && reader.params<tflite::ConcatenationParams>()->activation != tflite::kActNone) {
    return reader.refuse("its activation is no clamp");
  }
  axis += axis < 0 ? rank : 0;
  if (axis < 0 || axis >= rank) return reader.refuse("an axis is out of range");
  op.axis = axis;
  int64_t length = 0;
  for (const TensorSpec& spec : op.inputs) {
    std::vector<int> dims = spec.dims;
    if (packs && static_cast<int>(dims.size()) == rank - 1) dims.insert(dims.begin() + axis, 1);
    if (packs && rank == 1 && elements(dims) == 1) dims = {1};
    if (!alike_but(dims, out, axis)) return reader.refuse("its shapes do not fit each other");
    length += dims[static_cast<size_t>(axis)];
  }
  return length == out[static_cast<size_t>(axis)] || reader.refuse("its shapes do not fit each other");
}

// Split, split_v and unpack.
bool read_split(NodeReader& reader) {
  Operator& op = *reader.op;
  const bool unpacks = op.type == OperatorType::kUnpack, first_is_axis = op.type == OperatorType::kSplit;
  const int expected = unpacks ? 1 : first_is_axis ? 2 : 3;
  if (reader.input_count() != expected) return reader.refuse("it lacks an input");
  if (!read_one(reader, first_is_axis ? 1 : 0)) return false;
  const std::vector<int>& in = op.inputs[0].dims;
  std::vector<int> axes = {0};
  if (unpacks) {
    if (reader.node->builtin_data == nullptr) return reader.refuse("it lacks its attributes");
    axes[0] = reader.params<tflite::UnpackParams>()->axis;
  } else if (!reader.integers(first_is_axis ? 0 : 2, &axes)) {
    return false;
  }
  const int rank = static_cast<int>(in.size());
  if (axes.size() != 1 || axes[0] < -rank || axes[0] >= rank) return reader.refuse("an axis is out of range");
  op.axis = axes[0] + (axes[0] < 0 ? rank : 0);
  int64_t length = 0;
  for (const TensorSpec& spec : op.outputs) {
    std::vector<int> dims = spec.dims;
    if (unpacks && static_cast<int>(dims.size()) == rank - 1) dims.insert(dims.begin() + op.axis, 1);
    if (!alike_but(dims, in, op.axis) || !same_grid(spec, op.inputs[0])) {
      return reader.refuse("its shapes do not fit each other");
    }
    length += dims[static_cast<size_t>(op.axis)];
  }
  return length == in[static_cast<size_t>(op.axis)] || reader.refuse("its shapes do not fit each other");
}

// Depth to space and space to depth.
bool read_block_move(NodeReader& reader) {
  Operator& op = *reader.op;
  if (reader.input_count() != 1 || reader.node->builtin_data == nullptr) return reader.refuse("it has not one input");
  if (!read_one(reader, 0) || !reader.images()) return false;
  const int64_t block = reader.params<tflite::BlockParams>()->block;
  const bool to_space = op.type == OperatorType::kDepthToSpace;
  const Shape &wide = to_space ? op.out : op.in, &deep = to_space ? op.in : op.out;
  if (block < 1 || block > 1024 || deep.height * block != wide.height || deep.width * block != wide.width ||
      wide.channels * block * block != deep.channels) {
    return reader.refuse("its shapes do not fit each other");
  }
  op.block = static_cast<int>(block);
  return true;
}

bool read_quantize(NodeReader& reader) {
  Operator& op = *reader.op;
  if (reader.input_count() != 1) return reader.refuse("it has not one input");
  if (!reader.input(0) || !reader.outputs(false)) return false;
  if (op.inputs[0].constant()) return reader.refuse("it computes a constant");
  const bool quantizes = op.type == OperatorType::kQuantize;
  if (op.outputs.size() != 1 || elements(op.inputs[0].dims) != elements(op.outputs[0].dims) ||
      op.outputs[0].eight_bit() != quantizes || (!quantizes && !op.inputs[0].eight_bit())) {
    return reader.refuse("its types do not fit each other");
  }
  return true;
}

}  // namespace approxlite
