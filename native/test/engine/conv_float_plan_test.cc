// The float plans of convolutions against the same sums in double: which inputs meet which weights is what they decide.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "engine/plan.h"

namespace approxlite {
namespace {

class Random {
 public:
  explicit Random(uint32_t seed) : generator_(seed) {}
  // low..high, both included.
  int integer(int low, int high) { return std::uniform_int_distribution<int>(low, high)(generator_); }
  bool chance(int percent) { return integer(1, 100) <= percent; }

 private:
  std::mt19937 generator_;
};

struct PlanCase {
  int height = 7, width = 9, channels = 8, outputs = 12, filter = 3, stride = 1, dilation = 1;
  Fraction sample, inputs, rank;
  bool own_weights = false, int8 = false;
  bool add = false, addend_bytes = false;
  Pattern demand;
  int threads = 1;
};

class Conv {
 public:
  Conv(const PlanCase& of, uint32_t seed) : of_(of), random_(seed) {
    const int covered = (of.filter - 1) * of.dilation + 1;
    op_.in = {of.height, of.width, of.channels};
    op_.out = {(of.height + of.stride - 1) / of.stride, (of.width + of.stride - 1) / of.stride, of.outputs};
    op_.window = {of.filter, of.filter, of.stride, of.stride, of.dilation, of.dilation};
    op_.window.pad_top = std::max(0, (op_.out.height - 1) * of.stride + covered - of.height) / 2;
    op_.window.pad_left = std::max(0, (op_.out.width - 1) * of.stride + covered - of.width) / 2;
    op_.range = {-4.0f, 6.0f};
    addition_.range = {-3.0f, 7.0f};
    op_.inputs = {{.number = 0}};
    op_.outputs = {{.number = 1}};
    addition_.inputs = {{.number = 1}, {.number = 2}};
    addition_.outputs = {{.number = 3}};
    op_.addition = 1;
    op_.addend_input = 1;
    k_ = of.filter * of.filter * of.channels;
    input_ = values(op_.in.size());
    addend_ = values(op_.out.size());
    weights_ = values(static_cast<size_t>(k_) * static_cast<size_t>(of.outputs));
    bias_ = values(static_cast<size_t>(of.outputs));
    op_.weights = {.data = weights_.data(), .rows = of.outputs, .columns = k_, .bias = bias_.data()};
    if (of.own_weights) make_own_weights();
  }

  std::vector<float> output() {
    PlanChoice choice = {.knob = {.int8 = of_.int8, .inputs = of_.inputs, .rank = of_.rank, .sample = of_.sample},
                         .inputs = {Form{}},
                         .demand = of_.demand,
                         .add = of_.add,
                         .own_weights = own_};
    std::vector<uint8_t> addend_bytes(addend_.size());
    if (of_.addend_bytes) {
      choice.addend = {true, {0.05f, 20}};
      for (size_t i = 0; i < addend_.size(); ++i) {
        addend_bytes[i] = static_cast<uint8_t>(random_.integer(0, 60));
        addend_[i] = 0.05f * static_cast<float>(addend_bytes[i] - 20);
      }
    }
    const ConvReading reading = conv_reading(op_);
    Weights weights(op_.weights, reading.taps, reading.run, best_kernels());
    const PlanContext context = {op_, &addition_, best_kernels(), &weights, of_.threads};
    const auto plan = of_.rank.whole() ? make_conv_float_plan(context, choice) : make_rank_plan(context, choice);
    std::vector<float> output(op_.out.size());
    void* const addend = of_.addend_bytes ? static_cast<void*>(addend_bytes.data()) : addend_.data();
    const Addresses addresses = {input_.data(), output.data(), addend, output.data()};
    Buffer scratch(plan->scratch_bytes());
    ThreadPool pool(of_.threads);
    plan->bind(addresses, scratch.data());
    for (int repeat = 0; repeat < 2; ++repeat) plan->run(pool);
    return output;
  }

  // Where the demand lies; `weights` [output][K] stand for those of the operator.
  void expect_near(const std::vector<float>& output, const std::vector<float>& weights, double rescale,
                   double tolerance) const {
    for (const int32_t y : computed_lines(op_.out.height, of_.demand.rows)) {
      for (int x = 0; x < op_.out.width; ++x) {
        for (int o = 0; o < of_.outputs; ++o) {
          const size_t at = static_cast<size_t>((y * op_.out.width + x) * of_.outputs + o);
          ASSERT_NEAR(output[at], value(weights, rescale, y, x, o, at), tolerance) << y << " " << x << " " << o;
        }
      }
    }
  }
  void expect_near(const std::vector<float>& output) const { expect_near(output, weights_, 1, 1e-4); }

  const std::vector<float>& weights() const { return weights_; }
  int k() const { return k_; }

  // What the calibrated weights stand for.
  std::vector<float> effective_weights() const {
    std::vector<float> whole(weights_.size(), 0.0f);
    for (int o = 0; o < of_.outputs; ++o) {
      for (int k = 0; k < k_ && own_->first != nullptr; ++k) {
        for (int r = 0; r < own_->rank; ++r) {
          whole[static_cast<size_t>(o * k_ + k)] += own_->weights[o * own_->rank + r] * own_->first[r * k_ + k];
        }
      }
      for (int i = 0; i < own_->group_count; ++i) {
        for (int c = 0; c < 4; ++c) {
          whole[static_cast<size_t>(o * k_ + 4 * own_->groups[i] + c)] =
              own_->weights[4 * (o * own_->group_count + i) + c];
        }
      }
    }
    return whole;
  }

 private:
  std::vector<float> values(size_t size) {
    std::vector<float> values(size);
    for (float& value : values) value = static_cast<float>(random_.integer(-1000, 1000)) / 2000;
    return values;
  }

  void make_own_weights() {
    auto own = std::make_shared<OperatorWeights>();
    own->bias = bias_.data();
    own->outputs = of_.outputs;
    own->k = k_;
    if (of_.rank.whole()) {
      for (int group = 0; group < k_ / 4; ++group) {
        if (random_.chance(40)) groups_.push_back(group);
      }
      own->groups = groups_.data();
      own->group_count = static_cast<int>(groups_.size());
      own_values_ = values(groups_.size() * 4 * static_cast<size_t>(of_.outputs));
    } else {
      own->rank = 5;
      first_ = values(static_cast<size_t>(5 * k_));
      own_values_ = values(static_cast<size_t>(5 * of_.outputs));
      own->first = first_.data();
    }
    own->weights = own_values_.data();
    own_ = own;
  }

  double value(const std::vector<float>& weights, double rescale, int y, int x, int o, size_t at) const {
    const Window& window = op_.window;
    double sum = 0;
    for (int k = 0; k < k_; ++k) {
      const int tap = k / of_.channels, c = k % of_.channels;
      const int input_y = y * of_.stride + tap / of_.filter * of_.dilation - window.pad_top;
      const int input_x = x * of_.stride + tap % of_.filter * of_.dilation - window.pad_left;
      if (input_y < 0 || input_y >= of_.height || input_x < 0 || input_x >= of_.width) continue;
      sum += static_cast<double>(input_[static_cast<size_t>((input_y * of_.width + input_x) * of_.channels + c)]) *
             weights[static_cast<size_t>(o * k_ + k)];
    }
    const double own = std::clamp(sum * rescale + bias_[static_cast<size_t>(o)], -4.0, 6.0);
    return of_.add ? std::clamp(own + addend_[at], -3.0, 7.0) : own;
  }

  const PlanCase of_;
  Random random_;
  Operator op_ = {}, addition_ = {};
  int k_;
  std::vector<float> input_, addend_, weights_, bias_, first_, own_values_;
  std::vector<int32_t> groups_;
  std::shared_ptr<const OperatorWeights> own_;
};

TEST(ConvFloatPlan, AddsUpWhatItsWindowsCover) {
  uint32_t seed = 0;
  for (const int channels : {1, 3, 8, 12, 20}) {
    for (const int filter : {1, 2, 3, 5}) {
      for (const int stride : {1, 2}) {
        for (const int dilation : {1, 2}) {
          Conv conv({.channels = channels, .filter = filter, .stride = stride, .dilation = dilation}, ++seed);
          conv.expect_near(conv.output());
        }
      }
    }
  }
}

TEST(ConvFloatPlan, GivesTheSameBitsWithAnyNumberOfThreads) {
  for (const int channels : {3, 16}) {
    PlanCase of = {.height = 40, .width = 40, .channels = channels, .outputs = 24};
    const std::vector<float> expected = Conv(of, 1).output();
    for (of.threads = 2; of.threads <= 4; ++of.threads) EXPECT_EQ(Conv(of, 1).output(), expected);
  }
}

TEST(ConvFloatPlan, DoesTheAdditionThatFollows) {
  for (const bool bytes : {false, true}) {
    Conv conv({.add = true, .addend_bytes = bytes}, 3);
    const std::vector<float> output = conv.output();
    conv.expect_near(output);
  }
}

TEST(ConvFloatPlan, ComputesWhatIsDemanded) {
  Conv conv({.demand = {.rows = {1, 2}}}, 4);
  conv.expect_near(conv.output());
}

TEST(ConvFloatPlan, LeavesOutAndRescalesASample) {
  for (const int channels : {3, 12}) {
    Conv conv({.channels = channels, .sample = {2, 3}}, 5);
    std::vector<float> left = conv.weights();
    for (size_t i = 0; i < left.size(); ++i) {
      if (i % static_cast<size_t>(conv.k()) % 3 == 2) left[i] = 0;
    }
    conv.expect_near(conv.output(), left, 1.5, 1e-4);
  }
}

TEST(ConvFloatPlan, ReadsTheCalibratedSubset) {
  for (const int channels : {4, 8, 20}) {
    Conv conv({.channels = channels, .inputs = {1, 2}, .own_weights = true}, 6);
    conv.expect_near(conv.output(), conv.effective_weights(), 1, 1e-4);
  }
}

TEST(RankPlan, MultipliesByBothFactors) {
  for (const int channels : {3, 8, 20}) {
    Conv conv({.channels = channels, .rank = {1, 2}, .own_weights = true}, 7);
    conv.expect_near(conv.output(), conv.effective_weights(), 1, 1e-4);
    Conv on_bytes({.channels = channels, .rank = {1, 2}, .own_weights = true, .int8 = true}, 7);
    on_bytes.expect_near(on_bytes.output(), on_bytes.effective_weights(), 1, 0.15);
  }
}

TEST(RankPlan, RunsOnPlaceholdersWithoutCalibratedFactors) {
  for (const bool int8 : {false, true}) {
    Conv conv({.rank = {1, 4}, .int8 = int8}, 8);
    for (const float value : conv.output()) ASSERT_TRUE(std::isfinite(value));
  }
}

}  // namespace
}  // namespace approxlite
