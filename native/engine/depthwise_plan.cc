// Depthwise convolution in float, with row perforation.
#include "engine/perforation.h"
#include "engine/plan.h"

namespace approxlite {
namespace {

class DepthwisePlan final : public Plan {
 public:
  DepthwisePlan(const PlanContext& context, const Knob& knob)
      : op_(context.op), kernels_(context.kernels), perforation_(context.op.out, knob) {
    const WeightSource& source = op_.weights;
    packed_ = Buffer(kernels_.depthwise_float_packed_bytes(source.rows, source.columns));
    const std::vector<float> values = source.floats(true);
    kernels_.depthwise_float_pack(values.data(), source.bias, source.rows, source.columns, packed_.data());
    const Window& window = op_.window;
    call_ = {
        .input = nullptr,
        .height = op_.in.height,
        .width = op_.in.width,
        .channels = op_.in.channels,
        .kernel_height = window.height,
        .kernel_width = window.width,
        .stride_height = window.stride_height,
        .stride_width = window.stride_width,
        .dilation_height = window.dilation_height,
        .dilation_width = window.dilation_width,
        .pad_top = window.pad_top,
        .pad_left = window.pad_left,
        .output_width = op_.out.width,
        .output_rows = perforation_.rows().data(),
        .row_count = static_cast<int>(perforation_.rows().size()),
        .packed = packed_.data(),
        .low = op_.range.low,
        .high = op_.range.high,
        .output = nullptr,
    };
  }

  void bind(const Addresses& addresses) override {
    call_.input = addresses[static_cast<size_t>(op_.inputs[0])];
    call_.output = addresses[static_cast<size_t>(op_.output)];
  }

  void run() override {
    kernels_.depthwise_float(call_);
    perforation_.fill(kernels_, call_.output);
  }

  size_t bytes() const override { return packed_.bytes() + perforation_.bytes(); }

 private:
  const Operator& op_;
  const KernelTable& kernels_;
  const Perforation perforation_;
  Buffer packed_;
  DepthwiseFloat call_;
};

}  // namespace

std::unique_ptr<Plan> make_depthwise_plan(const PlanContext& context, const Knob& knob) {
  return std::make_unique<DepthwisePlan>(context, knob);
}

}  // namespace approxlite
