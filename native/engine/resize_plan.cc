// Resizes of images, with source positions worked out as TFLite does.
#include "engine/elements.h"

namespace approxlite {
namespace {

// Along one axis, target i lies between sources `low` and `high`, `weight` of the way to the latter.
struct Source {
  int32_t low, high;
  float weight;
};

std::vector<Source> linear_sources(const Operator& op, int in, int out) {
  const bool corners = op.align_corners && out > 1;
  const float scale = corners ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                              : static_cast<float>(in) / static_cast<float>(out);
  std::vector<Source> sources;
  for (int i = 0; i < out; ++i) {
    const float target = static_cast<float>(i);
    const float position = op.half_pixel_centers ? (target + 0.5f) * scale - 0.5f : target * scale;
    const int32_t low = std::min(std::max(static_cast<int32_t>(std::floor(position)), 0), in - 1);
    const int32_t high = std::max(std::min(static_cast<int32_t>(std::ceil(position)), in - 1), 0);
    // Where both are the same pixel, any weight gives that pixel.
    sources.push_back({low, high, low == high ? 0.0f : position - static_cast<float>(low)});
  }
  return sources;
}

std::vector<Source> nearest_sources(const Operator& op, int in, int out) {
  const bool corners = op.align_corners && out > 1;
  const float scale = corners ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                              : static_cast<float>(in) / static_cast<float>(out);
  const float offset = op.half_pixel_centers ? 0.5f : 0.0f;
  std::vector<Source> sources;
  for (int i = 0; i < out; ++i) {
    const float position = (static_cast<float>(i) + offset) * scale;
    const float nearest = op.align_corners ? std::round(position) : std::floor(position);
    const int32_t source = std::max(0, std::min(static_cast<int32_t>(nearest), in - 1));
    sources.push_back({source, source, 0.0f});
  }
  return sources;
}

class ResizePlan : public Plan {
 public:
  explicit ResizePlan(const PlanContext& context)
      : op_(context.op), kernels_(context.kernels), images_(op_.outputs[0].size() / op_.out.size()) {}

  void bind(const Addresses& addresses, uint8_t*) override {
    x_ = address_of<const uint8_t>(op_.inputs[0], addresses);
    y_ = address_of<uint8_t>(op_.outputs[0], addresses);
  }

  void run(ThreadPool& pool) override {
    const size_t row = static_cast<size_t>(op_.out.width) * static_cast<size_t>(op_.out.channels);
    const int rows = static_cast<int>(images_) * op_.out.height;
    pool.split(rows, pieces_worth_sharing(row), [&](int begin, int end, int thread) {
      for (int i = begin; i < end; ++i) row_of(i / op_.out.height, i % op_.out.height, i > begin, thread);
    });
  }

  size_t bytes() const override { return (rows_.size() + columns_.size()) * sizeof(Source); }

 protected:
  // `after_previous`: the same thread has just made the row above.
  virtual void row_of(int image, int y, bool after_previous, int thread) = 0;

  // Elements from the start of their tensors.
  size_t source_row(int image, int y) const {
    return (static_cast<size_t>(image) * op_.in.height + y) * op_.in.width * op_.in.channels;
  }
  size_t target_row(int image, int y) const {
    return (static_cast<size_t>(image) * op_.out.height + y) * op_.out.width * op_.out.channels;
  }

  const Operator& op_;
  const KernelTable& kernels_;
  size_t images_;
  std::vector<Source> rows_, columns_;
  const uint8_t* x_ = nullptr;
  uint8_t* y_ = nullptr;
};

class NearestPlan final : public ResizePlan {
 public:
  NearestPlan(const PlanContext& context, const PlanChoice& choice)
      : ResizePlan(context),
        element_bytes_(form_bytes(choice.output)),
        regrids_(!(choice.inputs[0] == choice.output)),
        table_(regrid_table(choice.inputs[0].grid, choice.output.grid)) {
    rows_ = nearest_sources(op_, op_.in.height, op_.out.height);
    columns_ = nearest_sources(op_, op_.in.width, op_.out.width);
  }

 private:
  void row_of(int image, int y, bool after_previous, int) override {
    const size_t pixel = static_cast<size_t>(op_.out.channels) * element_bytes_;
    const size_t row = pixel * static_cast<size_t>(op_.out.width);
    uint8_t* to = y_ + target_row(image, y) * element_bytes_;
    const int source = rows_[static_cast<size_t>(y)].low;
    if (after_previous && y > 0 && rows_[static_cast<size_t>(y) - 1].low == source) {
      std::memcpy(to, to - row, row);
      return;
    }
    const uint8_t* from = x_ + source_row(image, source) * element_bytes_;
    for (size_t column = 0; column < columns_.size(); ++column) {
      std::memcpy(to + column * pixel, from + static_cast<size_t>(columns_[column].low) * pixel, pixel);
    }
    if (regrids_) kernels_.lookup(to, row, table_.values, to);
  }

  size_t element_bytes_;
  bool regrids_;
  ByteTable table_;
};

// Rows first, into scratch, then columns. Bytes become floats in steps of the output's grid, and are rounded once.
class BilinearPlan final : public ResizePlan {
 public:
  BilinearPlan(const PlanContext& context, const PlanChoice& choice)
      : ResizePlan(context), from_(choice.inputs[0]), to_(choice.output), threads_(context.threads) {
    rows_ = linear_sources(op_, op_.in.height, op_.out.height);
    columns_ = linear_sources(op_, op_.in.width, op_.out.width);
    const size_t widest = static_cast<size_t>(std::max(op_.in.width, op_.out.width));
    const size_t row = widest * static_cast<size_t>(op_.in.channels) * sizeof(float);
    row_bytes_ = (row + kReadSlackBytes + 63) / 64 * 64;
  }

  size_t scratch_bytes() const override { return kRows * row_bytes_ * static_cast<size_t>(threads_); }

  void bind(const Addresses& addresses, uint8_t* scratch) override {
    ResizePlan::bind(addresses, scratch);
    scratch_ = scratch;
  }

 private:
  // Of scratch, for each thread: two rows of the input, of which the second makes room for the row of the output, and
  // one between them.
  static constexpr size_t kRows = 3;

  void row_of(int image, int y, bool, int thread) override {
    uint8_t* scratch = scratch_ + static_cast<size_t>(thread) * kRows * row_bytes_;
    auto* blended = reinterpret_cast<float*>(scratch + 2 * row_bytes_);
    const Source& source = rows_[static_cast<size_t>(y)];
    const size_t size = static_cast<size_t>(op_.in.width) * static_cast<size_t>(op_.in.channels);
    const float* low = floats_of(source_row(image, source.low), size, scratch);
    if (source.low != source.high) {
      const float* high = floats_of(source_row(image, source.high), size, scratch + row_bytes_);
      kernels_.blend(low, high, source.weight, {size}, blended);
      low = blended;
    }
    const size_t target = target_row(image, y);
    if (!to_.bytes) return blend_columns(low, reinterpret_cast<float*>(y_) + target);
    auto* result = reinterpret_cast<float*>(scratch + row_bytes_);
    blend_columns(low, result);
    const size_t out_size = static_cast<size_t>(op_.out.width) * static_cast<size_t>(op_.out.channels);
    kernels_.quantize(result, out_size, 1.0f, to_.grid.zero_point, y_ + target);
  }

  // A row of the input, at `scratch` if it has to be made floats.
  const float* floats_of(size_t offset, size_t size, uint8_t* scratch) const {
    if (!from_.bytes) return reinterpret_cast<const float*>(x_) + offset;
    auto* row = reinterpret_cast<float*>(scratch);
    kernels_.dequantize(x_ + offset, size, from_.grid.scale / to_.grid.scale, from_.grid.zero_point, row);
    return row;
  }

  void blend_columns(const float* row, float* y) const {
    const int channels = op_.in.channels;
    for (const Source& source : columns_) {
      const float *low = row + source.low * channels, *high = row + source.high * channels;
      if (source.low == source.high) {
        std::memcpy(y, low, static_cast<size_t>(channels) * sizeof(float));
      } else {
        blend_pixel(low, high, source.weight, channels, y);
      }
      y += channels;
    }
  }

  static void blend_pixel(const float* low, const float* high, float weight, int channels, float* __restrict y) {
    for (int c = 0; c < channels; ++c) y[c] = low[c] + (high[c] - low[c]) * weight;
  }

  Form from_, to_;
  int threads_;
  size_t row_bytes_;
  uint8_t* scratch_ = nullptr;
};

}  // namespace

std::unique_ptr<Plan> make_resize_plan(const PlanContext& context, const PlanChoice& choice) {
  if (choice.inputs[0].bytes != choice.output.bytes) return make_via_float_plan(context, choice);
  if (context.op.type == OperatorType::kResizeBilinear) return std::make_unique<BilinearPlan>(context, choice);
  return std::make_unique<NearestPlan>(context, choice);
}

}  // namespace approxlite
