// Depthwise convolution on bytes, with row perforation: in 8-bit models, and with the int8 knob.
#include "engine/byte_input.h"
#include "engine/depthwise_rows.h"
#include "engine/int8_steps.h"

namespace approxlite {
namespace {

// Kernels read arrays over channels in whole vectors.
size_t padded_channels(const Operator& op) { return (static_cast<size_t>(op.out.channels) + 63) / 64 * 64; }

ConvReading plain_reading() { return {.folded = false, .taps = 1, .run = 1, .padded_height = 0, .padded_width = 0}; }

class DepthwiseInt8Plan final : public Plan {
 public:
  DepthwiseInt8Plan(const PlanContext& context, const PlanChoice& choice)
      : op_(context.op),
        kernels_(context.kernels),
        output_(choice.output),
        weights_(context.weights->depthwise_int8()),
        perforation_(context.op.out, choice.knob, rows_of(choice.demand)),
        grain_(rows_worth_sharing(context.op)),
        input_(context.op, plain_reading(), choice.inputs[0], context.kernels),
        dynamic_(!choice.inputs[0].bytes && !choice.scale.has_value()),
        start_(padded_channels(context.op), 0),
        scale_(padded_channels(context.op), 0),
        bias_(padded_channels(context.op), 0),
        call_(depthwise_call<DepthwiseInt8>(context.op)) {
    call_.packed = weights_.packed.data();
    call_.start = start_.data();
    call_.scale = scale_.data();
    call_.bias = bias_.data();
    call_.output_bytes = output_.bytes;
    call_.output_zero_point = output_.bytes ? output_.grid.zero_point : 0;
    const Range range = range_from_zero_point(op_.range, output_);
    call_.low = range.low;
    call_.high = range.high;
    if (!dynamic_) set_input_grid(choice.inputs[0].bytes ? choice.inputs[0].grid : *choice.scale);
  }

  size_t scratch_bytes() const override { return input_.scratch_bytes(); }

  void bind(const Addresses& addresses, uint8_t* scratch) override {
    input_.bind(addresses[static_cast<size_t>(op_.inputs[0].number)], scratch);
    call_.input = static_cast<const uint8_t*>(input_.windows(perforation_.grid()).input);
    call_.output = addresses[static_cast<size_t>(op_.outputs[0].number)];
  }

  void run(ThreadPool& pool) override {
    if (dynamic_) set_input_grid(input_.covering_grid(pool));
    input_.read(pool);
    run_rows(call_, kernels_.depthwise_int8, perforation_, grain_, pool);
    if (output_.bytes) {
      perforation_.fill(kernels_, pool, static_cast<uint8_t*>(call_.output));
    } else {
      perforation_.fill(kernels_, pool, static_cast<float*>(call_.output));
    }
  }

  size_t bytes() const override {
    return perforation_.bytes() + input_.bytes() + (sizeof(int32_t) + 2 * sizeof(float)) * start_.size();
  }

 private:
  void set_input_grid(const Grid& grid) {
    input_.set_grid(grid);
    call_.zero_point = grid.zero_point;
    const double step = output_.bytes ? output_.grid.scale : 1.0;
    for (size_t c = 0; c < static_cast<size_t>(op_.out.channels); ++c) {
      double bias = op_.weights.bias != nullptr ? op_.weights.bias[c] : 0.0;
      if (op_.weights.integer_bias != nullptr) {
        const int32_t integer = op_.weights.integer_bias[c];
        // Sums are exact below 2^24 only; no real model comes near.
        constexpr int32_t kMostExact = 1 << 23;
        const bool exact = integer > -kMostExact && integer < kMostExact;
        start_[c] = exact ? integer : 0;
        if (!exact) bias += double{grid.scale} * weights_.scales[c] * integer;
      }
      scale_[c] = scale_in_steps(grid.scale, weights_.scales[c], output_);
      bias_[c] = static_cast<float>(bias / step);
    }
  }

  const Operator& op_;
  const KernelTable& kernels_;
  const Form output_;
  const DepthwiseInt8Weights& weights_;
  const Perforation perforation_;
  const int grain_;
  ByteInput input_;
  const bool dynamic_;
  std::vector<int32_t> start_;
  std::vector<float> scale_, bias_;
  DepthwiseInt8 call_;
};

}  // namespace

std::unique_ptr<Plan> make_depthwise_int8_plan(const PlanContext& context, const PlanChoice& choice) {
  return std::make_unique<DepthwiseInt8Plan>(context, choice);
}

}  // namespace approxlite
