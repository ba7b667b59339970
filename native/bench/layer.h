// One convolution, depthwise convolution or fully connected layer with random weights and inputs, and plans for it.
#ifndef APPROXLITE_BENCH_LAYER_H_
#define APPROXLITE_BENCH_LAYER_H_

#include <memory>
#include <string>
#include <vector>

#include "engine/buffer.h"
#include "engine/plan.h"

namespace approxlite {

struct LayerShape {
  int height, width, channels, outputs, window, stride;
  bool depthwise = false;

  std::string name() const {
    const std::string size = std::to_string(window) + "x" + std::to_string(window);
    return std::to_string(height) + "x" + std::to_string(width) + "x" + std::to_string(channels) + "_to_" +
           std::to_string(outputs) + "_" + size + (stride > 1 ? "_stride_" + std::to_string(stride) : "") +
           (depthwise ? "_depthwise" : "");
  }
};

class Layer {
 public:
  // With `bytes` it is a layer of an 8-bit model or, with the int8 knob, one between int8 neighbours.
  Layer(const LayerShape& shape, bool bytes, const KernelTable& kernels) : bytes_(bytes), kernels_(kernels) {
    const int out_high = (shape.height + shape.stride - 1) / shape.stride;
    const int out_wide = (shape.width + shape.stride - 1) / shape.stride;
    op_.type = shape.depthwise ? OperatorType::kDepthwiseConv2d : OperatorType::kConv2d;
    op_.in = {shape.height, shape.width, shape.channels};
    op_.out = {out_high, out_wide, shape.outputs};
    op_.window = {
        .height = shape.window, .width = shape.window, .stride_height = shape.stride, .stride_width = shape.stride};
    op_.window.pad_top = std::max(0, (out_high - 1) * shape.stride + shape.window - shape.height) / 2;
    op_.window.pad_left = std::max(0, (out_wide - 1) * shape.stride + shape.window - shape.width) / 2;
    op_.range = {0, 6};
    const ElementType type = ElementType::kFloat32;
    op_.inputs = {{0, type, {1, shape.height, shape.width, shape.channels}, grid()}};
    op_.outputs = {{1, type, {1, out_high, out_wide, shape.outputs}, grid()}};
    const int taps = shape.window * shape.window;
    const int rows = shape.depthwise ? taps : shape.outputs;
    const int columns = shape.depthwise ? shape.channels : taps * shape.channels;
    weights_ = values(static_cast<size_t>(rows) * static_cast<size_t>(columns));
    bias_ = values(static_cast<size_t>(shape.outputs));
    op_.weights = {.data = weights_.data(), .rows = rows, .columns = columns, .bias = bias_.data()};
    op_.multiply_accumulates =
        static_cast<int64_t>(out_high) * out_wide * shape.outputs * taps * (shape.depthwise ? 1 : shape.channels);
    input_ = Buffer(op_.in.size() * sizeof(float));
    output_ = Buffer(op_.out.size() * sizeof(float));
    for (size_t i = 0; i < op_.in.size(); ++i) {
      if (bytes_) {
        input_.data()[i] = static_cast<uint8_t>(next() >> 24);
      } else {
        input_.as<float>()[i] = value();
      }
    }
    if (shape.depthwise) {
      packed_ = std::make_unique<Weights>(op_.weights, rows, columns, kernels_);
    } else {
      const ConvReading reading = conv_reading(op_);
      packed_ = std::make_unique<Weights>(op_.weights, reading.taps, reading.run, kernels_);
    }
  }
  Layer(const Layer&) = delete;

  int64_t multiply_accumulates() const { return op_.multiply_accumulates; }
  const Operator& op() const { return op_; }

  // Ready to run. `reduced`: readers want no more pixels than the knob computes.
  std::unique_ptr<Plan> plan(Knob knob, bool reduced = false) {
    const Form form = {bytes_, grid()};
    knob.int8 = bytes_;
    PlanChoice choice = {.knob = knob, .inputs = {form}, .output = form};
    if (reduced) choice.demand = pattern_of(knob);
    const PlanContext context = {op_, nullptr, kernels_, packed_.get(), 1};
    std::unique_ptr<Plan> made = make_plan(context, choice);
    scratch_.emplace_back(made->scratch_bytes());
    made->bind({input_.data(), output_.data()}, scratch_.back().data());
    return made;
  }

 private:
  static Grid grid() { return {0.03f, 100}; }
  uint32_t next() { return state_ = state_ * 1664525u + 1013904223u; }
  float value() { return static_cast<float>(static_cast<int>(next() >> 8) % 2001 - 1000) / 1000.0f; }
  std::vector<float> values(size_t count) {
    std::vector<float> made(count);
    for (float& each : made) each = value();
    return made;
  }

  bool bytes_;
  const KernelTable& kernels_;
  uint32_t state_ = 1;
  Operator op_ = {};
  std::vector<float> weights_, bias_;
  std::unique_ptr<Weights> packed_;
  Buffer input_, output_;
  std::vector<Buffer> scratch_;
};

}  // namespace approxlite

#endif  // APPROXLITE_BENCH_LAYER_H_
