#include "test/engine/plan_case.h"

namespace approxlite {
namespace {

using Dims = std::vector<int>;

struct Reduction {
  Dims dims, axes;
};
const Reduction kReductions[] = {
    {{1, 5, 7, 3}, {1, 2}},
    {{1, 5, 7, 3}, {3}},
    {{1, 5, 7, 3}, {0}},
    {{4, 6}, {0, 1}},
    {{4, 6}, {0}},
    {{4, 6}, {1}},
    {{3, 4, 5, 6}, {0, 2}},
    {{3, 4, 5, 6}, {1, 3}},
    {{2, 3, 2, 3, 2, 3}, {0, 2, 4}},
    {{2, 3, 2, 3, 2, 3}, {1, 3, 5}},
    {{40, 3000}, {0}},
    {{3000, 40}, {1}},
    {{1, 1}, {0}},
    {{19}, {0}},
};

Dims kept_dims(const Reduction& of) {
  Dims dims = of.dims;
  for (const int axis : of.axes) dims[static_cast<size_t>(axis)] = 1;
  return dims;
}

// Sums from zero in the order of the input, as floats.
Reals sums(const Reduction& of, const Reals& x) {
  const Dims kept = kept_dims(of);
  Reals y(elements(kept), 0.0f);
  Indices index(of.dims);
  size_t i = 0;
  do {
    Dims at = index.at();
    for (const int axis : of.axes) at[static_cast<size_t>(axis)] = 0;
    float& sum = y[offset_of(at, kept)];
    sum = sum + x[i++];
  } while (index.next());
  return y;
}

TEST(ReductionPlan, SumsInTheOrderOfTheInput) {
  for (const Reduction& of : kReductions) {
    const Reals x = random_reals(1, elements(of.dims));
    for (const OperatorType type : {OperatorType::kSum, OperatorType::kMean}) {
      PlanCase plan(type);
      plan.input(of.dims, x).output(kept_dims(of));
      plan.op.axes = of.axes;
      Reals expected = sums(of, x);
      const float count = static_cast<float>(x.size() / expected.size());
      if (type == OperatorType::kMean) {
        for (float& value : expected) value = value / count;
      }
      EXPECT_EQ(plan.result(), expected);
      EXPECT_EQ(plan.result(3), expected) << "on three threads";
    }
  }
}

TEST(ReductionPlan, ComputesBytesToWithinAStep) {
  const Form x_form = {true, {0.04f, 100}}, y_form = {true, {0.02f, 110}};
  for (const Reduction& of : kReductions) {
    Reals x = random_reals(2, elements(of.dims), -1, 2);
    PlanCase plan(OperatorType::kMean);
    plan.input(of.dims, x, x_form).output(kept_dims(of), y_form);
    plan.op.axes = of.axes;
    for (float& value : x) value = std::nearbyint(value / x_form.grid.scale) * x_form.grid.scale;
    Reals expected = sums(of, x);
    const float count = static_cast<float>(x.size() / expected.size());
    for (float& value : expected) value = value / count;
    expect_near(plan.result(), expected, 0.51f * y_form.grid.scale);
  }
}

}  // namespace
}  // namespace approxlite
