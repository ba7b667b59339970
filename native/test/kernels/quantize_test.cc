#include <cmath>

#include "test/kernels/buffers.h"

namespace approxlite {
namespace {

class QuantizeTester {
 public:
  explicit QuantizeTester(uint32_t seed = 1) : seed_(seed) {}
  QuantizeTester& pixels(int pixels) { return pixels_ = pixels, *this; }
  QuantizeTester& channels(int channels) { return channels_ = channels, padded_ = (channels + 3) / 4 * 4, *this; }
  QuantizeTester& padded_channels(int padded) { return padded_ = padded, *this; }
  QuantizeTester& scale(float inverse_scale) { return inverse_scale_ = inverse_scale, *this; }
  QuantizeTester& zero_point(int zero_point) { return zero_point_ = zero_point, *this; }

  // Every variant gives the bytes of the reference, and writes nothing past them.
  void run() const {
    Random random(seed_);
    const Buffer<float> x = random_values(random, static_cast<size_t>(pixels_) * channels_, 3);
    const auto result_of = [&](const KernelTable& kernels) {
      Buffer<uint8_t> q(static_cast<size_t>(pixels_) * padded_);
      kernels.quantize(x.data(), pixels_, channels_, padded_, inverse_scale_, zero_point_, q.data());
      return q;
    };
    const Buffer<uint8_t> expected = result_of(reference_kernels());
    for (const KernelTable* variant : every_variant()) {
      EXPECT_EQ(result_of(*variant).difference(expected), "")
          << variant->name << " " << pixels_ << " pixels of " << channels_ << " channels padded to " << padded_
          << ", inverse scale " << inverse_scale_ << ", zero point " << zero_point_ << ", seed " << seed_;
    }
  }

 private:
  uint32_t seed_;
  int pixels_ = 1, channels_ = 1, padded_ = 4, zero_point_ = 0;
  float inverse_scale_ = 1;
};

TEST(Quantize, GivesTheSameBytesInEveryVariant) {
  for (uint32_t seed = 1; seed <= 600; ++seed) {
    Random random(seed);
    QuantizeTester tester(seed);
    tester.pixels(random.integer(1, 200)).channels(random.integer(1, random.chance(80) ? 40 : 200));
    tester.zero_point(random.chance(20) ? 0 : random.chance(20) ? 255 : random.integer(0, 255));
    tester.scale(std::ldexp(1.0f + random.integer(0, 99) / 100.0f, random.integer(-3, 8)));
    tester.run();
  }
}

TEST(Quantize, GivesTheSameBytesForEveryNumberOfChannels) {
  for (int channels = 1; channels <= 80; ++channels) {
    QuantizeTester(channels).pixels(61).channels(channels).scale(50).zero_point(97).run();
    QuantizeTester(channels).pixels(9).channels(channels).padded_channels(channels + 7).zero_point(3).run();
    QuantizeTester(channels).pixels(9).channels(channels).padded_channels(channels).zero_point(3).run();
  }
}

TEST(Quantize, RoundsToNearestWithTiesToEvenThenClamps) {
  const float x[] = {0.5f, 1.5f, 2.5f,  -0.5f,  -1.5f,    -2.6f,     0.4999999f, 254.5f,
                     300,  -300, 3e38f, -3e38f, INFINITY, -INFINITY, NAN,        -NAN};
  const uint8_t expected[] = {3, 5, 5, 3, 1, 0, 3, 255, 255, 0, 255, 0, 255, 0, 3, 3};
  for (const KernelTable* variant : every_variant()) {
    uint8_t q[16];
    variant->quantize(x, 4, 4, 4, 1, 3, q);
    EXPECT_EQ(std::vector<int>(q, q + 16), std::vector<int>(expected, expected + 16)) << variant->name;
  }
}

TEST(Quantize, FillsThePaddingWithTheZeroPoint) {
  const float x[] = {1, 2, 3, 4, 5, 6};
  for (const KernelTable* variant : every_variant()) {
    uint8_t q[8];
    variant->quantize(x, 2, 3, 4, 2, 100, q);
    EXPECT_EQ(std::vector<int>(q, q + 8), (std::vector<int>{102, 104, 106, 100, 108, 110, 112, 100})) << variant->name;
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
