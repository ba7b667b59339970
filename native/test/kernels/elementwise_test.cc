#include "test/kernels/buffers.h"

namespace approxlite {
namespace {

class BinaryTester {
 public:
  explicit BinaryTester(uint32_t seed = 1) : seed_(seed) {}
  BinaryTester& pixels(int pixels) { return pixels_ = pixels, *this; }
  BinaryTester& channels(int channels) { return channels_ = channels, *this; }
  BinaryTester& broadcast(Broadcast broadcast) { return broadcast_ = broadcast, *this; }
  BinaryTester& clamp(float low, float high) { return low_ = low, high_ = high, *this; }
  BinaryTester& with_special_values() { return percent_special_ = 10, *this; }

  // Every variant gives the bits of the reference.
  void run() const {
    Random random(seed_);
    const size_t size = static_cast<size_t>(pixels_) * channels_;
    const size_t b_size = broadcast_ == Broadcast::kSame ? size : broadcast_ == Broadcast::kScalar ? 1 : channels_;
    const Buffer<float> a = random_values(random, size, percent_special_), b = random_values(random, b_size);
    const auto result_of = [&](void (*operation)(const Binary&)) {
      Buffer<float> y(size);
      operation({a.data(), b.data(), broadcast_, size, channels_, low_, high_, y.data()});
      return y;
    };
    const Buffer<float> sum = result_of(reference_kernels().add), product = result_of(reference_kernels().multiply);
    for (const KernelTable* variant : every_variant()) {
      EXPECT_EQ(result_of(variant->add).difference(sum), "") << variant->name << " " << description();
      EXPECT_EQ(result_of(variant->multiply).difference(product), "") << variant->name << " " << description();
    }
  }

 private:
  std::string description() const {
    return std::to_string(pixels_) + " pixels of " + std::to_string(channels_) + " channels, broadcast " +
           std::to_string(static_cast<int>(broadcast_)) + ", seed " + std::to_string(seed_);
  }

  uint32_t seed_;
  int pixels_ = 1, channels_ = 1, percent_special_ = 0;
  Broadcast broadcast_ = Broadcast::kSame;
  float low_ = -INFINITY, high_ = INFINITY;
};

TEST(Elementwise, GivesTheSameBitsInEveryVariant) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
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
}

TEST(Elementwise, PassesNaNAndInfinityTheSameWayInEveryVariant) {
  for (uint32_t seed = 1; seed <= 50; ++seed) {
    BinaryTester(seed).pixels(10).channels(13).with_special_values().clamp(0, 6).run();
    BinaryTester(seed).pixels(10).channels(9).broadcast(Broadcast::kChannel).with_special_values().run();
  }
}

TEST(Elementwise, AddsPerChannelThenClamps) {
  const float a[] = {1, 2, 3, 4, 5, 6}, b[] = {10, 20, -30};
  for (const KernelTable* variant : every_variant()) {
    float y[6];
    variant->add({a, b, Broadcast::kChannel, 6, 3, -20, 22, y});
    EXPECT_EQ(std::vector<float>(y, y + 6), (std::vector<float>{11, 22, -20, 14, 22, -20})) << variant->name;
  }
}

}  // namespace
}  // namespace approxlite
