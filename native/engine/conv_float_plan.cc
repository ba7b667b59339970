// Convolution and fully connected in float, with perforation, sampling and subsets of the inputs, and with the addition
// that follows.
#include <cstring>

#include "engine/conv_sharing.h"
#include "engine/perforation.h"
#include "engine/plan.h"
#include "engine/sampling.h"

namespace approxlite {
namespace {

constexpr int kFloatsWorthSharing = 50000;
// Up to this many channels it pays to read a kernel row as one run, where every copied input is read under many taps.
constexpr int kMostFoldedChannels = 16;

// Lists of inputs were made for the reading as it is.
ConvReading fold_more(const Operator& op, ConvReading reading, const PlanChoice& choice) {
  const Window& window = op.window;
  if (reading.folded || window.width == 1 || window.dilation_width != 1 || op.in.channels > kMostFoldedChannels ||
      window.stride_height != 1 || window.stride_width != 1 || !choice.knob.inputs.whole() ||
      choice.knob.perforated() || !choice.demand.whole()) {
    return reading;
  }
  reading.folded = true;
  reading.taps = window.height;
  reading.run = window.width * op.in.channels;
  return reading;
}

class ConvFloatPlan final : public Plan {
 public:
  ConvFloatPlan(const PlanContext& context, const PlanChoice& choice)
      : op_(context.op),
        addition_(choice.add ? context.addition : nullptr),
        kernels_(context.kernels),
        threads_(context.threads),
        reading_(fold_more(context.op, conv_reading(context.op), choice)),
        addend_(choice.addend),
        perforation_(context.op.out, choice.knob, choice.demand),
        sampling_(choice.knob.sample, reading_.taps, reading_.run),
        padding_(sizeof(float) * static_cast<size_t>(reading_.run)) {
    call_ = {
        .windows = windows_of(op_, reading_, sizeof(float), perforation_.grid()),
        .channels = reading_.run,
        .k_list = sampling_.list(),
        .rescale = sampling_.rescale(),
        .output_channels = op_.out.channels,
        .low = op_.range.low,
        .high = op_.range.high,
    };
    int64_t k = static_cast<int64_t>(reading_.taps) * reading_.run;
    if (choice.knob.inputs.whole()) {
      call_.packed = context.weights->float_pack().data();
      if (call_.k_list.entries != nullptr) k = call_.k_list.begin[reading_.taps];
    } else {
      const SubsetWeights& subset = context.weights->subset(choice.knob.inputs, choice.own_weights, false);
      call_.packed = subset.float_pack.data();
      call_.k_list = {.begin = subset.begin.data(), .entries = subset.entries.data(), .group = 4, .compact = true};
      k = int64_t{4} * subset.begin[static_cast<size_t>(reading_.taps)];
    }
    if (addition_ != nullptr) {
      call_.addend_low = addition_->range.low;
      call_.addend_high = addition_->range.high;
    }
    grain_ = pixels_worth_sharing(pixel_count(call_.windows.grid), k, op_.out.channels, threads_);
  }

  size_t scratch_bytes() const override {
    return copy_bytes() + addend_bytes() + static_cast<size_t>(threads_) * kernel_scratch_bytes();
  }

  void bind(const Addresses& addresses, uint8_t* scratch) override {
    input_ = static_cast<const float*>(addresses[static_cast<size_t>(op_.inputs[0].number)]);
    const Operator& writer = addition_ != nullptr ? *addition_ : op_;
    call_.output = static_cast<float*>(addresses[static_cast<size_t>(writer.outputs[0].number)]);
    copy_ = reinterpret_cast<float*>(scratch);
    real_addend_ = reinterpret_cast<float*>(scratch + copy_bytes());
    kernel_scratch_ = scratch + copy_bytes() + addend_bytes();
    if (addition_ != nullptr) {
      source_ = addresses[static_cast<size_t>(addition_->inputs[static_cast<size_t>(op_.addend_input)].number)];
      call_.addend = addend_.bytes ? real_addend_ : static_cast<const float*>(source_);
    }
    call_.windows.input = reading_.folded ? copy_ : input_;
    call_.windows.padding = padding_.data();
  }

  void run(ThreadPool& pool) override {
    if (reading_.folded) {
      const int padded_row = reading_.padded_width * op_.in.channels;
      pool.split(reading_.padded_height,
                 copied_rows_worth_sharing(op_.multiply_accumulates, reading_.padded_height, padded_row),
                 [this](int begin, int end, int) { copy_rows(begin, end); });
    }
    if (addition_ != nullptr && addend_.bytes) {
      pool.split(static_cast<int>(op_.out.size()), kFloatsWorthSharing, [this](int begin, int end, int) {
        kernels_.dequantize(static_cast<const uint8_t*>(source_) + begin, static_cast<size_t>(end - begin),
                            addend_.grid.scale, addend_.grid.zero_point, real_addend_ + begin);
      });
    }
    pool.split(pixel_count(call_.windows.grid), grain_, [this](int begin, int end, int thread) {
      ConvFloat call = call_;
      call.begin = begin;
      call.end = end;
      call.scratch = kernel_scratch_ + static_cast<size_t>(thread) * kernel_scratch_bytes();
      kernels_.conv_float(call);
    });
    if (perforation_.fills()) perforation_.fill(kernels_, pool, call_.output);
  }

  size_t bytes() const override { return perforation_.bytes() + sampling_.bytes() + padding_.bytes(); }

 private:
  size_t copy_bytes() const {
    if (!reading_.folded) return 0;
    const size_t pixels = static_cast<size_t>(reading_.padded_height) * static_cast<size_t>(reading_.padded_width);
    return in_whole_lines(sizeof(float) * pixels * static_cast<size_t>(op_.in.channels));
  }
  // Of the addend as floats, where it is bytes.
  size_t addend_bytes() const {
    return addition_ != nullptr && addend_.bytes ? in_whole_lines(sizeof(float) * op_.out.size()) : 0;
  }
  size_t kernel_scratch_bytes() const { return in_whole_lines(kernels_.conv_scratch_bytes(reading_.taps)); }

  // Rows of the copy with padding around it.
  void copy_rows(int begin, int end) const {
    const size_t row = static_cast<size_t>(op_.in.width) * static_cast<size_t>(op_.in.channels);
    const size_t padded_row = static_cast<size_t>(reading_.padded_width) * static_cast<size_t>(op_.in.channels);
    const size_t left = static_cast<size_t>(op_.window.pad_left) * static_cast<size_t>(op_.in.channels);
    for (int y = begin; y < end; ++y) {
      float* const target = copy_ + static_cast<size_t>(y) * padded_row;
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
  const Operator* const addition_;  // done as well
  const KernelTable& kernels_;
  const int threads_;
  const ConvReading reading_;
  const Form addend_;
  const Perforation perforation_;
  const Sampling sampling_;
  const Buffer padding_;
  int grain_;
  const float* input_ = nullptr;
  const void* source_ = nullptr;  // of the addend
  float* copy_ = nullptr;
  float* real_addend_ = nullptr;
  uint8_t* kernel_scratch_ = nullptr;
  ConvFloat call_ = {};
};

}  // namespace

std::unique_ptr<Plan> make_conv_float_plan(const PlanContext& context, const PlanChoice& choice) {
  return std::make_unique<ConvFloatPlan>(context, choice);
}

}  // namespace approxlite
