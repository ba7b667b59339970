// Convolution and fully connected in float, with perforation and sampling.
#include <cstring>

#include "engine/indirection.h"
#include "engine/perforation.h"
#include "engine/plan.h"
#include "engine/sampling.h"

namespace approxlite {
namespace {

class ConvFloatPlan final : public Plan {
 public:
  ConvFloatPlan(const PlanContext& context, const Knob& knob)
      : op_(context.op),
        kernels_(context.kernels),
        reading_(conv_reading(context.op)),
        perforation_(context.op.out, knob),
        sampling_(knob.sample, reading_.taps, reading_.run),
        indirection_(context.op, reading_, perforation_.pixel_offsets(), sizeof(float) * context.op.in.channels),
        padding_(sizeof(float) * static_cast<size_t>(reading_.run)),
        copy_(reading_.folded ? reinterpret_cast<float*>(context.scratch) : nullptr) {
    call_ = {
        .rows = reinterpret_cast<const float* const*>(indirection_.rows()),
        .row_stride = indirection_.row_stride(),
        .taps = reading_.taps,
        .channels = reading_.run,
        .pixels = static_cast<int>(perforation_.pixel_offsets().size()),
        .output_offsets = perforation_.pixel_offsets().data(),
        .packed = context.weights->float_pack().data(),
        .k_list = sampling_.list(),
        .rescale = sampling_.rescale(),
        .output_channels = op_.out.channels,
        .low = op_.range.low,
        .high = op_.range.high,
        .output = nullptr,
    };
  }

  void bind(const Addresses& addresses) override {
    input_ = addresses[static_cast<size_t>(op_.inputs[0])];
    call_.output = addresses[static_cast<size_t>(op_.output)];
    indirection_.bind(reading_.folded ? copy_ : input_, padding_.data());
  }

  void run() override {
    if (reading_.folded) copy_with_padding();
    kernels_.conv_float(call_);
    perforation_.fill(kernels_, call_.output);
  }

  size_t bytes() const override {
    return perforation_.bytes() + sampling_.bytes() + indirection_.bytes() + padding_.bytes();
  }

 private:
  void copy_with_padding() {
    const size_t row = static_cast<size_t>(op_.in.width) * op_.in.channels;
    const size_t padded_row = static_cast<size_t>(reading_.padded_width) * op_.in.channels;
    const size_t left = static_cast<size_t>(op_.window.pad_left) * op_.in.channels;
    for (int y = 0; y < reading_.padded_height; ++y) {
      float* target = copy_ + static_cast<size_t>(y) * padded_row;
      const int source = y - op_.window.pad_top;
      if (source < 0 || source >= op_.in.height) {
        std::memset(target, 0, sizeof(float) * padded_row);
        continue;
      }
      std::memset(target, 0, sizeof(float) * left);
      std::memcpy(target + left, input_ + static_cast<size_t>(source) * row, sizeof(float) * row);
      std::memset(target + left + row, 0, sizeof(float) * (padded_row - left - row));
    }
  }

  const Operator& op_;
  const KernelTable& kernels_;
  const ConvReading reading_;
  const Perforation perforation_;
  const Sampling sampling_;
  Indirection indirection_;
  const Buffer padding_;
  float* const copy_;
  const float* input_ = nullptr;
  ConvFloat call_;
};

}  // namespace

std::unique_ptr<Plan> make_conv_float_plan(const PlanContext& context, const Knob& knob) {
  return std::make_unique<ConvFloatPlan>(context, knob);
}

}  // namespace approxlite
