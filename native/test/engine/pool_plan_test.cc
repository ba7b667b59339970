#include <algorithm>

#include "test/engine/plan_case.h"

namespace approxlite {
namespace {

using Dims = std::vector<int>;

// 3x3 windows at every second pixel of a 9x8 image, padded above and to the left.
PlanCase pool(OperatorType type, const Reals& x, const Form& from, const Form& to) {
  PlanCase plan(type);
  plan.input({1, 9, 8, 5}, x, from).output({1, 5, 4, 5}, to);
  plan.op.in = {9, 8, 5};
  plan.op.out = {5, 4, 5};
  plan.op.window = {.height = 3, .width = 3, .stride_height = 2, .stride_width = 2, .pad_top = 1, .pad_left = 1};
  plan.op.range = {-3.0f, 3.5f};
  return plan;
}

Reals expected_of(OperatorType type, const Reals& x) {
  Reals y;
  for (int row = 0; row < 5; ++row) {
    for (int column = 0; column < 4; ++column) {
      for (int channel = 0; channel < 5; ++channel) {
        float sum = 0, largest = -INFINITY;
        int count = 0;
        for (int i = std::max(0, 2 * row - 1); i < std::min(9, 2 * row + 2); ++i) {
          for (int j = std::max(0, 2 * column - 1); j < std::min(8, 2 * column + 2); ++j, ++count) {
            const float value = x[static_cast<size_t>((i * 8 + j) * 5 + channel)];
            sum += value;
            largest = std::max(largest, value);
          }
        }
        const float value = type == OperatorType::kMaxPool2d ? largest : sum / static_cast<float>(count);
        y.push_back(std::clamp(value, -3.0f, 3.5f));
      }
    }
  }
  return y;
}

Reals values_on(const Grid& grid) {
  Reals x;
  uint32_t state = 3;
  for (int i = 0; i < 9 * 8 * 5; ++i) {
    state = state * 1664525u + 1013904223u;
    x.push_back(grid.scale * static_cast<float>(static_cast<int>(state >> 24) - grid.zero_point));
  }
  return x;
}

constexpr OperatorType kTypes[] = {OperatorType::kAveragePool2d, OperatorType::kMaxPool2d};
const Form kFrom = {true, {0.04f, 120}}, kTo = {true, {0.05f, 90}};

TEST(PoolPlan, ReducesWindowsOfFloats) {
  const Reals x = values_on(kFrom.grid);
  for (const OperatorType type : kTypes) {
    const Reals expected = expected_of(type, x), y = pool(type, x, {}, {}).result();
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(y[i], expected[i], 1e-5f) << type_name(type) << " " << i;
  }
}

TEST(PoolPlan, ReducesWindowsOfBytesToWithinHalfAStep) {
  const Reals x = values_on(kFrom.grid);
  for (const OperatorType type : kTypes) {
    for (const Form& to : {kFrom, kTo}) {
      const Reals expected = expected_of(type, x), y = pool(type, x, kFrom, to).result();
      const float step = 0.501f * to.grid.scale + (type == OperatorType::kMaxPool2d ? 0.5f * kFrom.grid.scale : 0);
      for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(y[i], expected[i], step) << type_name(type) << " " << i;
    }
  }
}

TEST(PoolPlan, KeepsTheBytesItFindsWhereAMaxPoolHasOneGrid) {
  const Reals x = values_on(kFrom.grid);
  PlanCase plan = pool(OperatorType::kMaxPool2d, x, kFrom, kFrom);
  plan.op.range = {};
  for (const float value : plan.result()) EXPECT_NE(std::find(x.begin(), x.end(), value), x.end()) << value;
}

TEST(PoolPlan, GivesTheSameBitsOnAnyNumberOfThreads) {
  const Reals x = values_on(kFrom.grid);
  for (const OperatorType type : kTypes) {
    for (const Form& form : {Form{}, kFrom}) {
      // The windows are too small to be shared; one as large as the image is not.
      PlanCase plan(type);
      Reals large;
      for (int i = 0; i < 64; ++i) large.insert(large.end(), x.begin(), x.end());
      plan.input({1, 72, 64, 5}, large, form).output({1, 72, 64, 5}, form);
      plan.op.in = plan.op.out = {72, 64, 5};
      plan.op.window = {.height = 25, .width = 25, .pad_top = 12, .pad_left = 12};
      EXPECT_EQ(plan.result(4), plan.result(1)) << type_name(type);
    }
  }
}

TEST(PoolPlan, TakesAMeanOverRowsAndColumns) {
  const Reals x = values_on(kFrom.grid);
  for (const Form& form : {Form{}, kFrom}) {
    PlanCase plan(OperatorType::kMean);
    plan.input({1, 9, 8, 5}, x, form).output({1, 5}, form.bytes ? kTo : form);
    plan.op.in = {9, 8, 5};
    plan.op.out = {1, 1, 5};
    plan.op.window = {.height = 9, .width = 8};
    const Reals y = plan.result();
    for (size_t channel = 0; channel < 5; ++channel) {
      float sum = 0;
      for (size_t i = channel; i < x.size(); i += 5) sum += x[i];
      EXPECT_NEAR(y[channel], sum / 72, form.bytes ? 0.501f * kTo.grid.scale : 1e-5f) << channel;
    }
  }
}

TEST(PoolPlan, TakesBytesToFloatsAndBack) {
  const Reals x = values_on(kFrom.grid);
  const Reals expected = expected_of(OperatorType::kAveragePool2d, x);
  const Reals floats = pool(OperatorType::kAveragePool2d, x, kFrom, {}).result();
  const Reals bytes = pool(OperatorType::kAveragePool2d, x, {}, kTo).result();
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(floats[i], expected[i], 1e-5f) << i;
    EXPECT_NEAR(bytes[i], expected[i], 0.501f * kTo.grid.scale) << i;
  }
}

}  // namespace
}  // namespace approxlite
