#include "test/kernels/buffers.h"

namespace approxlite {
namespace {

constexpr BinaryOp kBinaryOps[] = {BinaryOp::kAdd,
                                   BinaryOp::kSub,
                                   BinaryOp::kMul,
                                   BinaryOp::kDiv,
                                   BinaryOp::kMinimum,
                                   BinaryOp::kMaximum,
                                   BinaryOp::kSquaredDifference};

class BinaryTester {
 public:
  explicit BinaryTester(uint32_t seed = 1) : seed_(seed) {}
  BinaryTester& pixels(int pixels) { return pixels_ = pixels, *this; }
  BinaryTester& channels(int channels) { return channels_ = channels, *this; }
  BinaryTester& broadcast(Broadcast broadcast) { return broadcast_ = broadcast, *this; }
  BinaryTester& clamp(float low, float high) { return low_ = low, high_ = high, *this; }
  BinaryTester& with_special_values() { return percent_special_ = 10, *this; }

  // Every variant gives the bits of the reference, into a third tensor and in place.
  void run() const {
    Random random(seed_);
    const size_t size = static_cast<size_t>(pixels_) * channels_;
    const size_t b_size = broadcast_ == Broadcast::kSame ? size : broadcast_ == Broadcast::kScalar ? 1 : channels_;
    const Buffer<float> a = random_values(random, size, percent_special_);
    const Buffer<float> b = random_values(random, b_size, percent_special_);
    for (const BinaryOp op : kBinaryOps) {
      for (const bool reversed : {false, true}) {
        const auto result_of = [&](const KernelTable& kernels) {
          Buffer<float> y(size);
          kernels.binary(op, {a.data(), b.data(), broadcast_, size, channels_, low_, high_, y.data(), reversed});
          return y;
        };
        const auto expected = result_of(reference_kernels());
        for (const KernelTable* variant : every_variant()) {
          const std::string of = variant->name + std::string(" ") + description(op, reversed);
          EXPECT_EQ(difference(result_of(*variant), expected), "") << of;
          Buffer<float> y = copy_of(a);
          variant->binary(op, {y.data(), b.data(), broadcast_, size, channels_, low_, high_, y.data(), reversed});
          EXPECT_EQ(difference(std::move(y), expected), "") << "in place of a, " << of;
          if (broadcast_ != Broadcast::kSame) continue;
          y = copy_of(b);
          variant->binary(op, {a.data(), y.data(), broadcast_, size, channels_, low_, high_, y.data(), reversed});
          EXPECT_EQ(difference(std::move(y), expected), "") << "in place of b, " << of;
        }
      }
    }
  }

 private:
  std::string description(BinaryOp op, bool reversed) const {
    return "operation " + std::to_string(static_cast<int>(op)) + (reversed ? " reversed, " : ", ") +
           std::to_string(pixels_) + " pixels of " + std::to_string(channels_) + " channels, broadcast " +
           std::to_string(static_cast<int>(broadcast_)) + ", seed " + std::to_string(seed_);
  }

  uint32_t seed_;
  int pixels_ = 1, channels_ = 1, percent_special_ = 0;
  Broadcast broadcast_ = Broadcast::kSame;
  float low_ = -INFINITY, high_ = INFINITY;
};

TEST(Elementwise, GivesTheSameBitsInEveryVariant) {
  for (uint32_t seed = 1; seed <= 100; ++seed) {
    Random random(seed);
    BinaryTester tester(seed);
    tester.pixels(random.integer(1, 60)).channels(random.integer(1, 150));
    tester.broadcast(static_cast<Broadcast>(random.integer(0, 2)));
    if (random.chance(50)) tester.clamp(random.value() - 1, random.value() + 2);
    tester.run();
  }
}

TEST(Elementwise, GivesTheSameBitsForEveryNumberOfBroadcastChannels) {
  for (int channels = 1; channels <= 140; ++channels) {
    BinaryTester(channels).pixels(37).channels(channels).broadcast(Broadcast::kChannel).run();
  }
  BinaryTester(1).pixels(1500).channels(2).broadcast(Broadcast::kChannel).run();
  BinaryTester(2).pixels(3).channels(2000).broadcast(Broadcast::kChannel).run();
}

TEST(Elementwise, PassesNaNAndInfinityTheSameWayInEveryVariant) {
  for (uint32_t seed = 1; seed <= 50; ++seed) {
    BinaryTester(seed).pixels(10).channels(13).with_special_values().clamp(0, 6).run();
    BinaryTester(seed).pixels(10).channels(9).broadcast(Broadcast::kChannel).with_special_values().run();
    BinaryTester(seed).pixels(10).channels(3).broadcast(Broadcast::kScalar).with_special_values().run();
  }
}

TEST(Elementwise, AddsPerChannelThenClamps) {
  const float a[] = {1, 2, 3, 4, 5, 6}, b[] = {10, 20, -30};
  for (const KernelTable* variant : every_variant()) {
    float y[6];
    variant->binary(BinaryOp::kAdd, {a, b, Broadcast::kChannel, 6, 3, -20, 22, y});
    EXPECT_EQ(std::vector<float>(y, y + 6), (std::vector<float>{11, 22, -20, 14, 22, -20})) << variant->name;
  }
}

TEST(Elementwise, DividesTheSecondByTheFirstWhenReversed) {
  const float a[] = {2, 4, 5}, b[] = {20};
  for (const KernelTable* variant : every_variant()) {
    float y[3];
    variant->binary(BinaryOp::kDiv, {a, b, Broadcast::kScalar, 3, 3, -INFINITY, INFINITY, y, true});
    EXPECT_EQ(std::vector<float>(y, y + 3), (std::vector<float>{10, 5, 4})) << variant->name;
  }
}

TEST(Prelu, GivesTheSameBitsInEveryVariant) {
  for (uint32_t seed = 1; seed <= 100; ++seed) {
    Random random(seed);
    const int pixels = random.integer(1, 40), channels = random.integer(1, 90);
    const size_t size = static_cast<size_t>(pixels) * channels;
    const Buffer<float> x = random_values(random, size, seed % 3 == 0 ? 10 : 0),
                        slope = random_values(random, channels);
    Buffer<float> expected(size);
    reference_kernels().prelu(x.data(), slope.data(), size, channels, expected.data());
    for (const KernelTable* variant : every_variant()) {
      Buffer<float> y = copy_of(x);
      variant->prelu(y.data(), slope.data(), size, channels, y.data());
      EXPECT_EQ(difference(std::move(y), expected), "") << variant->name << " seed " << seed;
    }
  }
}

TEST(Prelu, ScalesNegativeValuesOnly) {
  const float x[] = {1, -1, -2, 2, -0.0f, -3}, slope[] = {0.5f, 2};
  for (const KernelTable* variant : every_variant()) {
    float y[6];
    variant->prelu(x, slope, 6, 2, y);
    EXPECT_EQ(std::vector<float>(y, y + 6), (std::vector<float>{1, -2, -1, 2, 0, -6})) << variant->name;
    EXPECT_TRUE(std::signbit(y[4])) << variant->name;
  }
}

}  // namespace
}  // namespace approxlite
