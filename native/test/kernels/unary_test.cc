#include <functional>

#include "test/kernels/buffers.h"

namespace approxlite {
namespace {

constexpr UnaryOp kUnaryOps[] = {UnaryOp::kClamp, UnaryOp::kAbs,      UnaryOp::kNeg, UnaryOp::kSqrt,
                                 UnaryOp::kRsqrt, UnaryOp::kSquare,   UnaryOp::kExp, UnaryOp::kLogistic,
                                 UnaryOp::kTanh,  UnaryOp::kHardSwish};

Buffer<float> result_of(const KernelTable& kernels, UnaryOp op, const Buffer<float>& x, float low, float high) {
  Buffer<float> y(x.size());
  kernels.unary(op, x.data(), x.size(), low, high, y.data());
  return y;
}

float value_of(const KernelTable& kernels, UnaryOp op, float x) {
  Buffer<float> one(1);
  one[0] = x;
  return result_of(kernels, op, one, -INFINITY, INFINITY)[0];
}

TEST(Unary, GivesTheSameBitsInEveryVariant) {
  for (uint32_t seed = 1; seed <= 100; ++seed) {
    Random random(seed);
    Buffer<float> x = random_values(random, static_cast<size_t>(random.integer(1, 400)), seed % 4 == 0 ? 10 : 0);
    const float spread = std::ldexp(1.0f, random.integer(-8, 6));
    for (size_t i = 0; i < x.size(); ++i) x[i] *= spread;
    const float low = random.chance(50) ? -INFINITY : -0.5f, high = random.chance(50) ? INFINITY : 3.0f;
    for (const UnaryOp op : kUnaryOps) {
      const Buffer<float> expected = result_of(reference_kernels(), op, x, low, high);
      for (const KernelTable* variant : every_variant()) {
        EXPECT_EQ(difference(result_of(*variant, op, x, low, high), expected), "")
            << variant->name << " operation " << static_cast<int>(op) << " seed " << seed;
      }
    }
  }
}

TEST(Unary, WorksInPlace) {
  Random random(1);
  const Buffer<float> x = random_values(random, 203);
  for (const UnaryOp op : kUnaryOps) {
    const Buffer<float> expected = result_of(reference_kernels(), op, x, -INFINITY, INFINITY);
    for (const KernelTable* variant : every_variant()) {
      Buffer<float> y(x.size());
      std::memcpy(y.data(), x.data(), x.size() * sizeof(float));
      variant->unary(op, y.data(), y.size(), -INFINITY, INFINITY, y.data());
      for (size_t i = 0; i < y.size(); ++i) {
        EXPECT_TRUE(y[i] == expected[i] || (std::isnan(y[i]) && std::isnan(expected[i]))) << variant->name;
      }
    }
  }
}

// The largest relative error over a sweep through low..high and over small values of both signs.
double worst_error(UnaryOp op, const std::function<double(double)>& exact, float low, float high) {
  constexpr size_t kSteps = 400000;
  Buffer<float> x(2 * kSteps);
  for (size_t i = 0; i < kSteps; ++i) {
    x[i] = low + (high - low) * static_cast<float>(i) / kSteps;
    x[kSteps + i] =
        (i % 2 == 0 ? 1.0f : -1.0f) * std::ldexp(1.0f + static_cast<float>(i) / kSteps, -static_cast<int>(i % 60));
  }
  const Buffer<float> y = result_of(best_kernels(), op, x, -INFINITY, INFINITY);
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = exact(x[i]);
    if (std::abs(expected) < 1e-30) continue;
    worst = std::max(worst, std::abs(y[i] - expected) / std::abs(expected));
  }
  return worst;
}

TEST(Unary, IsWithinAFewUnitsInTheLastPlaceOfTheExactFunction) {
  EXPECT_LT(worst_error(UnaryOp::kExp, [](double x) { return std::exp(x); }, -80, 88.7f), 2.5e-7);
  EXPECT_LT(worst_error(UnaryOp::kLogistic, [](double x) { return 1 / (1 + std::exp(-x)); }, -80, 80), 4e-7);
  EXPECT_LT(worst_error(UnaryOp::kTanh, [](double x) { return std::tanh(x); }, -20, 20), 4e-7);
}

TEST(Unary, SaturatesAtInfinity) {
  for (const KernelTable* variant : every_variant()) {
    EXPECT_EQ(value_of(*variant, UnaryOp::kExp, INFINITY), INFINITY) << variant->name;
    EXPECT_EQ(value_of(*variant, UnaryOp::kExp, 1e9f), INFINITY) << variant->name;
    EXPECT_EQ(value_of(*variant, UnaryOp::kExp, -INFINITY), 0) << variant->name;
    for (const float large : {30.0f, 1e9f, INFINITY}) {
      EXPECT_EQ(value_of(*variant, UnaryOp::kLogistic, large), 1) << variant->name;
      EXPECT_EQ(value_of(*variant, UnaryOp::kTanh, large), 1) << variant->name;
      EXPECT_EQ(value_of(*variant, UnaryOp::kTanh, -large), -1) << variant->name;
    }
    EXPECT_EQ(value_of(*variant, UnaryOp::kLogistic, -INFINITY), 0) << variant->name;
    EXPECT_EQ(value_of(*variant, UnaryOp::kHardSwish, INFINITY), INFINITY) << variant->name;
  }
}

TEST(Unary, KeepsNaNAndTheSignOfZero) {
  for (const KernelTable* variant : every_variant()) {
    for (const UnaryOp op : kUnaryOps) {
      EXPECT_TRUE(std::isnan(value_of(*variant, op, NAN))) << variant->name << " operation " << static_cast<int>(op);
    }
    for (const UnaryOp op : {UnaryOp::kClamp, UnaryOp::kSqrt, UnaryOp::kTanh, UnaryOp::kHardSwish}) {
      const float y = value_of(*variant, op, -0.0f);
      EXPECT_TRUE(y == 0 && std::signbit(y)) << variant->name << " operation " << static_cast<int>(op);
    }
    EXPECT_FALSE(std::signbit(value_of(*variant, UnaryOp::kAbs, -0.0f))) << variant->name;
  }
}

TEST(Unary, ComputesWhatItSays) {
  for (const KernelTable* variant : every_variant()) {
    EXPECT_EQ(value_of(*variant, UnaryOp::kAbs, -3), 3) << variant->name;
    EXPECT_EQ(value_of(*variant, UnaryOp::kNeg, -3), 3) << variant->name;
    EXPECT_EQ(value_of(*variant, UnaryOp::kSqrt, 9), 3) << variant->name;
    EXPECT_EQ(value_of(*variant, UnaryOp::kRsqrt, 4), 0.5f) << variant->name;
    EXPECT_EQ(value_of(*variant, UnaryOp::kSquare, -3), 9) << variant->name;
    EXPECT_EQ(value_of(*variant, UnaryOp::kHardSwish, -3), 0) << variant->name;
    EXPECT_EQ(value_of(*variant, UnaryOp::kHardSwish, 1), 4.0f / 6.0f) << variant->name;
    EXPECT_EQ(value_of(*variant, UnaryOp::kHardSwish, 5), 5) << variant->name;
    EXPECT_EQ(value_of(*variant, UnaryOp::kLogistic, 0), 0.5f) << variant->name;
  }
}

}  // namespace
}  // namespace approxlite
