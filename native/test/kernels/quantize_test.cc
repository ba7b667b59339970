#include <cmath>

#include "test/kernels/buffers.h"

namespace approxlite {
namespace {

class QuantizeTester {
 public:
  explicit QuantizeTester(uint32_t seed = 1) : seed_(seed) {}
  QuantizeTester& size(int size) { return size_ = size, *this; }
  QuantizeTester& scale(float inverse_scale) { return inverse_scale_ = inverse_scale, *this; }
  QuantizeTester& zero_point(int zero_point) { return zero_point_ = zero_point, *this; }

  // Every variant gives the bytes of the reference, and writes nothing past them.
  void run() const {
    Random random(seed_);
    const size_t size = static_cast<size_t>(size_);
    const Buffer<float> x = random_values(random, size, 3);
    const auto result_of = [&](const KernelTable& kernels) {
      Buffer<uint8_t> q(size);
      kernels.quantize(x.data(), size, inverse_scale_, zero_point_, q.data());
      return q;
    };
    const Buffer<uint8_t> expected = result_of(reference_kernels());
    for (const KernelTable* variant : every_variant()) {
      EXPECT_EQ(result_of(*variant).difference(expected), "")
          << variant->name << " " << size_ << " values, inverse scale " << inverse_scale_ << ", zero point "
          << zero_point_ << ", seed " << seed_;
    }
  }

 private:
  uint32_t seed_;
  int size_ = 1, zero_point_ = 0;
  float inverse_scale_ = 1;
};

TEST(Quantize, GivesTheSameBytesInEveryVariant) {
  for (uint32_t seed = 1; seed <= 600; ++seed) {
    Random random(seed);
    QuantizeTester tester(seed);
    tester.size(random.integer(1, random.chance(80) ? 300 : 9000));
    tester.zero_point(random.chance(20) ? 0 : random.chance(20) ? 255 : random.integer(0, 255));
    tester.scale(std::ldexp(1.0f + random.integer(0, 99) / 100.0f, random.integer(-3, 8)));
    tester.run();
  }
}

TEST(Quantize, RoundsToNearestWithTiesToEvenThenClamps) {
  const float x[] = {0.5f, 1.5f, 2.5f,  -0.5f,  -1.5f,    -2.6f,     0.4999999f, 254.5f,
                     300,  -300, 3e38f, -3e38f, INFINITY, -INFINITY, NAN,        -NAN};
  const uint8_t expected[] = {3, 5, 5, 3, 1, 0, 3, 255, 255, 0, 255, 0, 255, 0, 3, 3};
  for (const KernelTable* variant : every_variant()) {
    uint8_t q[16];
    variant->quantize(x, 16, 1, 3, q);
    EXPECT_EQ(std::vector<int>(q, q + 16), std::vector<int>(expected, expected + 16)) << variant->name;
  }
}

TEST(Dequantize, GivesTheSameBitsInEveryVariant) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    Random random(seed);
    const size_t size = static_cast<size_t>(random.integer(1, 300));
    const int zero_point = random.integer(0, 255);
    const float scale = std::fabs(random.value());
    Buffer<uint8_t> q(size);
    for (size_t i = 0; i < size; ++i) q[i] = static_cast<uint8_t>(random.integer(0, 255));
    const auto result_of = [&](const KernelTable& kernels) {
      Buffer<float> x(size);
      kernels.dequantize(q.data(), size, scale, zero_point, x.data());
      return x;
    };
    const Buffer<float> expected = result_of(reference_kernels());
    for (const KernelTable* variant : every_variant()) {
      EXPECT_EQ(result_of(*variant).difference(expected), "") << variant->name << " seed " << seed;
    }
  }
}

TEST(Dequantize, IsTheDistanceFromTheZeroPointInSteps) {
  const uint8_t q[] = {0, 3, 4, 255};
  for (const KernelTable* variant : every_variant()) {
    float x[4];
    variant->dequantize(q, 4, 0.5f, 3, x);
    EXPECT_EQ(std::vector<float>(x, x + 4), (std::vector<float>{-1.5f, 0, 0.5f, 126})) << variant->name;
  }
}

void expect_same_range(const Buffer<float>& x, uint32_t seed) {
  Buffer<float> expected(2);
  reference_kernels().range(x.data(), x.size(), &expected[0], &expected[1]);
  for (const KernelTable* variant : every_variant()) {
    Buffer<float> range(2);
    variant->range(x.data(), x.size(), &range[0], &range[1]);
    EXPECT_EQ(range.difference(expected), "") << variant->name << " " << x.size() << " values, seed " << seed;
  }
}

TEST(Range, GivesTheSameBitsInEveryVariant) {
  for (uint32_t seed = 1; seed <= 400; ++seed) {
    Random random(seed);
    const int size = random.integer(1, 500);
    expect_same_range(random_values(random, size, random.chance(50) ? 0 : random.integer(1, 100)), seed);
  }
}

TEST(Range, IgnoresNaNAndTheSignOfZero) {
  for (const KernelTable* variant : every_variant()) {
    for (const int size : {1, 7, 64, 100}) {
      Buffer<float> x(size);
      float low, high;
      for (int i = 0; i < size; ++i) x[i] = NAN;
      variant->range(x.data(), size, &low, &high);
      EXPECT_EQ(low, 0) << variant->name;
      EXPECT_EQ(high, 0) << variant->name;
      x[size / 2] = -3;
      variant->range(x.data(), size, &low, &high);
      EXPECT_EQ(low, -3) << variant->name;
      EXPECT_EQ(high, -3) << variant->name;
      for (int i = 0; i < size; ++i) x[i] = i % 2 ? 0.0f : -0.0f;
      variant->range(x.data(), size, &low, &high);
      EXPECT_FALSE(std::signbit(low) || std::signbit(high)) << variant->name;
    }
  }
}

}  // namespace
}  // namespace approxlite
