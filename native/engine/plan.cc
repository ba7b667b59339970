#include "engine/plan.h"

namespace approxlite {

std::unique_ptr<Plan> make_plan(const PlanContext& context, const Knob& knob, std::optional<InputScale> scale) {
  switch (context.op.type) {
    case OperatorType::kConv2d:
    case OperatorType::kFullyConnected:
      return knob.int8 ? make_conv_int8_plan(context, knob, scale) : make_conv_float_plan(context, knob);
    case OperatorType::kDepthwiseConv2d: return make_depthwise_plan(context, knob);
    default: return make_simple_plan(context);
  }
}

}  // namespace approxlite
