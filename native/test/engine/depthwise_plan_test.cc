// The depthwise plans against the same arithmetic in double.
#include <algorithm>
#include <cmath>

#include "test/engine/plan_case.h"

namespace approxlite {
namespace {

struct DepthwiseCase {
  int height = 9, width = 8, channels = 21, filter = 3, stride = 1;
  ElementType weights = ElementType::kFloat32;
  bool eight_bit = false;  // the model; else the knob
  bool int8 = false;
  bool bytes_in = false, bytes_out = false, calibrated_scale = false;
  Fraction rows;
  Pattern demand;
};

class Depthwise {
 public:
  explicit Depthwise(const DepthwiseCase& a, uint32_t seed) : a_(a), random_(seed) {
    const int out_height = (a.height + a.stride - 1) / a.stride, out_width = (a.width + a.stride - 1) / a.stride;
    op_.type = OperatorType::kDepthwiseConv2d;
    op_.in = {a.height, a.width, a.channels};
    op_.out = {out_height, out_width, a.channels};
    op_.window = {a.filter, a.filter, a.stride, a.stride, 1, 1, (a.filter - 1) / 2, (a.filter - 1) / 2};
    op_.range = {-2.0f, 2.5f};
    const ElementType type = a.eight_bit ? ElementType::kUInt8 : ElementType::kFloat32;
    op_.inputs = {{0, type, {1, a.height, a.width, a.channels}}};
    op_.outputs = {{1, type, {1, out_height, out_width, a.channels}}};
    choice_.knob = {.int8 = a.int8, .rows = a.rows};
    choice_.demand = a.demand;
    choice_.inputs = {a.bytes_in ? Form{true, {0.011f, 113}} : Form{}};
    choice_.output = a.bytes_out ? Form{true, {0.02f, 100}} : Form{};
    if (a.calibrated_scale) choice_.scale = Grid{0.011f, 113};
    for (size_t i = 0; i < op_.in.size(); ++i) {
      input_.push_back(0.011f * static_cast<float>(integer(0, 255) - 113));
    }
    make_weights();
  }

  // The plan's outputs as real numbers; rows that were not written are -1000 or byte 7.
  Reals result(int threads = 1) {
    Weights weights(op_.weights, a_.filter * a_.filter, a_.channels, best_kernels());
    const std::unique_ptr<Plan> plan = make_plan({op_, nullptr, best_kernels(), &weights, threads}, choice_);
    Buffer in(input_.size() * sizeof(float)), out(op_.out.size() * sizeof(float)), scratch(plan->scratch_bytes());
    const Grid from = choice_.inputs[0].grid, to = choice_.output.grid;
    for (size_t i = 0; i < input_.size(); ++i) {
      in.as<float>()[i] = input_[i];
    }
    if (a_.bytes_in) {
      for (size_t i = 0; i < input_.size(); ++i) {
        in.data()[i] = static_cast<uint8_t>(std::nearbyint(input_[i] / from.scale) + from.zero_point);
      }
    }
    for (size_t i = 0; i < op_.out.size(); ++i) {
      if (a_.bytes_out) {
        out.data()[i] = 7;
      } else {
        out.as<float>()[i] = -1000;
      }
    }
    ThreadPool pool(threads);
    plan->bind({in.data(), out.data()}, scratch.data());
    plan->run(pool);
    plan->run(pool);
    Reals y;
    for (size_t i = 0; i < op_.out.size(); ++i) {
      y.push_back(a_.bytes_out ? to.scale * static_cast<float>(out.data()[i] - to.zero_point) : out.as<float>()[i]);
    }
    return y;
  }

  Reals expected() const {
    Reals y;
    for (int row = 0; row < op_.out.height; ++row) {
      for (int column = 0; column < op_.out.width; ++column) {
        for (int channel = 0; channel < a_.channels; ++channel) {
          y.push_back(static_cast<float>(std::clamp(sum_at(row, column, channel), -2.0, 2.5)));
        }
      }
    }
    return y;
  }

  // How far results may lie from what is expected: a step of the output, and what the knob's own weights are off.
  float tolerance() const {
    const float steps = a_.bytes_out ? 0.51f * choice_.output.grid.scale : 0;
    return steps + (a_.int8 ? 0.03f : 1e-5f);
  }

 private:
  int integer(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  void make_weights() {
    const size_t taps = static_cast<size_t>(a_.filter) * a_.filter, channels = static_cast<size_t>(a_.channels);
    WeightSource& source = op_.weights;
    source.rows = static_cast<int>(taps);
    source.columns = a_.channels;
    source.type = a_.weights;
    if (a_.weights == ElementType::kUInt8) source.zero_point = 140;
    for (size_t c = 0; c < channels; ++c) {
      if (source.eight_bit()) source.scales.push_back(0.002f * static_cast<float>(integer(1, 3)));
      integer_bias_.push_back(integer(-20000, 20000));
      float_bias_.push_back(static_cast<float>(integer(-1000, 1000)) / 1000);
    }
    for (size_t i = 0; i < taps * channels; ++i) {
      const int value = integer(0, 255);
      integers_.push_back(static_cast<uint8_t>(value));
      floats_.push_back(static_cast<float>(value - 128) / 500);
    }
    source.data = source.eight_bit() ? static_cast<const void*>(integers_.data()) : floats_.data();
    if (a_.eight_bit) {
      source.integer_bias = integer_bias_.data();
    } else {
      source.bias = float_bias_.data();
    }
  }

  double weight(size_t i, size_t channel) const {
    const WeightSource& source = op_.weights;
    if (!source.eight_bit()) return floats_[i];
    const int value =
        source.type == ElementType::kUInt8 ? integers_[i] - source.zero_point : static_cast<int8_t>(integers_[i]);
    return static_cast<double>(source.scales[channel]) * value;
  }

  double sum_at(int row, int column, int channel) const {
    const size_t c = static_cast<size_t>(channel);
    double sum = a_.eight_bit ? double{0.011f} * op_.weights.scales[c] * integer_bias_[c] : double{float_bias_[c]};
    for (int i = 0; i < a_.filter; ++i) {
      for (int j = 0; j < a_.filter; ++j) {
        const int y = row * a_.stride - op_.window.pad_top + i, x = column * a_.stride - op_.window.pad_left + j;
        if (y < 0 || y >= a_.height || x < 0 || x >= a_.width) continue;
        sum += weight(static_cast<size_t>((i * a_.filter + j) * a_.channels + channel), c) *
               double{input_[static_cast<size_t>((y * a_.width + x) * a_.channels + channel)]};
      }
    }
    return sum;
  }

  const DepthwiseCase a_;
  std::mt19937 random_;
  Operator op_ = {};
  PlanChoice choice_;
  Reals input_, floats_, float_bias_;
  std::vector<uint8_t> integers_;
  std::vector<int32_t> integer_bias_;
};

void expect_near(const Reals& y, const Reals& expected, float tolerance, const char* what) {
  ASSERT_EQ(y.size(), expected.size());
  for (size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], tolerance) << what << ", element " << i;
}

void expect_right(const DepthwiseCase& a, const char* what) {
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    Depthwise depthwise(a, seed);
    expect_near(depthwise.result(), depthwise.expected(), depthwise.tolerance(), what);
  }
}

TEST(DepthwisePlan, ConvolvesFloats) {
  expect_right({}, "3x3");
  expect_right({.filter = 5, .stride = 2}, "5x5 at every second pixel");
  expect_right({.weights = ElementType::kInt8}, "8-bit weights in a float model");
}

TEST(DepthwisePlan, ConvolvesBytesInEightBitModelsWithinHalfAStep) {
  for (const ElementType type : {ElementType::kInt8, ElementType::kUInt8}) {
    expect_right({.weights = type, .eight_bit = true, .bytes_in = true, .bytes_out = true}, "3x3");
    expect_right({.filter = 5, .stride = 2, .weights = type, .eight_bit = true, .bytes_in = true, .bytes_out = true},
                 "5x5 at every second pixel");
  }
}

TEST(DepthwisePlan, TheInt8KnobStaysCloseToTheFloatsInEveryForm) {
  expect_right({.int8 = true}, "on the input's own range");
  expect_right({.int8 = true, .calibrated_scale = true}, "on a calibrated grid");
  expect_right({.int8 = true, .bytes_in = true}, "bytes to floats");
  expect_right({.int8 = true, .bytes_out = true}, "floats to bytes");
  expect_right({.int8 = true, .bytes_in = true, .bytes_out = true}, "bytes to bytes");
}

TEST(DepthwisePlan, RowsLeftOutAreBlendedFromTheirNeighbours) {
  for (const bool bytes : {false, true}) {
    const DepthwiseCase exact = {.int8 = bytes, .bytes_in = bytes, .bytes_out = bytes};
    DepthwiseCase half = exact;
    half.rows = {1, 2};
    Reals expected = Depthwise(exact, 1).result();
    const size_t row = 8 * 21;
    for (size_t y = 1; y < 9; y += 2) {
      for (size_t i = 0; i < row; ++i) {
        expected[y * row + i] = 0.5f * (expected[(y - 1) * row + i] + expected[(y + 1) * row + i]);
      }
    }
    expect_near(Depthwise(half, 1).result(), expected, bytes ? 0.011f : 1e-5f, bytes ? "bytes" : "floats");
  }
}

TEST(DepthwisePlan, RowsNobodyReadsAreNotWritten) {
  for (const bool bytes : {false, true}) {
    for (const bool knob : {false, true}) {
      DepthwiseCase part = {.int8 = bytes, .bytes_in = bytes, .bytes_out = bytes};
      const Reals expected = Depthwise(part, 1).result();
      part.demand.rows = {1, 2};
      if (knob) part.rows = {1, 2};
      const Reals y = Depthwise(part, 1).result();
      const size_t row = 8 * 21;
      for (size_t i = 0; i < y.size(); ++i) {
        const bool read = i / row % 2 == 0;
        ASSERT_EQ(y[i], read ? expected[i] : bytes ? 0.02f * static_cast<float>(7 - 100) : -1000.0f) << i;
      }
    }
  }
}

TEST(DepthwisePlan, GivesTheSameBitsOnAnyNumberOfThreads) {
  for (const bool bytes : {false, true}) {
    const DepthwiseCase a = {.height = 60, .width = 50, .channels = 40, .filter = 5, .int8 = bytes, .rows = {2, 3}};
    EXPECT_EQ(Depthwise(a, 1).result(4), Depthwise(a, 1).result(1));
  }
}

}  // namespace
}  // namespace approxlite
