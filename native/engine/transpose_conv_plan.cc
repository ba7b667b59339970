// Transpose convolution in float. Output rows that leave the same remainder by the stride read the same rows of the
// filter, likewise columns: each such phase of the output is a plain convolution with part of the filter, reversed.
#include <algorithm>
#include <cstring>

#include "engine/conv_sharing.h"
#include "engine/plan.h"

namespace approxlite {
namespace {

// One phase along one axis: outputs first, first + stride ... (`count` of them) read `taps` taps of the filter, the last
// of them being filter tap `tap` and each one before it `stride` further on. Output i reads inputs from i - before on.
struct Phase {
  int first, count;
  int tap, taps;
  int before;
};

// `padding` is what the convolution this one is the transpose of has before its input.
std::vector<Phase> phases(int output, int filter, int stride, int padding) {
  std::vector<Phase> all;
  for (int first = 0; first < std::min(stride, output); ++first) {
    Phase phase = {};
    phase.first = first;
    phase.count = (output - first + stride - 1) / stride;
    phase.tap = (first + padding) % stride;
    phase.taps = phase.tap < filter ? (filter - phase.tap + stride - 1) / stride : 0;
    phase.before = phase.taps - 1 - (first + padding) / stride;
    all.push_back(phase);
  }
  return all;
}

class TransposeConvPlan final : public Plan {
 public:
  explicit TransposeConvPlan(const PlanContext& context)
      : op_(context.op),
        kernels_(context.kernels),
        threads_(context.threads),
        padding_(sizeof(float) * static_cast<size_t>(context.op.in.channels)) {
    const Window& window = op_.window;
    for (int i = 0; i < std::max(op_.out.height, op_.out.width); ++i) lines_.push_back(i);
    const std::vector<float> weights = op_.weights.floats(false);
    for (const Phase& rows : phases(op_.out.height, window.height, window.stride_height, window.pad_top)) {
      for (const Phase& columns : phases(op_.out.width, window.width, window.stride_width, window.pad_left)) {
        parts_.push_back({rows, columns, pack(rows, columns, weights)});
        most_taps_ = std::max(most_taps_, rows.taps * columns.taps);
        most_pixels_ = std::max(most_pixels_, rows.count * columns.count);
      }
    }
  }

  size_t scratch_bytes() const override {
    return phase_bytes() + static_cast<size_t>(threads_) * kernel_scratch_bytes();
  }

  void bind(const Addresses& addresses, uint8_t* scratch) override {
    input_ = static_cast<const float*>(addresses[static_cast<size_t>(op_.inputs[0].number)]);
    output_ = static_cast<float*>(addresses[static_cast<size_t>(op_.outputs[0].number)]);
    phase_ = reinterpret_cast<float*>(scratch);
    kernel_scratch_ = scratch + phase_bytes();
  }

  void run(ThreadPool& pool) override {
    for (const Part& part : parts_) {
      const int pixels = part.rows.count * part.columns.count;
      const int64_t k = int64_t{part.rows.taps} * part.columns.taps * op_.in.channels;
      const ConvFloat call = call_of(part);
      pool.split(pixels, pixels_worth_sharing(pixels, k, op_.out.channels, threads_),
                 [&](int begin, int end, int thread) {
                   convolve(call, begin, end, thread);
                   spread(part, begin, end);
                 });
    }
  }

  size_t bytes() const override {
    size_t total = padding_.bytes() + sizeof(int32_t) * lines_.size();
    for (const Part& part : parts_) total += sizeof part + part.packed.bytes();
    return total;
  }

 private:
  struct Part {
    Phase rows, columns;
    Buffer packed;
  };

  size_t phase_bytes() const {
    return in_whole_lines(sizeof(float) * static_cast<size_t>(most_pixels_) * static_cast<size_t>(op_.out.channels));
  }
  size_t kernel_scratch_bytes() const { return in_whole_lines(kernels_.conv_scratch_bytes(std::max(1, most_taps_))); }

  // A phase without taps is its bias: one tap that reads padding, with weights of zero.
  Buffer pack(const Phase& rows, const Phase& columns, const std::vector<float>& weights) const {
    const size_t channels = static_cast<size_t>(op_.in.channels);
    const size_t taps = static_cast<size_t>(rows.taps * columns.taps), k = std::max<size_t>(1, taps) * channels;
    const size_t outputs = static_cast<size_t>(op_.out.channels), all = static_cast<size_t>(op_.weights.columns);
    std::vector<float> chosen(outputs * k, 0.0f);
    float* to = chosen.data();
    for (size_t o = 0; o < outputs && taps > 0; ++o) {
      for (int y = rows.taps - 1; y >= 0; --y) {
        for (int x = columns.taps - 1; x >= 0; --x, to += channels) {
          const int tap_y = rows.tap + y * op_.window.stride_height, tap_x = columns.tap + x * op_.window.stride_width;
          const size_t tap = static_cast<size_t>(tap_y * op_.window.width + tap_x);
          std::copy_n(weights.data() + o * all + tap * channels, channels, to);
        }
      }
    }
    const int k_count = static_cast<int>(k);
    Buffer packed(kernels_.conv_float_packed_bytes(k_count, op_.out.channels));
    kernels_.conv_float_pack(chosen.data(), op_.weights.bias, k_count, op_.out.channels, packed.data());
    return packed;
  }

  ConvFloat call_of(const Part& part) const {
    const bool empty = part.rows.taps * part.columns.taps == 0;
    return {
        .windows = {.input = input_,
                    .padding = padding_.data(),
                    .height = empty ? 0 : op_.in.height,
                    .width = op_.in.width,
                    .pixel_bytes = sizeof(float) * static_cast<size_t>(op_.in.channels),
                    .taps_high = empty ? 1 : part.rows.taps,
                    .taps_wide = empty ? 1 : part.columns.taps,
                    .stride_height = 1,
                    .stride_width = 1,
                    .dilation_height = 1,
                    .dilation_width = 1,
                    .pad_top = part.rows.before,
                    .pad_left = part.columns.before,
                    .grid = {lines_.data(), part.rows.count, lines_.data(), part.columns.count},
                    .output_width = part.columns.count},
        .channels = op_.in.channels,
        .packed = part.packed.data(),
        .output_channels = op_.out.channels,
        .low = op_.range.low,
        .high = op_.range.high,
        .addend = nullptr,
        .output = phase_,
    };
  }

  void convolve(ConvFloat call, int begin, int end, int thread) const {
    call.begin = begin;
    call.end = end;
    call.scratch = kernel_scratch_ + static_cast<size_t>(thread) * kernel_scratch_bytes();
    kernels_.conv_float(call);
  }

  // To where the phase's pixels belong in the output.
  void spread(const Part& part, int begin, int end) const {
    const size_t channels = static_cast<size_t>(op_.out.channels);
    int row = begin / part.columns.count, column = begin % part.columns.count;
    for (int pixel = begin; pixel < end; ++pixel) {
      const int y = part.rows.first + row * op_.window.stride_height;
      const int x = part.columns.first + column * op_.window.stride_width;
      std::memcpy(
          output_ + (static_cast<size_t>(y) * static_cast<size_t>(op_.out.width) + static_cast<size_t>(x)) * channels,
          phase_ + static_cast<size_t>(pixel) * channels, sizeof(float) * channels);
      if (++column == part.columns.count) {
        column = 0;
        ++row;
      }
    }
  }

  const Operator& op_;
  const KernelTable& kernels_;
  const int threads_;
  const Buffer padding_;
  std::vector<int32_t> lines_;
  std::vector<Part> parts_;
  int most_taps_ = 0, most_pixels_ = 0;
  const float* input_ = nullptr;
  float* output_ = nullptr;
  float* phase_ = nullptr;
  uint8_t* kernel_scratch_ = nullptr;
};

}  // namespace

std::unique_ptr<Plan> make_transpose_conv_plan(const PlanContext& context, const PlanChoice&) {
  return std::make_unique<TransposeConvPlan>(context);
}

}  // namespace approxlite
