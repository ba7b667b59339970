#include "kernels/softmax/softmax.h"

#include <cmath>

#include "kernels/softmax/exp.h"
#include "test/kernels/buffers.h"

namespace approxlite {
namespace {

Buffer<float> softmax_of(const KernelTable& kernels, const Buffer<float>& x, size_t rows, int channels, float beta) {
  Buffer<float> y(x.size());
  kernels.softmax(x.data(), rows, channels, beta, y.data());
  return y;
}

TEST(Softmax, GivesTheSameBitsInEveryVariant) {
  for (uint32_t seed = 1; seed <= 400; ++seed) {
    Random random(seed);
    const int channels = random.integer(1, 70), rows = random.integer(1, 5);
    const float beta = random.chance(70) ? 1.0f : static_cast<float>(random.integer(1, 40)) / 10;
    Buffer<float> x(static_cast<size_t>(rows) * channels);
    const float spread = std::ldexp(1.0f, random.integer(-8, 8));
    for (size_t i = 0; i < x.size(); ++i) x[i] = random.value() * spread;
    const Buffer<float> expected = softmax_of(reference_kernels(), x, rows, channels, beta);
    for (const KernelTable* variant : every_variant()) {
      EXPECT_EQ(softmax_of(*variant, x, rows, channels, beta).difference(expected), "")
          << variant->name << " " << rows << " rows of " << channels << " channels, seed " << seed;
    }
  }
}

TEST(Softmax, GivesTheSameBitsForManyRowsOfFewChannels) {
  for (int channels = 1; channels <= 17; ++channels) {
    Random random(static_cast<uint32_t>(channels));
    const size_t rows = 701;
    const Buffer<float> x = random_values(random, rows * channels);
    const Buffer<float> expected = softmax_of(reference_kernels(), x, rows, channels, 1);
    for (const KernelTable* variant : every_variant()) {
      EXPECT_EQ(softmax_of(*variant, x, rows, channels, 1).difference(expected), "") << variant->name << channels;
    }
  }
}

TEST(Softmax, SumsToOneAndKeepsTheOrder) {
  for (uint32_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    const int channels = random.integer(2, 40);
    Buffer<float> x(channels);
    for (int i = 0; i < channels; ++i) x[i] = static_cast<float>(random.integer(-1000, 1000)) / 50;
    for (const KernelTable* variant : every_variant()) {
      const Buffer<float> y = softmax_of(*variant, x, 1, channels, 1);
      double sum = 0;
      for (int i = 0; i < channels; ++i) sum += y[i];
      EXPECT_NEAR(sum, 1, 1e-6) << variant->name << " seed " << seed;
      for (int i = 1; i < channels; ++i) {
        EXPECT_EQ(x[i] > x[0] && y[i] < y[0], false) << variant->name << " seed " << seed;
      }
    }
  }
}

TEST(Softmax, SurvivesNaNAndInfinity) {
  for (const KernelTable* variant : every_variant()) {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      for (const int channels : {1, 3, 12, 17, 40}) {
        Buffer<float> x(channels);
        for (int i = 0; i < channels; ++i) x[i] = 0;
        x[channels / 2] = bad;
        const Buffer<float> y = softmax_of(*variant, x, 1, channels, 1);
        for (int i = 0; i < channels; ++i) EXPECT_TRUE(std::isnan(y[i])) << variant->name;
      }
    }
  }
}

TEST(Softmax, TreatsMinusInfinityAsImpossible) {
  for (const KernelTable* variant : every_variant()) {
    Buffer<float> x(3);
    x[0] = 1, x[1] = -std::numeric_limits<float>::infinity(), x[2] = 1;
    const Buffer<float> y = softmax_of(*variant, x, 1, 3, 1);
    EXPECT_EQ(std::vector<float>(&y[0], &y[0] + 3), (std::vector<float>{0.5f, 0, 0.5f})) << variant->name;
  }
}

// Distance from the exact value, in units in the last place of the nearest float.
double units_off(float x) {
  const double exact = std::exp(static_cast<double>(x));
  const float nearest = static_cast<float>(exact);
  return std::abs(reference::exponential(x) - exact) / (std::nextafter(nearest, INFINITY) - nearest);
}

TEST(Exponential, IsOffByLittleMoreThanOneUnitInTheLastPlace) {
  double worst = 0;
  for (uint32_t step = 0; step < 2000000; ++step) {
    const float x = kExpLowest + (kExpHighest - kExpLowest) * static_cast<float>(step) / 2000000;
    worst = std::max(worst, units_off(x));
  }
  for (float x = -1e-30f; x > kExpLowest; x *= 1.00002f) worst = std::max(worst, units_off(x));
  EXPECT_LE(worst, 1.02);
  EXPECT_EQ(reference::exponential(0.0f), 1.0f);
  EXPECT_EQ(reference::exponential(-0.0f), 1.0f);
}

TEST(Exponential, IsZeroBelowItsLowestAndLevelAboveItsHighestArgument) {
  EXPECT_GE(reference::exponential(kExpLowest), std::numeric_limits<float>::min());
  EXPECT_EQ(reference::exponential(std::nextafter(kExpLowest, -INFINITY)), 0.0f);
  EXPECT_EQ(reference::exponential(-INFINITY), 0.0f);
  EXPECT_EQ(reference::exponential(INFINITY), reference::exponential(kExpHighest));
  EXPECT_TRUE(std::isfinite(reference::exponential(kExpHighest)));
  EXPECT_TRUE(std::isnan(reference::exponential(NAN)));
}

}  // namespace
}  // namespace approxlite
