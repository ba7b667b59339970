#include "delegate/read_node.h"

#include "delegate/node_reader.h"

namespace approxlite {
namespace {

struct Kind {
  int builtin;
  OperatorType type;
  bool (*read)(NodeReader&);
};

constexpr Kind kKinds[] = {
    {tflite::kConv2d, OperatorType::kConv2d, read_conv_2d},
    {tflite::kDepthwiseConv2d, OperatorType::kDepthwiseConv2d, read_depthwise_conv_2d},
    {tflite::kFullyConnected, OperatorType::kFullyConnected, read_fully_connected},
    {tflite::kTransposeConv, OperatorType::kTransposeConv, read_transpose_conv},
    {tflite::kBatchMatmul, OperatorType::kBatchMatmul, read_batch_matmul},
    {tflite::kAdd, OperatorType::kAdd, read_binary},
    {tflite::kSub, OperatorType::kSub, read_binary},
    {tflite::kMul, OperatorType::kMul, read_binary},
    {tflite::kDiv, OperatorType::kDiv, read_binary},
    {tflite::kMinimum, OperatorType::kMinimum, read_binary},
    {tflite::kMaximum, OperatorType::kMaximum, read_binary},
    {tflite::kSquaredDifference, OperatorType::kSquaredDifference, read_binary},
    {tflite::kRelu, OperatorType::kRelu, read_unary},
    {tflite::kRelu6, OperatorType::kRelu6, read_unary},
    {tflite::kReluN1To1, OperatorType::kReluN1To1, read_unary},
    {tflite::kAbs, OperatorType::kAbs, read_unary},
    {tflite::kNeg, OperatorType::kNeg, read_unary},
    {tflite::kSqrt, OperatorType::kSqrt, read_unary},
    {tflite::kRsqrt, OperatorType::kRsqrt, read_unary},
    {tflite::kSquare, OperatorType::kSquare, read_unary},
    {tflite::kExp, OperatorType::kExp, read_unary},
    {tflite::kLogistic, OperatorType::kLogistic, read_unary},
    {tflite::kTanh, OperatorType::kTanh, read_unary},
    {tflite::kHardSwish, OperatorType::kHardSwish, read_unary},
    {tflite::kPrelu, OperatorType::kPrelu, read_prelu},
    {tflite::kAveragePool2d, OperatorType::kAveragePool2d, read_pool},
    {tflite::kMaxPool2d, OperatorType::kMaxPool2d, read_pool},
    {tflite::kMean, OperatorType::kMean, read_reduction},
    {tflite::kSum, OperatorType::kSum, read_reduction},
    {tflite::kSoftmax, OperatorType::kSoftmax, read_softmax},
    {tflite::kReshape, OperatorType::kReshape, read_reshape},
    {tflite::kSqueeze, OperatorType::kSqueeze, read_reshape},
    {tflite::kExpandDims, OperatorType::kExpandDims, read_reshape},
    {tflite::kTranspose, OperatorType::kTranspose, read_transpose},
    {tflite::kConcatenation, OperatorType::kConcatenation, read_concatenation},
    {tflite::kPack, OperatorType::kPack, read_concatenation},
    {tflite::kPad, OperatorType::kPad, read_pad},
    {tflite::kPadV2, OperatorType::kPadV2, read_pad},
    {tflite::kMirrorPad, OperatorType::kMirrorPad, read_pad},
    {tflite::kSlice, OperatorType::kSlice, read_slice},
    {tflite::kStridedSlice, OperatorType::kStridedSlice, read_strided_slice},
    {tflite::kSplit, OperatorType::kSplit, read_split},
    {tflite::kSplitV, OperatorType::kSplitV, read_split},
    {tflite::kUnpack, OperatorType::kUnpack, read_split},
    {tflite::kResizeNearestNeighbor, OperatorType::kResizeNearestNeighbor, read_resize},
    {tflite::kResizeBilinear, OperatorType::kResizeBilinear, read_resize},
    {tflite::kDepthToSpace, OperatorType::kDepthToSpace, read_block_move},
    {tflite::kSpaceToDepth, OperatorType::kSpaceToDepth, read_block_move},
    {tflite::kQuantize, OperatorType::kQuantize, read_quantize},
    {tflite::kDequantize, OperatorType::kDequantize, read_quantize},
};

}  // namespace

const char* read_node(const tflite::Context* context, const Constants& constants, const tflite::Node* node,
                      const tflite::Registration* registration, int index, Operator* op, std::vector<int>* through) {
  if (node->inputs == nullptr || node->outputs == nullptr || node->outputs->size < 1) return "it lacks a tensor";
  for (const Kind& kind : kKinds) {
    if (kind.builtin != registration->builtin_code) continue;
    *op = {};
    op->type = kind.type;
    op->index = index;
    op->id = std::string(type_name(op->type)) + "_" + std::to_string(index);
    NodeReader reader = {context, constants, node, op};
    if (!kind.read(reader)) return reader.reason;
    const bool takes_apart =
        op->type == OperatorType::kSplit || op->type == OperatorType::kSplitV || op->type == OperatorType::kUnpack;
    if (op->outputs.size() != 1 && !takes_apart) return "it has several outputs";
    // A constant that is the only activation would be folded by any converter; it is not worth a special case.
    if (op->inputs.size() == 1 && op->inputs[0].constant()) return "it computes a constant";
    *through = std::move(reader.through);
    return nullptr;
  }
  return "it is not among our operators";
}

}  // namespace approxlite
