// Small networks for tests of partitions, built operator by operator, with weights from a seed.
#ifndef APPROXLITE_TEST_ENGINE_NETWORK_H_
#define APPROXLITE_TEST_ENGINE_NETWORK_H_

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "engine/operator.h"

namespace approxlite {

class Network {
 public:
  explicit Network(uint32_t seed) : state_(seed * 2654435761u + 1) {}

  // A tensor of [1, height, width, channels]: floats, or the given 8-bit type on `grid` (ours, zero point 0..255).
  int tensor(const Shape& shape, ElementType type = ElementType::kFloat32, Grid grid = {}) {
    tensors_.push_back({static_cast<int>(tensors_.size()), type, {1, shape.height, shape.width, shape.channels}, grid});
    return static_cast<int>(tensors_.size()) - 1;
  }
  const TensorSpec& spec(int tensor) const { return tensors_[static_cast<size_t>(tensor)]; }
  Shape shape(int tensor) const {
    const std::vector<int>& dims = spec(tensor).dims;
    return {dims[1], dims[2], dims[3]};
  }

  // Each returns the number of its output. Windows are square with SAME padding.
  int conv(int from, int channels, int window, int stride = 1, Range range = {}) {
    Operator op = weighted(OperatorType::kConv2d, from, channels, window, stride, range);
    const int k = window * window * op.in.channels;
    add_weights(&op, channels, k);
    op.knobs = {.int8 = !op.eight_bit(),
                .inputs = op.in.channels % 4 == 0 && op.in.channels > 8,
                .rank = false,
                .sample = true,
                .rows = true,
                .cols = true};
    return push(std::move(op));
  }
  int depthwise(int from, int window, int stride = 1, Range range = {}) {
    Operator op = weighted(OperatorType::kDepthwiseConv2d, from, shape(from).channels, window, stride, range);
    add_weights(&op, window * window, op.in.channels);
    op.knobs = {.int8 = !op.eight_bit(), .inputs = false, .rank = false, .sample = false, .rows = true, .cols = false};
    return push(std::move(op));
  }
  int add(int a, int b, Range range = {}) {
    Operator op = {.type = OperatorType::kAdd};
    op.inputs = {spec(a), spec(b)};
    op.outputs = {spec(like(a))};
    op.range = range;
    return push(std::move(op));
  }
  // Zeros around the image: so many rows above and below, columns left and right.
  int pad(int from, int above, int below, int left, int right) {
    const Shape in = shape(from);
    Operator op = {.type = OperatorType::kPad};
    op.inputs = {spec(from)};
    op.outputs = {spec(
        tensor({in.height + above + below, in.width + left + right, in.channels}, spec(from).type, spec(from).grid))};
    std::copy_n(spec(from).dims.begin(), 4, op.box.source_dims + kMaxRank - 4);
    std::copy_n(op.outputs[0].dims.begin(), 4, op.box.target_dims + kMaxRank - 4);
    op.box.begin[kMaxRank - 3] = -above;
    op.box.begin[kMaxRank - 2] = -left;
    return push(std::move(op));
  }
  // A clamp on its own: kRelu, kRelu6 or kReluN1To1.
  int clamp(int from, OperatorType type) {
    Operator op = {.type = type};
    op.inputs = {spec(from)};
    op.outputs = {spec(like(from))};
    op.range = type == OperatorType::kRelu    ? Range{.low = 0}
               : type == OperatorType::kRelu6 ? Range{.low = 0, .high = 6}
                                              : Range{.low = -1, .high = 1};
    return push(std::move(op));
  }
  int max_pool(int from) {
    const Shape in = shape(from);
    Operator op = {.type = OperatorType::kMaxPool2d};
    op.inputs = {spec(from)};
    op.in = in;
    op.out = {in.height / 2, in.width / 2, in.channels};
    op.outputs = {spec(tensor(op.out, spec(from).type, spec(from).grid))};
    op.window = {.height = 2, .width = 2, .stride_height = 2, .stride_width = 2};
    return push(std::move(op));
  }

  // Operators from `first` on.
  std::vector<Operator> operators(size_t first = 0) const {
    return {operators_.begin() + static_cast<ptrdiff_t>(first), operators_.end()};
  }
  Operator& last() { return operators_.back(); }
  size_t tensor_count() const { return tensors_.size(); }

  // Between -1 and 1.
  float value() {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<float>(static_cast<int>(state_ >> 8) % 2001 - 1000) / 1000.0f;
  }

 private:
  int like(int other) { return tensor(shape(other), spec(other).type, spec(other).grid); }

  Operator weighted(OperatorType type, int from, int channels, int window, int stride, Range range) {
    Operator op = {.type = type};
    op.in = shape(from);
    op.out = {(op.in.height + stride - 1) / stride, (op.in.width + stride - 1) / stride, channels};
    const auto before = [&](int in, int out) {
      const int total = (out - 1) * stride + window - in;
      return total > 0 ? total / 2 : 0;
    };
    op.window = {.height = window, .width = window, .stride_height = stride, .stride_width = stride};
    op.window.pad_top = before(op.in.height, op.out.height);
    op.window.pad_left = before(op.in.width, op.out.width);
    op.inputs = {spec(from)};
    op.outputs = {spec(tensor(op.out, spec(from).type, spec(from).grid))};
    op.range = range;
    return op;
  }

  void add_weights(Operator* op, int rows, int columns) {
    const size_t count = static_cast<size_t>(rows) * columns;
    const int channels = op->out.channels;
    op->weights.rows = rows;
    op->weights.columns = columns;
    op->multiply_accumulates = static_cast<int64_t>(count) * op->out.height * op->out.width;
    if (op->eight_bit()) {
      op->weights.type = ElementType::kInt8;
      std::vector<int8_t>& values = integers_.emplace_back();
      for (size_t i = 0; i < count; ++i) values.push_back(static_cast<int8_t>(127 * value()));
      op->weights.data = values.data();
      for (int c = 0; c < channels; ++c)
        op->weights.scales.push_back((1.5f + value()) / (20.0f * static_cast<float>(columns)));
      std::vector<int32_t>& bias = biases_.emplace_back();
      for (int c = 0; c < channels; ++c) bias.push_back(static_cast<int32_t>(2000 * value()));
      op->weights.integer_bias = bias.data();
      return;
    }
    std::vector<float>& values = floats_.emplace_back();
    for (size_t i = 0; i < count; ++i) values.push_back(value());
    op->weights.data = values.data();
    std::vector<float>& bias = floats_.emplace_back();
    for (int c = 0; c < channels; ++c) bias.push_back(value());
    op->weights.bias = bias.data();
  }

  int push(Operator op) {
    op.index = static_cast<int>(operators_.size());
    op.id = std::string(type_name(op.type)) + "_" + std::to_string(op.index);
    operators_.push_back(std::move(op));
    return operators_.back().outputs[0].number;
  }

  uint32_t state_;
  std::vector<TensorSpec> tensors_;
  std::vector<Operator> operators_;
  std::deque<std::vector<float>> floats_;
  std::deque<std::vector<int8_t>> integers_;
  std::deque<std::vector<int32_t>> biases_;
};

}  // namespace approxlite

#endif  // APPROXLITE_TEST_ENGINE_NETWORK_H_
