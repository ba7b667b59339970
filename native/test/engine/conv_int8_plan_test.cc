// The plan against the same arithmetic in double: which integers meet, on which grids, is what it decides.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "engine/int8_steps.h"
#include "engine/plan.h"

namespace approxlite {
namespace {

struct PlanCase {
  int size = 7, channels = 8, outputs = 12, filter = 3, stride = 1;
  ElementType weights = ElementType::kFloat32;
  bool eight_bit = false;       // the model; else the knob
  bool bytes_in = false, bytes_out = false;
  bool calibrated_scale = false;
  Fraction sample, inputs, rows;
  bool own_weights = false;
  bool add = false, addend_bytes = false;
  bool rectified_sum = false;  // the addition's range, and its grid, begin at zero; the convolution's do not
  int threads = 1;
};

class Conv {
 public:
  Conv(const PlanCase& a, uint32_t seed) : a_(a), random_(seed), input_(in_size()), addend_(out_size()) {
    make_operator();
    make_weights();
    const Form bytes_in = {true, {0.02f, 113}}, bytes_out = {true, {0.11f, a.rectified_sum ? 0 : 90}};
    if (a.rectified_sum) addition_.range.low = 0.0f;
    choice_.inputs = {a.bytes_in ? bytes_in : Form{}};
    choice_.output = a.bytes_out ? bytes_out : Form{};
    choice_.addend = a.addend_bytes ? Form{true, {0.05f, 20}} : Form{};
    if (a.calibrated_scale) choice_.scale = Grid{0.017f, 120};
    choice_.add = a.add;
    choice_.knob = {.int8 = !a.eight_bit, .inputs = a.inputs, .sample = a.sample, .rows = a.rows};
    for (TensorSpec* tensor : {&op_.outputs[0], &addition_.outputs[0]}) {
      if (a.eight_bit) *tensor = {tensor->number, ElementType::kInt8, tensor->dims, bytes_out.grid};
    }
    if (a.add && a.eight_bit) op_.outputs[0].grid = {0.09f, 100};
    for (size_t i = 0; i < input_.size(); ++i) input_[i] = static_cast<float>(integer(-2300, 2800)) / 1000;
    for (size_t i = 0; i < addend_.size(); ++i) addend_[i] = static_cast<float>(integer(-4000, 4000)) / 1000;
  }

  // Real numbers where the plan wrote; only what was computed can be compared.
  void expect_right() {
    Weights weights(op_.weights, conv_reading(op_).taps, conv_reading(op_).run, best_kernels());
    const auto plan = make_conv_int8_plan({op_, &addition_, best_kernels(), &weights, a_.threads}, choice_);
    const auto to_bytes = [](const std::vector<float>& from, const Form& form) {
      Buffer bytes(from.size());
      for (size_t i = 0; i < from.size(); ++i) bytes.data()[i] = static_cast<uint8_t>(on_grid(from[i], form.grid));
      return bytes;
    };
    Buffer input_bytes = to_bytes(input_, choice_.inputs[0]), addend_bytes = to_bytes(addend_, choice_.addend);
    Buffer output(sizeof(float) * out_size());
    void* const out = output.data();
    const Addresses addresses = {
        a_.bytes_in ? static_cast<void*>(input_bytes.data()) : input_.data(), a_.add ? nullptr : out,
        a_.addend_bytes ? static_cast<void*>(addend_bytes.data()) : addend_.data(), a_.add ? out : nullptr};
    Buffer scratch(plan->scratch_bytes());
    ThreadPool pool(a_.threads);
    plan->bind(addresses, scratch.data());
    for (int repeat = 0; repeat < 2; ++repeat) plan->run(pool);

    const std::vector<int32_t> rows = computed_lines(op_.out.height, a_.rows);
    const Grid grid = input_grid();
    for (const int32_t y : rows) {
      for (int x = 0; x < op_.out.width; ++x) {
        for (int o = 0; o < a_.outputs; ++o) {
          const size_t at = (static_cast<size_t>(y) * op_.out.width + x) * a_.outputs + o;
          const double expected = value(y, x, o, at, grid);
          if (a_.bytes_out) {
            ASSERT_NEAR(output.data()[at], on_grid(expected, choice_.output.grid), 1) << y << " " << x << " " << o;
          } else {
            ASSERT_NEAR(output.as<float>()[at], expected, 2e-5 * (1 + std::fabs(expected)))
                << y << " " << x << " " << o;
          }
        }
      }
    }
  }

 private:
  static double on_grid(double real, const Grid& grid) {
    return std::clamp(std::nearbyint(real / grid.scale) + grid.zero_point, 0.0, 255.0);
  }
  size_t in_size() const { return static_cast<size_t>(a_.size) * a_.size * a_.channels; }
  size_t out_size() const {
    const size_t out = static_cast<size_t>((a_.size + a_.stride - 1) / a_.stride);
    return out * out * static_cast<size_t>(a_.outputs);
  }

  int integer(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  void make_operator() {
    const int out = (a_.size + a_.stride - 1) / a_.stride;
    op_.in = {a_.size, a_.size, a_.channels};
    op_.out = {out, out, a_.outputs};
    const int pad = std::max(0, (out - 1) * a_.stride + a_.filter - a_.size) / 2;
    op_.window = {a_.filter, a_.filter, a_.stride, a_.stride, 1, 1, pad, pad};
    op_.range = {-4.0f, 6.0f};
    addition_.range = {-3.0f, 7.0f};
    const ElementType type = a_.eight_bit ? ElementType::kUInt8 : ElementType::kFloat32;
    const std::vector<int> out_dims = {1, out, out, a_.outputs};
    op_.inputs = {{0, type, {1, a_.size, a_.size, a_.channels}}};
    op_.outputs = {{1, type, out_dims}};
    addition_.inputs = {{1, type, out_dims}, {2, type, out_dims}};
    addition_.outputs = {{3, type, out_dims}};
    op_.addition = 1;
    op_.addend_input = 1;
  }

  void make_weights() {
    const size_t k = static_cast<size_t>(a_.filter) * a_.filter * a_.channels, count = k * a_.outputs;
    WeightSource& source = op_.weights;
    source.rows = a_.outputs;
    source.columns = static_cast<int>(k);
    source.type = a_.weights;
    bias_.resize(static_cast<size_t>(a_.outputs));
    integer_bias_.resize(bias_.size());
    for (size_t o = 0; o < bias_.size(); ++o) {
      bias_[o] = static_cast<float>(integer(-900, 900)) / 1000;
      integer_bias_[o] = integer(-3000, 3000);
      source.scales.push_back(0.001f + 0.0001f * static_cast<float>(o));
    }
    if (a_.eight_bit) {
      source.integer_bias = integer_bias_.data();
    } else {
      source.bias = bias_.data();
    }
    real_weights_.resize(count);
    for (size_t i = 0; i < count; ++i) {
      float_weights_.push_back(static_cast<float>(integer(-200, 200)) / 1000);
      byte_weights_.push_back(static_cast<uint8_t>(integer(a_.weights == ElementType::kInt8 ? 1 : 0, 255)));
    }
    source.data =
        a_.weights == ElementType::kFloat32 ? static_cast<const void*>(float_weights_.data()) : byte_weights_.data();
    if (a_.weights == ElementType::kUInt8) {
      source.zero_point = 140;
      std::fill(source.scales.begin(), source.scales.end(), source.scales[0]);
    }
    for (size_t i = 0; i < count; ++i) real_weights_[i] = weight(i, k);
    read_.assign(k, true);
    choose_read(k);
  }

  double weight(size_t i, size_t k) const {
    const double scale = op_.weights.scales[i / k];
    if (a_.weights == ElementType::kInt8) return scale * static_cast<int8_t>(byte_weights_[i]);
    if (a_.weights == ElementType::kUInt8) return scale * (byte_weights_[i] - op_.weights.zero_point);
    float largest = 0;
    for (size_t j = i / k * k; j < (i / k + 1) * k; ++j) largest = std::fmax(largest, std::fabs(float_weights_[j]));
    const float step = largest / 127.0f;
    return static_cast<double>(step) * std::nearbyint(float_weights_[i] / step);
  }

  // Groups of four that sampling and subsets leave.
  void choose_read(size_t k) {
    const size_t groups = k / 4;
    if (!a_.sample.whole()) {
      const size_t period = static_cast<size_t>(a_.sample.denominator);
      for (size_t i = 0; i < k; ++i) read_[i] = i / 4 % period != period - 1;
    }
    if (a_.inputs.whole()) return;
    std::fill(read_.begin(), read_.end(), false);
    const size_t count = groups * static_cast<size_t>(a_.inputs.numerator) / static_cast<size_t>(a_.inputs.denominator);
    for (size_t i = 0; i < count; ++i) {
      const size_t group = a_.own_weights ? i + 1 : i * groups / count;
      groups_read_.push_back(static_cast<int32_t>(group));
      for (size_t j = 0; j < 4; ++j) read_[4 * group + j] = true;
    }
    // Their weights are put on a grid of their own: on the whole's they would only be close.
    for (size_t o = 0; o < bias_.size(); ++o) {
      float largest = 0;
      std::vector<float> values;
      for (size_t i = 0; i < k; ++i) {
        if (!read_[i]) continue;
        float value = float_weights_[o * k + i];
        if (a_.weights != ElementType::kFloat32) value = static_cast<float>(real_weights_[o * k + i]);
        if (a_.own_weights) value = 0.5f * value + 0.01f;
        own_values_.push_back(value);
        largest = std::fmax(largest, std::fabs(value));
        values.push_back(value);
      }
      const float step = largest / 127.0f;
      for (size_t i = 0, at = 0; i < k; ++i) {
        if (read_[i]) real_weights_[o * k + i] = static_cast<double>(step) * std::nearbyint(values[at++] / step);
      }
    }
    if (!a_.own_weights) return;
    for (float& bias : own_bias_ = bias_) bias += 0.25f;
    auto own = std::make_shared<OperatorWeights>();
    own->groups = groups_read_.data();
    own->group_count = static_cast<int>(groups_read_.size());
    own->weights = own_values_.data();
    own->bias = own_bias_.data();
    own->outputs = a_.outputs;
    choice_.own_weights = own;
  }

  Grid input_grid() const {
    if (a_.bytes_in) return choice_.inputs[0].grid;
    if (choice_.scale.has_value()) return *choice_.scale;
    const auto [low, high] = std::minmax_element(input_.data(), input_.data() + input_.size());
    return grid_over(*low, *high);
  }

  double value(int y, int x, int o, size_t at, const Grid& grid) const {
    const size_t k = read_.size();
    double sum = 0;
    for (int ty = 0; ty < a_.filter; ++ty) {
      for (int tx = 0; tx < a_.filter; ++tx) {
        const int in_y = y * a_.stride + ty - op_.window.pad_top, in_x = x * a_.stride + tx - op_.window.pad_left;
        if (in_y < 0 || in_y >= a_.size || in_x < 0 || in_x >= a_.size) continue;
        for (int c = 0; c < a_.channels; ++c) {
          const size_t i = (static_cast<size_t>(ty) * a_.filter + tx) * a_.channels + c;
          if (!read_[i]) continue;
          // Bytes are what the float was put on the grid as, by a product with the inverse.
          const float real = input_[(static_cast<size_t>(in_y) * a_.size + in_x) * a_.channels + c];
          const double byte =
              a_.bytes_in ? on_grid(real, grid)
                          : std::clamp(std::nearbyint(real * (1.0f / grid.scale)) + grid.zero_point, 0.0f, 255.0f);
          sum += (byte - grid.zero_point) * grid.scale * real_weights_[static_cast<size_t>(o) * k + i];
        }
      }
    }
    if (!a_.sample.whole()) sum *= a_.sample.denominator / static_cast<double>(a_.sample.denominator - 1);
    const size_t channel = static_cast<size_t>(o);
    sum += a_.own_weights ? own_bias_[channel]
           : a_.eight_bit ? double{grid.scale} * op_.weights.scales[channel] * integer_bias_[channel]
                          : bias_[channel];
    Range own = op_.range;
    if (a_.add && a_.eight_bit) own = range_on(own, op_.outputs[0].grid);
    sum = std::clamp(sum, double{own.low}, double{own.high});
    if (!a_.add) return sum;
    const Grid addend = choice_.addend.grid;
    sum += a_.addend_bytes ? (on_grid(addend_[at], addend) - addend.zero_point) * addend.scale : addend_[at];
    return std::clamp(sum, double{addition_.range.low}, double{addition_.range.high});
  }

  const PlanCase a_;
  std::mt19937 random_;
  Operator op_ = {.type = OperatorType::kConv2d}, addition_ = {.type = OperatorType::kAdd};
  PlanChoice choice_;
  std::vector<float> float_weights_, bias_, own_values_, own_bias_;
  std::vector<uint8_t> byte_weights_;
  std::vector<int32_t> integer_bias_, groups_read_;
  std::vector<double> real_weights_;
  std::vector<bool> read_;
  std::vector<float> input_, addend_;
};

void expect_right(const PlanCase& a) {
  for (uint32_t seed = 1; seed <= 4; ++seed) Conv(a, seed).expect_right();
}

TEST(ConvInt8Plan, QuantisesFloatsOnTheirOwnOrACalibratedScale) {
  for (const int channels : {3, 8, 13, 40}) {
    for (const int filter : {1, 3}) {
      for (const int stride : {1, 2}) {
        for (const bool calibrated : {false, true}) {
          for (const ElementType weights : {ElementType::kFloat32, ElementType::kInt8}) {
            expect_right({.channels = channels,
                          .filter = filter,
                          .stride = stride,
                          .weights = weights,
                          .calibrated_scale = calibrated});
          }
        }
      }
    }
  }
}

TEST(ConvInt8Plan, ReadsAndWritesBytesBetweenInt8Neighbours) {
  for (const int channels : {3, 16, 21}) {
    expect_right({.channels = channels, .bytes_in = true});
    expect_right({.channels = channels, .bytes_out = true});
    expect_right({.channels = channels, .bytes_in = true, .bytes_out = true});
  }
}

TEST(ConvInt8Plan, RunsEightBitModels) {
  for (const ElementType weights : {ElementType::kInt8, ElementType::kUInt8}) {
    for (const int channels : {3, 16, 21, 64}) {
      for (const int filter : {1, 3}) {
        PlanCase a = {.channels = channels,
                      .filter = filter,
                      .weights = weights,
                      .eight_bit = true,
                      .bytes_in = true,
                      .bytes_out = true};
        expect_right(a);
        a.rows = {1, 2};
        expect_right(a);
        if (channels % 4 != 0) continue;
        a.sample = {2, 3};
        expect_right(a);
      }
    }
  }
}

TEST(ConvInt8Plan, SamplesAndReadsSubsets) {
  for (const int channels : {16, 40}) {
    for (const bool bytes : {false, true}) {
      expect_right({.channels = channels, .bytes_in = bytes, .sample = {1, 2}});
      expect_right({.channels = channels, .bytes_in = bytes, .inputs = {1, 2}});
      expect_right({.channels = channels, .bytes_in = bytes, .inputs = {1, 4}, .own_weights = true});
      expect_right({.channels = channels,
                    .weights = ElementType::kInt8,
                    .eight_bit = true,
                    .bytes_in = true,
                    .bytes_out = true,
                    .inputs = {1, 2}});
    }
  }
}

TEST(ConvInt8Plan, AddsTheAdditionThatFollows) {
  for (const bool bytes : {false, true}) {
    for (const bool addend_bytes : {false, true}) {
      expect_right({.bytes_in = bytes, .bytes_out = bytes, .add = true, .addend_bytes = addend_bytes});
    }
  }
  expect_right({.weights = ElementType::kInt8,
                .eight_bit = true,
                .bytes_in = true,
                .bytes_out = true,
                .add = true,
                .addend_bytes = true});
}

TEST(ConvInt8Plan, AddsBelowZeroToWhatIsRectifiedAfterwards) {
  for (const bool addend_bytes : {false, true}) {
    expect_right({.bytes_out = true, .add = true, .addend_bytes = addend_bytes, .rectified_sum = true});
  }
}

TEST(ConvInt8Plan, GivesTheSameOnThreads) {
  expect_right({.size = 40, .channels = 16, .outputs = 32, .threads = 3});
  expect_right({.size = 40, .channels = 36, .outputs = 32, .bytes_out = true, .threads = 3});
}

}  // namespace
}  // namespace approxlite
