#include <functional>

#include "test/engine/plan_case.h"

namespace approxlite {
namespace {

using Dims = std::vector<int>;

size_t broadcast_offset(const Dims& at, const Dims& dims) {
  const size_t skipped = at.size() - dims.size();
  size_t offset = 0;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    const size_t i = dims[axis] == 1 ? 0 : static_cast<size_t>(at[axis + skipped]);
    offset = offset * static_cast<size_t>(dims[axis]) + i;
  }
  return offset;
}

Dims broadcast_dims(const Dims& a, const Dims& b) {
  Dims dims(std::max(a.size(), b.size()), 1);
  for (const Dims& of : {a, b}) {
    for (size_t i = 0; i < of.size(); ++i) {
      int& dim = dims[dims.size() - of.size() + i];
      dim = std::max(dim, of[i]);
    }
  }
  return dims;
}

Reals expected_binary(const Dims& a_dims, const Reals& a, const Dims& b_dims, const Reals& b,
                      const std::function<float(float, float)>& function) {
  const Dims dims = broadcast_dims(a_dims, b_dims);
  Reals y;
  Indices index(dims);
  do {
    y.push_back(function(a[broadcast_offset(index.at(), a_dims)], b[broadcast_offset(index.at(), b_dims)]));
  } while (index.next());
  return y;
}

struct Shapes {
  Dims a, b;
};
const Shapes kShapes[] = {
    {{1, 5, 7, 3}, {1, 5, 7, 3}},
    {{1, 5, 7, 3}, {3}},
    {{3}, {1, 5, 7, 3}},
    {{1, 5, 7, 3}, {1}},
    {{}, {2, 3}},
    {{1, 5, 7, 3}, {1, 1, 1, 3}},
    {{1, 5, 7, 3}, {1, 5, 7, 1}},
    {{1, 1, 7, 1}, {1, 5, 7, 3}},
    {{1, 5, 1, 3}, {1, 1, 7, 1}},
    {{1, 5, 1, 3}, {5, 7, 3}},
    {{1, 5, 7, 3}, {1, 5, 1, 3}},
    {{2, 1, 3, 1, 2, 1}, {1, 2, 1, 4, 1, 3}},
    {{1, 1}, {1}},
    {{4, 1}, {1, 6}},
    {{2, 3, 4, 5, 2, 3}, {3, 1, 5, 1, 3}},
    {{300, 400}, {400}},
    {{300, 400}, {300, 400}},
    {{300, 400}, {1}},
    {{300, 1}, {300, 400}},
};

struct Named {
  OperatorType type;
  std::function<float(float, float)> function;
};
const Named kBinaries[] = {
    {OperatorType::kAdd, [](float a, float b) { return a + b; }},
    {OperatorType::kSub, [](float a, float b) { return a - b; }},
    {OperatorType::kMul, [](float a, float b) { return a * b; }},
    {OperatorType::kDiv, [](float a, float b) { return a / b; }},
    {OperatorType::kMinimum, [](float a, float b) { return std::min(a, b); }},
    {OperatorType::kMaximum, [](float a, float b) { return std::max(a, b); }},
    {OperatorType::kSquaredDifference, [](float a, float b) { return (a - b) * (a - b); }},
};

TEST(BinaryPlan, BroadcastsShapesEitherWay) {
  for (const Shapes& shapes : kShapes) {
    const Reals a = random_reals(1, elements(shapes.a)), b = random_reals(2, elements(shapes.b));
    for (const Named& binary : kBinaries) {
      PlanCase plan(binary.type);
      plan.input(shapes.a, a).input(shapes.b, b).output(broadcast_dims(shapes.a, shapes.b));
      const Reals expected = expected_binary(shapes.a, a, shapes.b, b, binary.function);
      EXPECT_EQ(plan.result(), expected) << type_name(binary.type);
      EXPECT_EQ(plan.result(3), expected) << type_name(binary.type) << " on three threads";
    }
  }
}

TEST(BinaryPlan, ComputesBytesToWithinAStep) {
  const Form a_form = {true, {0.03f, 131}}, b_form = {true, {0.05f, 90}}, y_form = {true, {0.07f, 120}};
  for (const Shapes& shapes : kShapes) {
    const Reals a = random_reals(1, elements(shapes.a), -3, 3), b = random_reals(2, elements(shapes.b), 0.5f, 3);
    for (const Named& binary : kBinaries) {
      PlanCase plan(binary.type);
      plan.input(shapes.a, a, a_form).input(shapes.b, b, b_form);
      plan.output(broadcast_dims(shapes.a, shapes.b), y_form);
      plan.op.range = {0, 4};
      const auto on_grid = [](Reals values, const Grid& grid) {
        for (float& value : values) value = std::nearbyint(value / grid.scale) * grid.scale;
        return values;
      };
      Reals expected =
          expected_binary(shapes.a, on_grid(a, a_form.grid), shapes.b, on_grid(b, b_form.grid), binary.function);
      for (float& value : expected) value = std::min(std::max(value, 0.0f), 4.0f);
      expect_near(plan.result(2), expected, 0.51f * y_form.grid.scale);
    }
  }
}

TEST(BinaryPlan, ClampsToItsRange) {
  PlanCase plan(OperatorType::kAdd);
  plan.input({4}, {-3, 0, 2, 9}).input({1}, {1}).output({4});
  plan.op.range = {0, 6};
  EXPECT_EQ(plan.result(), (Reals{0, 1, 3, 6}));
}

TEST(BinaryPlan, ComputesTheRowsInDemandOnly) {
  for (const Dims& b_dims : {Dims{1, 6, 2, 3}, Dims{3}, Dims{1}, Dims{1, 6, 1, 1}}) {
    PlanCase plan(OperatorType::kAdd);
    const Reals a = counted(36), b = random_reals(3, elements(b_dims));
    plan.input({1, 6, 2, 3}, a).input(b_dims, b).output({1, 6, 2, 3});
    plan.choice.demand.rows = {1, 2};
    const Reals all = expected_binary({1, 6, 2, 3}, a, b_dims, b, [](float x, float y) { return x + y; });
    const Reals some = plan.result();
    for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(some[i], i / 6 % 2 == 0 ? all[i] : -77) << i;
  }
}

struct NamedUnary {
  OperatorType type;
  std::function<double(double)> function;
};
const NamedUnary kUnaries[] = {
    {OperatorType::kRelu, [](double x) { return std::max(x, 0.0); }},
    {OperatorType::kRelu6, [](double x) { return std::min(std::max(x, 0.0), 6.0); }},
    {OperatorType::kReluN1To1, [](double x) { return std::min(std::max(x, -1.0), 1.0); }},
    {OperatorType::kAbs, [](double x) { return std::abs(x); }},
    {OperatorType::kNeg, [](double x) { return -x; }},
    {OperatorType::kSquare, [](double x) { return x * x; }},
    {OperatorType::kExp, [](double x) { return std::exp(x); }},
    {OperatorType::kLogistic, [](double x) { return 1 / (1 + std::exp(-x)); }},
    {OperatorType::kTanh, [](double x) { return std::tanh(x); }},
    {OperatorType::kHardSwish, [](double x) { return x * std::min(std::max(x + 3, 0.0), 6.0) / 6; }},
};

TEST(UnaryPlan, ComputesFloatsAndBytes) {
  const Form x_form = {true, {0.04f, 120}}, y_form = {true, {0.05f, 100}};
  const Reals x = random_reals(4, 90000, -4.5f, 5);
  for (const NamedUnary& unary : kUnaries) {
    for (const bool bytes : {false, true}) {
      PlanCase plan(unary.type);
      plan.input({1, 300, 300}, x, bytes ? x_form : Form{}).output({1, 300, 300}, bytes ? y_form : Form{});
      Reals expected;
      for (const float value : x) {
        const double real = bytes ? std::nearbyint(value / x_form.grid.scale) * x_form.grid.scale : value;
        const double y = unary.function(real);
        expected.push_back(static_cast<float>(bytes ? std::min(std::max(y, -100 * 0.05), 155 * 0.05) : y));
      }
      expect_near(plan.result(2), expected, bytes ? 0.501f * y_form.grid.scale : 1e-4f);
    }
  }
}

TEST(UnaryPlan, ComputesTheRowsInDemandOnly) {
  PlanCase plan(OperatorType::kNeg);
  plan.input({1, 4, 2, 1}, {1, 2, 3, 4, 5, 6, 7, 8}).output({1, 4, 2, 1});
  plan.choice.demand.rows = {1, 2};
  EXPECT_EQ(plan.result(), (Reals{-1, -2, -77, -77, -5, -6, -77, -77}));
}

TEST(UnaryPlan, ScalesNegativeValuesByASlopePerChannel) {
  for (const bool bytes : {false, true}) {
    const Form form = bytes ? Form{true, {1, 100}} : Form{};
    PlanCase plan(OperatorType::kPrelu);
    plan.input({1, 1, 3, 2}, {-1, -2, 3, 4, -5, -6}, form).output({1, 1, 3, 2}, form);
    plan.op.slope = {2, 3};
    EXPECT_EQ(plan.result(), (Reals{-2, -6, 3, 4, -10, -18}));
  }
}

TEST(SoftmaxPlan, MakesEveryRowSumToOne) {
  const Form x_form = {true, {0.03f, 128}}, y_form = {true, {1.0f / 256, 0}};
  const Reals x = random_reals(5, 4000 * 7, -3, 3);
  for (const bool bytes : {false, true}) {
    PlanCase plan(OperatorType::kSoftmax);
    plan.input({4000, 7}, x, bytes ? x_form : Form{}).output({4000, 7}, bytes ? y_form : Form{});
    plan.op.beta = 0.5f;
    Reals expected;
    for (size_t row = 0; row < 4000; ++row) {
      double sum = 0, e[7];
      for (size_t c = 0; c < 7; ++c) {
        const double real = x[row * 7 + c];
        sum += e[c] = std::exp(0.5 * (bytes ? std::nearbyint(real / 0.03) * 0.03 : real));
      }
      for (const double value : e) expected.push_back(static_cast<float>(value / sum));
    }
    expect_near(plan.result(2), expected, bytes ? 0.51f / 256 : 1e-6f);
  }
}

TEST(TypePlan, ConvertsBetweenFloatsAndGrids) {
  const Form form = {true, {0.5f, 10}}, other = {true, {1.0f, 0}};
  const Reals x = {-5, 0, 0.5f, 1, 7, 100};
  EXPECT_EQ(PlanCase(OperatorType::kQuantize).input({6}, x).output({6}, form).result(), x);
  EXPECT_EQ(PlanCase(OperatorType::kDequantize).input({6}, x, form).output({6}).result(), x);
  EXPECT_EQ(PlanCase(OperatorType::kQuantize).input({6}, x, form).output({6}, form).result(), x);
  EXPECT_EQ(PlanCase(OperatorType::kQuantize).input({6}, x).output({6}).result(), x);
  EXPECT_EQ(PlanCase(OperatorType::kQuantize).input({6}, x, form).output({6}, other).result(),
            (Reals{0, 0, 0, 1, 7, 100}));
}

}  // namespace
}  // namespace approxlite
