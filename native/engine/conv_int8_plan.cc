// Convolution and fully connected on 8-bit integers: the input is put on an unsigned 8-bit grid, calibrated or its own.
#include <cmath>
#include <cstring>

#include "engine/indirection.h"
#include "engine/perforation.h"
#include "engine/plan.h"
#include "engine/sampling.h"

namespace approxlite {
namespace {

// The grid that covers what the input holds, and zero. A range that is no number gives the unit grid.
InputScale scale_of_input(float low, float high) {
  low = low < 0 ? low : 0;
  high = high > 0 ? high : 0;
  const float scale = (high - low) / 255.0f;
  if (!(scale > 0) || !std::isfinite(scale) || !std::isfinite(1.0f / scale)) return {1.0f, 0};
  const float zero_point = std::nearbyint(-low / scale);
  return {scale, static_cast<int32_t>(zero_point > 255 ? 255 : zero_point)};
}

class ConvInt8Plan final : public Plan {
 public:
  ConvInt8Plan(const PlanContext& context, const Knob& knob, std::optional<InputScale> scale)
      : op_(context.op),
        kernels_(context.kernels),
        reading_(conv_reading(context.op)),
        weights_(context.weights->int8()),
        groups_(context.weights->groups()),
        perforation_(context.op.out, knob),
        sampling_(knob.sample, reading_.taps, groups_),
        pixel_bytes_(reading_.folded ? static_cast<size_t>(op_.in.channels) : 4 * static_cast<size_t>(groups_)),
        indirection_(context.op, reading_, perforation_.pixel_offsets(), pixel_bytes_),
        padding_(4 * static_cast<size_t>(groups_)),
        quantized_(context.scratch),
        dynamic_(!scale.has_value()) {
    const size_t padded = static_cast<size_t>(kernels_.conv_int8_padded_channels(op_.out.channels));
    weight_sums_.assign(padded, 0);
    start_.assign(padded, 0);
    scale_.assign(padded, 0);
    bias_.assign(padded, 0);
    const float* bias = context.weights->bias();
    for (int o = 0; o < op_.out.channels; ++o) {
      weight_sums_[static_cast<size_t>(o)] = sum_of_weights_read(o);
      if (bias != nullptr) bias_[static_cast<size_t>(o)] = bias[o];
    }
    call_ = {
        .rows = reinterpret_cast<const uint8_t* const*>(indirection_.rows()),
        .row_stride = indirection_.row_stride(),
        .taps = reading_.taps,
        .groups = groups_,
        .pixels = static_cast<int>(perforation_.pixel_offsets().size()),
        .output_offsets = perforation_.pixel_offsets().data(),
        .packed = weights_.packed.data(),
        .k_list = sampling_.list(),
        .start = start_.data(),
        .scale = scale_.data(),
        .bias = bias_.data(),
        .output_channels = op_.out.channels,
        .low = op_.range.low,
        .high = op_.range.high,
        .output = nullptr,
    };
    if (!dynamic_) set_input_scale(*scale);
  }

  void bind(const Addresses& addresses) override {
    input_ = addresses[static_cast<size_t>(op_.inputs[0])];
    call_.output = addresses[static_cast<size_t>(op_.output)];
    indirection_.bind(quantized_, padding_.data());
  }

  void run() override {
    if (dynamic_) {
      float low, high;
      kernels_.range(input_, op_.in.size(), &low, &high);
      set_input_scale(scale_of_input(low, high));
    }
    quantize();
    kernels_.conv_int8(call_);
    perforation_.fill(kernels_, call_.output);
  }

  size_t bytes() const override {
    return perforation_.bytes() + sampling_.bytes() + indirection_.bytes() + padding_.bytes() +
           sizeof(float) * 4 * scale_.size();
  }

 private:
  int32_t sum_of_weights_read(int output) const {
    const int8_t* values = weights_.values.data() + static_cast<size_t>(output) * reading_.taps * 4 * groups_;
    const KList list = sampling_.list();
    int32_t sum = 0;
    for (int tap = 0; tap < reading_.taps; ++tap) {
      const int32_t begin = list.begin != nullptr ? list.begin[tap] : 0;
      const int32_t end = list.begin != nullptr ? list.begin[tap + 1] : groups_;
      for (int32_t i = begin; i < end; ++i) {
        const int32_t group = list.begin != nullptr ? list.entries[i] : i;
        for (int j = 0; j < 4; ++j) sum += values[(static_cast<size_t>(tap) * groups_ + group) * 4 + j];
      }
    }
    return sum;
  }

  void set_input_scale(const InputScale& scale) {
    input_scale_ = scale;
    inverse_scale_ = 1.0f / scale.scale;
    const float factor = scale.scale * sampling_.rescale();
    for (int o = 0; o < op_.out.channels; ++o) {
      const size_t i = static_cast<size_t>(o);
      start_[i] = -scale.zero_point * weight_sums_[i];
      scale_[i] = factor * weights_.scales[i];
    }
    std::memset(padding_.data(), scale.zero_point, padding_.bytes());
  }

  void quantize() {
    const size_t pixels = static_cast<size_t>(op_.in.height) * op_.in.width;
    if (!reading_.folded) {
      kernels_.quantize(input_, pixels, op_.in.channels, 4 * groups_, inverse_scale_, input_scale_.zero_point,
                        quantized_);
      return;
    }
    const int row = op_.in.width * op_.in.channels;
    const size_t padded_row = static_cast<size_t>(reading_.padded_width) * op_.in.channels;
    const size_t left = static_cast<size_t>(op_.window.pad_left) * op_.in.channels;
    for (int y = 0; y < reading_.padded_height; ++y) {
      uint8_t* target = quantized_ + static_cast<size_t>(y) * padded_row;
      const int source = y - op_.window.pad_top;
      std::memset(target, input_scale_.zero_point, padded_row);
      if (source < 0 || source >= op_.in.height) continue;
      kernels_.quantize(input_ + static_cast<size_t>(source) * row, 1, row, row, inverse_scale_,
                        input_scale_.zero_point, target + left);
    }
  }

  const Operator& op_;
  const KernelTable& kernels_;
  const ConvReading reading_;
  const Int8Weights& weights_;
  const int groups_;
  const Perforation perforation_;
  const Sampling sampling_;
  const size_t pixel_bytes_;
  Indirection indirection_;
  Buffer padding_;
  uint8_t* const quantized_;
  const bool dynamic_;
  InputScale input_scale_ = {1.0f, 0};
  float inverse_scale_ = 1;
  std::vector<int32_t> weight_sums_, start_;
  std::vector<float> scale_, bias_;
  const float* input_ = nullptr;
  ConvInt8 call_;
};

}  // namespace

std::unique_ptr<Plan> make_conv_int8_plan(const PlanContext& context, const Knob& knob,
                                          std::optional<InputScale> scale) {
  return std::make_unique<ConvInt8Plan>(context, knob, scale);
}

}  // namespace approxlite
