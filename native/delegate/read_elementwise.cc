// Operators of one or two operands, element by element.
#include <algorithm>

#include "delegate/node_reader.h"

namespace approxlite {
namespace {

// Dimensions from the right, 1 past the left end.
int from_right(const std::vector<int>& dims, size_t i) { return i < dims.size() ? dims[dims.size() - 1 - i] : 1; }

bool broadcasts(const std::vector<int>& a, const std::vector<int>& b, const std::vector<int>& out) {
  for (size_t i = 0; i < std::max({a.size(), b.size(), out.size()}); ++i) {
    const int x = from_right(a, i), y = from_right(b, i), z = from_right(out, i);
    if ((x != z && x != 1) || (y != z && y != 1) || std::max(x, y) != z) return false;
  }
  return true;
}

}  // namespace

bool read_binary(NodeReader& reader) {
  Operator& op = *reader.op;
  if (reader.input_count() != 2) return reader.refuse("it has not two inputs");
  if (!reader.input(0) || !reader.input(1) || !reader.outputs()) return false;
  if (op.inputs[1].type != op.inputs[0].type) return reader.refuse("its tensors differ in type");
  if (op.inputs[0].constant() && op.inputs[1].constant()) return reader.refuse("it computes a constant");
  if (!broadcasts(op.inputs[0].dims, op.inputs[1].dims, op.outputs[0].dims)) {
    return reader.refuse("its shapes do not fit each other");
  }
  const bool fuses = op.type == OperatorType::kAdd || op.type == OperatorType::kSub || op.type == OperatorType::kMul ||
                     op.type == OperatorType::kDiv;
  if (!fuses) return true;
  if (reader.node->builtin_data == nullptr) return reader.refuse("it lacks its attributes");
  return read_activation(reader.params<tflite::ElementwiseParams>()->activation, &op.range) ||
         reader.refuse("its activation is no clamp");
}

bool read_unary(NodeReader& reader) {
  Operator& op = *reader.op;
  if (reader.input_count() != 1) return reader.refuse("it has not one input");
  if (!reader.input(0) || !reader.outputs()) return false;
  if (op.inputs[0].constant()) return reader.refuse("it computes a constant");
  if (elements(op.inputs[0].dims) != elements(op.outputs[0].dims)) {
    return reader.refuse("its shapes do not fit each other");
  }
  switch (op.type) {
    case OperatorType::kRelu: op.range = {.low = 0}; break;
    case OperatorType::kRelu6: op.range = {.low = 0, .high = 6}; break;
    case OperatorType::kReluN1To1: op.range = {.low = -1, .high = 1}; break;
    default: break;
  }
  return true;
}

bool read_prelu(NodeReader& reader) {
  Operator& op = *reader.op;
  if (reader.input_count() != 2) return reader.refuse("it has not two inputs");
  if (!reader.input(0) || !reader.outputs()) return false;
  if (op.inputs[0].constant() || op.inputs[0].dims != op.outputs[0].dims) {
    return reader.refuse("its shapes do not fit each other");
  }
  Constant slope;
  if (!reader.constants.find(reader.input_number(1), &slope) || !slope.floats(&op.slope)) {
    return reader.refuse("its slopes are no constant");
  }
  reader.through.insert(reader.through.end(), slope.through.begin(), slope.through.end());
  const size_t channels = static_cast<size_t>(op.inputs[0].dims.back());
  if (op.slope.size() == 1) op.slope.assign(channels, op.slope[0]);
  const bool per_channel = slope.dims.back() == static_cast<int>(channels) || slope.size() == 1;
  return (op.slope.size() == channels && per_channel) || reader.refuse("its slopes are not one per channel");
}

}  // namespace approxlite
