// Convolution and fully connected on bytes: in 8-bit models, and with the int8 knob, which puts a float input on a
// grid, calibrated or its own.
#include <algorithm>
#include <cmath>

#include "engine/byte_input.h"
#include "engine/conv_sharing.h"
#include "engine/int8_steps.h"
#include "engine/own_weights.h"
#include "engine/perforation.h"
#include "engine/plan.h"
#include "engine/sampling.h"

namespace approxlite {
namespace {

// Up to this many channels the taps of a filter's row are read as one run: from a copy that quantisation writes anyway,
// or from one made for it, which pays only where most of it is read three times and more.
constexpr int kMostFoldedFloats = 32, kMostFoldedBytes = 24;

// `reading`, folded also where groups of four do not straddle taps: weights and sampled groups stay what they are.
ConvReading fold_more(const Operator& op, ConvReading reading, const PlanChoice& choice) {
  const Window& window = op.window;
  const bool bytes = choice.inputs[0].bytes;
  if (reading.folded || window.width == 1 || window.dilation_width != 1 || !choice.knob.inputs.whole()) return reading;
  if (op.in.channels % 4 != 0 || op.in.channels > (bytes ? kMostFoldedBytes : kMostFoldedFloats)) return reading;
  if (bytes && (window.stride_height > 1 || window.stride_width > 1 || choice.knob.perforated())) return reading;
  reading.folded = true;
  reading.taps = window.height;
  reading.run = window.width * op.in.channels;
  return reading;
}

double step_of(const Form& form) { return form.bytes ? form.grid.scale : 1.0; }
int32_t zero_point_of(const Form& form) { return form.bytes ? form.grid.zero_point : 0; }

class ConvInt8Plan final : public Plan {
 public:
  ConvInt8Plan(const PlanContext& context, const PlanChoice& choice)
      : op_(context.op),
        addition_(choice.add ? context.addition : nullptr),
        kernels_(context.kernels),
        choice_(choice),
        threads_(context.threads),
        reading_(fold_more(context.op, conv_reading(context.op), choice)),
        subset_(choice.knob.inputs.whole() ? nullptr
                                           : &context.weights->subset(choice.knob.inputs, choice.own_weights, true)),
        weights_(subset_ != nullptr ? subset_->int8 : context.weights->int8()),
        calibrated_(subset_ != nullptr && choice.own_weights != nullptr &&
                    fits_inputs(*choice.own_weights, reading_.taps, reading_.run, op_.out.channels)),
        perforation_(context.op.out, choice.knob, choice.demand),
        sampling_(choice.knob.sample, reading_.taps, groups_per_tap()),
        input_(context.op, reading_, choice.inputs[0], context.kernels),
        dynamic_(!choice.inputs[0].bytes && !choice.scale.has_value()) {
    const size_t padded = static_cast<size_t>(kernels_.conv_int8_padded_channels(op_.out.channels));
    weight_sums_.assign(static_cast<size_t>(op_.out.channels), 0);
    start_.assign(padded, 0);
    scale_.assign(padded, 0);
    bias_.assign(padded, 0);
    sum_weights(*context.weights);
    call_ = {
        .windows = input_.windows(perforation_.grid()),
        .channels = reading_.run,
        .packed = weights_.packed.data(),
        .k_list = list(),
        .start = start_.data(),
        .weight_zero_point = weights_.zero_point,
        .scale = scale_.data(),
        .bias = bias_.data(),
        .output_channels = op_.out.channels,
        .output_bytes = choice.output.bytes,
        .output_zero_point = zero_point_of(choice.output),
    };
    set_ranges();
    if (!dynamic_) set_input_grid(choice.inputs[0].bytes ? choice.inputs[0].grid : *choice.scale);
    // Groups of four take as long as single floats, and their weights as much room.
    grain_ = pixels_worth_sharing(pixel_count(call_.windows.grid), inputs_read_ / 4, op_.out.channels, threads_);
  }

  size_t scratch_bytes() const override {
    return input_.scratch_bytes() + static_cast<size_t>(threads_) * kernel_scratch_bytes();
  }

  void bind(const Addresses& addresses, uint8_t* scratch) override {
    const auto address = [&](const TensorSpec& tensor) { return addresses[static_cast<size_t>(tensor.number)]; };
    input_.bind(address(op_.inputs[0]), scratch);
    kernel_scratch_ = scratch + input_.scratch_bytes();
    call_.windows = input_.windows(perforation_.grid());
    call_.output = address(addition_ != nullptr ? addition_->outputs[0] : op_.outputs[0]);
    if (addition_ != nullptr) {
      call_.addend = address(addition_->inputs[static_cast<size_t>(op_.addend_input)]);
    }
  }

  void run(ThreadPool& pool) override {
    if (dynamic_) set_input_grid(input_.covering_grid(pool));
    input_.read(pool);
    pool.split(pixel_count(call_.windows.grid), grain_, [this](int begin, int end, int thread) {
      ConvInt8 call = call_;
      call.begin = begin;
      call.end = end;
      call.scratch = kernel_scratch_ + static_cast<size_t>(thread) * kernel_scratch_bytes();
      kernels_.conv_int8(call);
    });
    if (!perforation_.fills()) return;
    if (call_.output_bytes) {
      perforation_.fill(kernels_, pool, static_cast<uint8_t*>(call_.output));
    } else {
      perforation_.fill(kernels_, pool, static_cast<float*>(call_.output));
    }
  }

  size_t bytes() const override {
    return perforation_.bytes() + sampling_.bytes() + input_.bytes() +
           sizeof(float) * (3 * scale_.size() + weight_sums_.size());
  }

 private:
  int groups_per_tap() const { return (reading_.run + 3) / 4; }
  size_t kernel_scratch_bytes() const { return in_whole_lines(kernels_.conv_scratch_bytes(reading_.taps)); }

  KList list() const {
    if (subset_ != nullptr) {
      return {.begin = subset_->begin.data(), .entries = subset_->entries.data(), .group = 4, .compact = true};
    }
    KList list = sampling_.list();
    list.group = 4;
    return list;
  }

  // Of the weights read, and how many inputs they meet.
  void sum_weights(Weights& weights) {
    const KList read = list();
    const bool sampled = read.entries != nullptr && !read.compact;
    const std::vector<int16_t> group_sums = sampled ? weights.group_sums() : std::vector<int16_t>();
    if (!sampled) weight_sums_ = weights_.sums;
    const size_t stride = group_sums.size() / weight_sums_.size();
    inputs_read_ = 0;
    for (int tap = 0; tap < reading_.taps; ++tap) {
      const int32_t begin = read.entries != nullptr ? read.begin[tap] : 0;
      const int32_t end = read.entries != nullptr ? read.begin[tap + 1] : groups_per_tap();
      for (int32_t i = begin; i < end; ++i) {
        const int32_t group = read.entries != nullptr ? read.entries[i] : i;
        inputs_read_ += std::min(4, reading_.run - 4 * group);
        if (!sampled) continue;
        const size_t at = static_cast<size_t>(tap * groups_per_tap() + group);
        for (size_t o = 0; o < weight_sums_.size(); ++o) weight_sums_[o] += group_sums[o * stride + at];
      }
    }
  }

  // Bounds in what the kernel writes. What an 8-bit model keeps between the two operators is bounded by its grid as
  // well.
  void set_ranges() {
    Range own = op_.range;
    if (addition_ != nullptr && op_.eight_bit()) own = range_on(own, op_.outputs[0].grid);
    own = addition_ == nullptr ? range_from_zero_point(own, choice_.output) : range_before_bytes(own, choice_.output);
    call_.low = own.low;
    call_.high = own.high;
    if (addition_ == nullptr) return;
    const Range range = range_from_zero_point(addition_->range, choice_.output);
    call_.addend_low = range.low;
    call_.addend_high = range.high;
    call_.addend_bytes = choice_.addend.bytes;
    call_.addend_zero_point = zero_point_of(choice_.addend);
    call_.addend_scale = static_cast<float>(step_of(choice_.addend) / step_of(choice_.output));
  }

  void set_input_grid(const Grid& grid) {
    input_.set_grid(grid);
    // An 8-bit model's own sums are exact; where only part of K is read its bias joins in after they are scaled up.
    const bool exact = subset_ == nullptr && choice_.knob.sample.whole();
    const int32_t* const integer_bias = calibrated_ ? nullptr : op_.weights.integer_bias;
    const float* const real_bias = subset_ != nullptr ? subset_->bias.data() : op_.weights.bias;
    const double step = step_of(choice_.output);
    for (size_t o = 0; o < weight_sums_.size(); ++o) {
      int64_t start = int64_t{grid.zero_point} * (int64_t{weights_.zero_point} * inputs_read_ - weight_sums_[o]);
      double bias = real_bias != nullptr ? real_bias[o] : 0.0;
      if (integer_bias != nullptr && exact) start += integer_bias[o];
      if (integer_bias != nullptr && !exact) bias += double{grid.scale} * op_.weights.scales[o] * integer_bias[o];
      start_[o] = static_cast<int32_t>(start);
      scale_[o] = scale_in_steps(grid.scale, weights_.scales[o], choice_.output) * sampling_.rescale();
      bias_[o] = static_cast<float>(bias / step);
    }
  }

  const Operator& op_;
  const Operator* const addition_;  // done as well
  const KernelTable& kernels_;
  const PlanChoice choice_;
  const int threads_;
  const ConvReading reading_;
  const SubsetWeights* const subset_;
  const Int8Weights& weights_;
  const bool calibrated_;
  const Perforation perforation_;
  const Sampling sampling_;
  ByteInput input_;
  const bool dynamic_;
  int inputs_read_ = 0, grain_ = 1;
  std::vector<int32_t> weight_sums_, start_;
  std::vector<float> scale_, bias_;
  uint8_t* kernel_scratch_ = nullptr;
  ConvInt8 call_ = {};
};

}  // namespace

std::unique_ptr<Plan> make_conv_int8_plan(const PlanContext& context, const PlanChoice& choice) {
  return std::make_unique<ConvInt8Plan>(context, choice);
}

}  // namespace approxlite
