#include "engine/plan.h"

namespace approxlite {
namespace {

bool any_bytes(const PlanChoice& choice) {
  for (const Form& form : choice.inputs) {
    if (form.bytes) return true;
  }
  return choice.output.bytes;
}

}  // namespace

std::unique_ptr<Plan> make_plan(const PlanContext& context, const PlanChoice& choice) {
  const bool int8 = choice.knob.int8 || any_bytes(choice);
  switch (context.op.type) {
    case OperatorType::kConv2d:
    case OperatorType::kFullyConnected:
      if (!choice.knob.rank.whole()) return make_rank_plan(context, choice);
      return int8 ? make_conv_int8_plan(context, choice) : make_conv_float_plan(context, choice);
    case OperatorType::kDepthwiseConv2d:
      return int8 ? make_depthwise_int8_plan(context, choice) : make_depthwise_float_plan(context, choice);
    case OperatorType::kTransposeConv:
      return int8 ? make_via_float_plan(context, choice) : make_transpose_conv_plan(context, choice);
    case OperatorType::kBatchMatmul:
      return int8 ? make_via_float_plan(context, choice) : make_batch_matmul_plan(context, choice);
    case OperatorType::kAdd:
    case OperatorType::kSub:
    case OperatorType::kMul:
    case OperatorType::kDiv:
    case OperatorType::kMinimum:
    case OperatorType::kMaximum:
    case OperatorType::kSquaredDifference: return make_binary_plan(context, choice);
    case OperatorType::kRelu:
    case OperatorType::kRelu6:
    case OperatorType::kReluN1To1:
    case OperatorType::kAbs:
    case OperatorType::kNeg:
    case OperatorType::kSqrt:
    case OperatorType::kRsqrt:
    case OperatorType::kSquare:
    case OperatorType::kExp:
    case OperatorType::kLogistic:
    case OperatorType::kTanh:
    case OperatorType::kHardSwish:
    case OperatorType::kPrelu: return make_unary_plan(context, choice);
    case OperatorType::kAveragePool2d:
    case OperatorType::kMaxPool2d: return make_pool_plan(context, choice);
    case OperatorType::kMean:
      return context.op.axes.empty() ? make_pool_plan(context, choice) : make_reduction_plan(context, choice);
    case OperatorType::kSum: return make_reduction_plan(context, choice);
    case OperatorType::kSoftmax: return make_softmax_plan(context, choice);
    case OperatorType::kResizeNearestNeighbor:
    case OperatorType::kResizeBilinear: return make_resize_plan(context, choice);
    case OperatorType::kQuantize:
    case OperatorType::kDequantize: return make_type_plan(context, choice);
    default: return make_data_movement_plan(context, choice);
  }
}

}  // namespace approxlite
