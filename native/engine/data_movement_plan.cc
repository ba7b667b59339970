// Reshapes, and which plan the other operators that only move data have.
#include "engine/data_movement.h"

namespace approxlite {
namespace {

// A reshape is a copy, or nothing where input and output lie at the same place.
class CopyPlan final : public Plan {
 public:
  CopyPlan(const PlanContext& context, const PlanChoice& choice)
      : op_(context.op), arrival_(context.kernels, choice.inputs[0], choice.output) {}

  void bind(const Addresses& addresses, uint8_t*) override {
    x_ = address_of<const uint8_t>(op_.inputs[0], addresses);
    y_ = address_of<uint8_t>(op_.outputs[0], addresses);
  }

  void run(ThreadPool& pool) override {
    if (x_ == y_ && !arrival_.regrids()) return;
    const size_t bytes = op_.outputs[0].size() * arrival_.element_bytes();
    split_elements(pool, bytes, [&](size_t first, size_t count) { arrival_.copy(x_ + first, count, y_ + first); });
  }

 private:
  const Operator& op_;
  Arrival arrival_;
  const uint8_t* x_ = nullptr;
  uint8_t* y_ = nullptr;
};

bool mixed(const PlanChoice& choice) {
  for (const Form& form : choice.inputs) {
    if (form.bytes != choice.output.bytes) return true;
  }
  return false;
}

}  // namespace

std::unique_ptr<Plan> make_data_movement_plan(const PlanContext& context, const PlanChoice& choice) {
  if (mixed(choice)) return make_via_float_plan(context, choice);
  switch (context.op.type) {
    case OperatorType::kConcatenation:
    case OperatorType::kPack: return make_join_plan(context, choice);
    case OperatorType::kSplit:
    case OperatorType::kSplitV:
    case OperatorType::kUnpack: return make_split_plan(context, choice);
    case OperatorType::kPad:
    case OperatorType::kPadV2:
    case OperatorType::kMirrorPad:
    case OperatorType::kSlice:
    case OperatorType::kStridedSlice: return make_box_plan(context, choice);
    case OperatorType::kTranspose:
    case OperatorType::kDepthToSpace:
    case OperatorType::kSpaceToDepth: return make_transpose_plan(context, choice);
    default: return std::make_unique<CopyPlan>(context, choice);
  }
}

}  // namespace approxlite
