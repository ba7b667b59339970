#include "test/kernels/buffers.h"
#include "test/kernels/guarded.h"

namespace approxlite {
namespace {

class PoolTester {
 public:
  explicit PoolTester(uint32_t seed = 1) : seed_(seed) {}
  PoolTester& image(int height, int width, int channels) {
    call_.height = height, call_.width = width, call_.channels = channels;
    return *this;
  }
  PoolTester& filter(int height, int width) {
    call_.filter_height = height, call_.filter_width = width;
    return *this;
  }
  PoolTester& stride(int height, int width) {
    call_.stride_height = height, call_.stride_width = width;
    return *this;
  }
  // SAME padding, otherwise VALID.
  PoolTester& same_padding() { return same_ = true, *this; }
  PoolTester& clamp(float low, float high) {
    call_.low = low, call_.high = high;
    return *this;
  }
  PoolTester& with_special_values() { return percent_special_ = 5, *this; }

  // Every variant gives the bits of the reference, and reads nothing past the floats.
  void run() {
    place();
    Random random(seed_);
    const size_t channels = call_.channels;
    const Buffer<float> values = random_values(random, call_.height * call_.width * channels, percent_special_);
    const Guarded input(values.data(), values.size());
    call_.input = input.data();
    const auto result_of = [&](void (*pool)(const Pool&)) {
      Buffer<float> output(call_.output_height * call_.output_width * channels);
      call_.output = output.data();
      pool(call_);
      return output;
    };
    const Buffer<float> largest = result_of(reference_kernels().max_pool);
    const Buffer<float> average = result_of(reference_kernels().average_pool);
    for (const KernelTable* variant : every_variant()) {
      EXPECT_EQ(result_of(variant->max_pool).difference(largest), "") << variant->name << " max " << description();
      EXPECT_EQ(difference(result_of(variant->average_pool), average), "")
          << variant->name << " average " << description();
    }
  }

  // The same on bytes.
  void run_bytes() {
    place();
    Random random(seed_);
    const size_t channels = call_.channels;
    Buffer<uint8_t> input(call_.height * call_.width * channels);
    const bool extreme = random.chance(20);
    for (size_t i = 0; i < input.size(); ++i) {
      input[i] = static_cast<uint8_t>(extreme ? 255 * random.integer(0, 1) : random.integer(0, 255));
    }
    PoolBytes call = {.input = input.data(),
                      .height = call_.height,
                      .width = call_.width,
                      .channels = call_.channels,
                      .filter_height = call_.filter_height,
                      .filter_width = call_.filter_width,
                      .stride_height = call_.stride_height,
                      .stride_width = call_.stride_width,
                      .pad_top = call_.pad_top,
                      .pad_left = call_.pad_left,
                      .output_height = call_.output_height,
                      .output_width = call_.output_width,
                      .zero_point = random.integer(0, 255),
                      .scale = std::fabs(random.value()),
                      .bias = static_cast<float>(random.integer(-20, 275)),
                      .low = call_.low,
                      .high = call_.high,
                      .output = nullptr,
                      .same_grid = random.chance(50),
                      .halves_from = 128 * random.integer(0, 1)};
    const auto result_of = [&](void (*pool)(const PoolBytes&)) {
      Buffer<uint8_t> output(call_.output_height * call_.output_width * channels);
      call.output = output.data();
      pool(call);
      return output;
    };
    const Buffer<uint8_t> largest = result_of(reference_kernels().max_pool_bytes);
    const Buffer<uint8_t> average = result_of(reference_kernels().average_pool_bytes);
    for (const KernelTable* variant : every_variant()) {
      EXPECT_EQ(result_of(variant->max_pool_bytes).difference(largest), "")
          << variant->name << " max of bytes " << description();
      EXPECT_EQ(result_of(variant->average_pool_bytes).difference(average), "")
          << variant->name << " average of bytes " << description();
    }
  }

 private:
  void place() {
    place(call_.height, call_.filter_height, call_.stride_height, &call_.output_height, &call_.pad_top);
    place(call_.width, call_.filter_width, call_.stride_width, &call_.output_width, &call_.pad_left);
  }
  void place(int size, int filter, int stride, int* outputs, int* pad) const {
    *outputs = same_ ? (size + stride - 1) / stride : (size - filter) / stride + 1;
    const int total = (*outputs - 1) * stride + filter - size;
    *pad = same_ && total > 0 ? total / 2 : 0;
  }
  std::string description() const {
    const auto pair = [](int a, int b) { return std::to_string(a) + "x" + std::to_string(b); };
    return "image " + pair(call_.height, call_.width) + "x" + std::to_string(call_.channels) + " filter " +
           pair(call_.filter_height, call_.filter_width) + " stride " + pair(call_.stride_height, call_.stride_width) +
           (same_ ? " same" : " valid") + " seed " + std::to_string(seed_);
  }

  uint32_t seed_;
  bool same_ = false;
  int percent_special_ = 0;
  Pool call_ = {.input = nullptr,
                .height = 1,
                .width = 1,
                .channels = 1,
                .filter_height = 1,
                .filter_width = 1,
                .stride_height = 1,
                .stride_width = 1,
                .pad_top = 0,
                .pad_left = 0,
                .output_height = 0,
                .output_width = 0,
                .low = -INFINITY,
                .high = INFINITY,
                .output = nullptr};
};

TEST(Pool, GivesTheSameBitsInEveryVariantOnGlobalWindows) {
  PoolTester().image(25, 5, 64).filter(25, 5).run();
  PoolTester().image(8, 8, 160).filter(8, 8).run();
  PoolTester().image(3, 3, 256).filter(3, 3).run();
  PoolTester().image(25, 5, 64).filter(25, 5).run_bytes();
  PoolTester().image(8, 8, 160).filter(8, 8).run_bytes();
}

TEST(Pool, GivesTheSameBitsForEveryNumberOfChannels) {
  for (int channels = 1; channels <= 150; ++channels) {
    PoolTester(channels).image(3, 4, channels).filter(2, 3).run();
    PoolTester(channels).image(3, 4, channels).filter(2, 3).run_bytes();
  }
}

TEST(Pool, GivesTheSameBitsOnRandomShapes) {
  for (uint32_t seed = 1; seed <= 400; ++seed) {
    Random random(seed);
    PoolTester tester(seed);
    const int height = random.integer(1, 16), width = random.integer(1, 16);
    tester.image(height, width, random.integer(1, 90));
    tester.filter(random.integer(1, height), random.integer(1, width));
    tester.stride(random.integer(1, 3), random.integer(1, 3));
    if (random.chance(50)) tester.same_padding();
    const bool clamped = random.chance(30);
    if (clamped) tester.clamp(random.value() - 1, random.value() + 2);
    tester.run();
    if (clamped) tester.clamp(static_cast<float>(random.integer(-9, 90)), static_cast<float>(random.integer(90, 300)));
    tester.run_bytes();
  }
}

TEST(Pool, TakesFiltersFarLargerThanTheImage) {
  PoolTester().image(3, 2, 5).filter(1 << 20, 1 << 20).same_padding().run();
  PoolTester().image(3, 2, 5).filter(1 << 20, 1 << 20).same_padding().run_bytes();
}

TEST(Pool, PassesNaNAndInfinityTheSameWayInEveryVariant) {
  for (uint32_t seed = 1; seed <= 50; ++seed) {
    PoolTester(seed).image(4, 6, 1 + seed).filter(3, 3).same_padding().with_special_values().run();
    PoolTester(seed).image(7, 5, 21).filter(2, 2).stride(2, 2).same_padding().with_special_values().clamp(-9, 9).run();
  }
}

TEST(Pool, CountsOnlyPixelsInsideTheImage) {
  for (const KernelTable* variant : every_variant()) {
    Buffer<float> input(4), output(4);
    for (int i = 0; i < 4; ++i) input[i] = static_cast<float>(i + 1);
    Pool call = {.input = input.data(),
                 .height = 2,
                 .width = 2,
                 .channels = 1,
                 .filter_height = 2,
                 .filter_width = 2,
                 .stride_height = 1,
                 .stride_width = 1,
                 .pad_top = 0,
                 .pad_left = 0,
                 .output_height = 2,
                 .output_width = 2,
                 .low = -100,
                 .high = 100,
                 .output = output.data()};
    variant->average_pool(call);
    EXPECT_EQ(std::vector<float>(&output[0], &output[0] + 4), (std::vector<float>{2.5f, 3, 3.5f, 4})) << variant->name;
    variant->max_pool(call);
    EXPECT_EQ(std::vector<float>(&output[0], &output[0] + 4), (std::vector<float>{4, 4, 4, 4})) << variant->name;
  }
}

TEST(Pool, OnBytesCountsDistancesFromTheZeroPointAndMovesToTheOutputsGrid) {
  for (const KernelTable* variant : every_variant()) {
    Buffer<uint8_t> input(4), output(1);
    for (int i = 0; i < 4; ++i) input[i] = static_cast<uint8_t>(100 + 20 * i);
    PoolBytes call = {.input = input.data(),
                      .height = 2,
                      .width = 2,
                      .channels = 1,
                      .filter_height = 2,
                      .filter_width = 2,
                      .stride_height = 1,
                      .stride_width = 1,
                      .pad_top = 0,
                      .pad_left = 0,
                      .output_height = 1,
                      .output_width = 1,
                      .zero_point = 90,
                      .scale = 2,
                      .bias = 5,
                      .low = 0,
                      .high = 255,
                      .output = output.data()};
    variant->average_pool_bytes(call);
    EXPECT_EQ(output[0], 85) << variant->name;  // (130 - 90) * 2 + 5
    variant->max_pool_bytes(call);
    EXPECT_EQ(output[0], 160) << variant->name;
    call.high = 77;
    variant->max_pool_bytes(call);
    EXPECT_EQ(output[0], 77) << variant->name;
  }
}

TEST(Pool, OnBytesOfOneGridRoundsHalvesAwayFromTheGivenByte) {
  for (const KernelTable* variant : every_variant()) {
    Buffer<uint8_t> input(4), output(2);
    const uint8_t values[] = {100, 200, 101, 201};  // two pixels of two channels: means 100.5 and 200.5
    std::memcpy(input.data(), values, 4);
    PoolBytes call = {.input = input.data(),
                      .height = 2,
                      .width = 1,
                      .channels = 2,
                      .filter_height = 2,
                      .filter_width = 1,
                      .stride_height = 1,
                      .stride_width = 1,
                      .pad_top = 0,
                      .pad_left = 0,
                      .output_height = 1,
                      .output_width = 1,
                      .zero_point = 3,
                      .scale = 1,
                      .bias = 3,
                      .low = 0,
                      .high = 255,
                      .output = output.data(),
                      .same_grid = true,
                      .halves_from = 128};
    variant->average_pool_bytes(call);
    EXPECT_EQ(std::vector<int>(&output[0], &output[0] + 2), (std::vector<int>{100, 201})) << variant->name;
    call.halves_from = 0;
    variant->average_pool_bytes(call);
    EXPECT_EQ(std::vector<int>(&output[0], &output[0] + 2), (std::vector<int>{101, 201})) << variant->name;
  }
}

}  // namespace
}  // namespace approxlite
