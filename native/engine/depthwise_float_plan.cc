// Depthwise convolution in float, with row perforation.
#include "engine/depthwise_rows.h"

namespace approxlite {
namespace {

class DepthwiseFloatPlan final : public Plan {
 public:
  DepthwiseFloatPlan(const PlanContext& context, const PlanChoice& choice)
      : op_(context.op),
        kernels_(context.kernels),
        perforation_(context.op.out, choice.knob, rows_of(choice.demand)),
        grain_(rows_worth_sharing(context.op)),
        call_(depthwise_call<DepthwiseFloat>(context.op)) {
    call_.packed = context.weights->depthwise_float().data();
    call_.low = op_.range.low;
    call_.high = op_.range.high;
  }

  void bind(const Addresses& addresses, uint8_t*) override {
    call_.input = static_cast<const float*>(addresses[static_cast<size_t>(op_.inputs[0].number)]);
    call_.output = static_cast<float*>(addresses[static_cast<size_t>(op_.outputs[0].number)]);
  }

  void run(ThreadPool& pool) override {
    run_rows(call_, kernels_.depthwise_float, perforation_, grain_, pool);
    perforation_.fill(kernels_, pool, call_.output);
  }

  size_t bytes() const override { return perforation_.bytes(); }

 private:
  const Operator& op_;
  const KernelTable& kernels_;
  const Perforation perforation_;
  const int grain_;
  DepthwiseFloat call_;
};

}  // namespace

std::unique_ptr<Plan> make_depthwise_float_plan(const PlanContext& context, const PlanChoice& choice) {
  return std::make_unique<DepthwiseFloatPlan>(context, choice);
}

}  // namespace approxlite
