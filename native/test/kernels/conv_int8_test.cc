#include "test/kernels/conv_case.h"

namespace approxlite {
namespace {

class ConvInt8Tester {
 public:
  explicit ConvInt8Tester(uint32_t seed = 1) : seed_(seed) {}
  ConvInt8Tester& pixels(int count) { return shape_.pixels = count, *this; }
  ConvInt8Tester& taps(int count) { return shape_.taps = count, *this; }
  // In groups of four input channels.
  ConvInt8Tester& groups(int count) { return shape_.channels = count, *this; }
  ConvInt8Tester& output_channels(int count) { return shape_.output_channels = count, *this; }
  // Reads each group with this probability.
  ConvInt8Tester& listed(int percent) { return listed_percent_ = percent, *this; }
  ConvInt8Tester& clamp(float low, float high) { return bounds_ = {low, high}, *this; }
  // Only 0 and 255, -128 and 127.
  ConvInt8Tester& extremes() { return extremes_ = true, *this; }

  // Every variant gives the bits of the reference and writes nothing else.
  void run() {
    Random random(seed_);
    const size_t k = 4 * static_cast<size_t>(shape_.taps) * static_cast<size_t>(shape_.channels);
    const size_t outputs = static_cast<size_t>(shape_.output_channels);
    const size_t row_size = 4 * static_cast<size_t>(shape_.channels);
    Buffer<uint8_t> inputs(row_size * static_cast<size_t>(random.integer(1, 20)));
    for (size_t i = 0; i < inputs.size(); ++i) {
      inputs[i] = static_cast<uint8_t>(extremes_ ? 255 * random.chance(90) : random.integer(0, 255));
    }
    Buffer<uint8_t> padding(row_size);
    std::fill_n(padding.data(), row_size, static_cast<uint8_t>(random.integer(0, 255)));
    std::vector<int8_t> weights(k * outputs);
    for (int8_t& w : weights) {
      w = static_cast<int8_t>(extremes_ ? (random.chance(80) ? -128 : 127) : random.integer(-128, 127));
    }
    const Indirection<uint8_t> indirection(random, shape_, inputs, padding, row_size);
    const int places = shape_.pixels + random.integer(0, 5);
    const std::vector<int32_t> offsets = random_offsets(random, shape_, places);
    const RandomKList k_list(random, shape_, listed_percent_);
    std::vector<int32_t> starts(outputs);
    for (int32_t& start : starts) start = random.integer(-1000000, 1000000);
    const Buffer<float> scales = random_values(random, outputs), biases = random_values(random, outputs);

    const auto output_of = [&](const KernelTable& kernels) {
      const int groups = static_cast<int>(k / 4);
      Buffer<int64_t> packed((kernels.conv_int8_packed_bytes(groups, shape_.output_channels) + 7) / 8);
      kernels.conv_int8_pack(weights.data(), groups, shape_.output_channels, packed.data());
      // Past their ends memory checkers see to it that no more is read than the variant announced.
      const size_t padded = static_cast<size_t>(kernels.conv_int8_padded_channels(shape_.output_channels));
      std::vector<int32_t> start(padded);
      std::vector<float> scale(padded), bias(padded);
      std::copy_n(starts.data(), outputs, start.data());
      std::copy_n(scales.data(), outputs, scale.data());
      std::copy_n(biases.data(), outputs, bias.data());
      Buffer<float> output(static_cast<size_t>(places) * outputs);
      kernels.conv_int8({.rows = indirection.rows(),
                         .row_stride = indirection.stride(),
                         .taps = shape_.taps,
                         .groups = shape_.channels,
                         .pixels = shape_.pixels,
                         .output_offsets = offsets.data(),
                         .packed = packed.data(),
                         .k_list = listed_percent_ > 0 ? k_list.list() : KList{},
                         .start = start.data(),
                         .scale = scale.data(),
                         .bias = bias.data(),
                         .output_channels = shape_.output_channels,
                         .low = bounds_.first,
                         .high = bounds_.second,
                         .output = output.data()});
      return output;
    };
    const Buffer<float> expected = output_of(reference_kernels());
    for (const KernelTable* variant : every_variant()) {
      ASSERT_EQ(output_of(*variant).difference(expected), "")
          << variant->name << ": " << shape_.text() << ", listed " << listed_percent_ << " %, seed " << seed_;
    }
  }

 private:
  uint32_t seed_;
  ConvShape shape_;
  std::pair<float, float> bounds_ = {-INFINITY, INFINITY};
  int listed_percent_ = 0;
  bool extremes_ = false;
};

TEST(ConvInt8, GivesTheSameBitsInEveryVariantOnLayersOfRealModels) {
  ConvInt8Tester().pixels(1024).taps(9).groups(4).output_channels(16).clamp(0, INFINITY).run();
  ConvInt8Tester().pixels(256).taps(9).groups(8).output_channels(32).run();
  ConvInt8Tester().pixels(125).groups(16).output_channels(64).clamp(0, 6).run();
  ConvInt8Tester().pixels(125).taps(10).groups(1).output_channels(64).run();
  ConvInt8Tester().pixels(36).groups(32).output_channels(128).run();
  ConvInt8Tester().pixels(9).groups(64).output_channels(256).run();
  ConvInt8Tester().pixels(300).taps(3).groups(3).output_channels(8).clamp(0, 6).run();
}

TEST(ConvInt8, NeverSaturates) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    ConvInt8Tester(seed).pixels(20).taps(9).groups(16).output_channels(33).extremes().run();
    ConvInt8Tester(seed).pixels(20).taps(9).groups(16).output_channels(33).extremes().listed(70).run();
  }
}

TEST(ConvInt8, GivesTheSameBitsForEveryNumberOfPixels) {
  for (int pixels = 1; pixels <= 60; ++pixels) {
    ConvInt8Tester(pixels).pixels(pixels).taps(3).groups(5).output_channels(16).run();
    ConvInt8Tester(pixels).pixels(pixels).taps(2).groups(4).output_channels(50).run();
    ConvInt8Tester(pixels).pixels(pixels).taps(2).groups(4).output_channels(50).listed(50).run();
  }
}

TEST(ConvInt8, GivesTheSameBitsForOutputChannelsThatFillNoVector) {
  for (int output_channels = 1; output_channels <= 150; ++output_channels) {
    for (const int pixels : {1, 2, 3, 5, 23}) {
      ConvInt8Tester(output_channels).pixels(pixels).taps(2).groups(3).output_channels(output_channels).run();
      ConvInt8Tester(output_channels)
          .pixels(pixels)
          .taps(2)
          .groups(3)
          .output_channels(output_channels)
          .listed(60)
          .run();
    }
  }
}

TEST(ConvInt8, GivesTheSameBitsForEveryNumberOfGroups) {
  for (int groups = 1; groups <= 40; ++groups) {
    ConvInt8Tester(groups).pixels(20).taps(1 + groups % 4).groups(groups).output_channels(21).clamp(0, 6).run();
    ConvInt8Tester(groups).pixels(20).taps(1 + groups % 4).groups(groups).output_channels(21).listed(50).run();
  }
}

TEST(ConvInt8, GivesTheSameBitsOnRandomCases) {
  for (uint32_t seed = 1; seed <= 400; ++seed) {
    Random random(seed);
    const auto [low, high] = random_bounds(random);
    ConvInt8Tester(seed)
        .pixels(random.integer(1, 70))
        .taps(random.integer(1, 9))
        .groups(random.integer(1, 12))
        .output_channels(random.integer(1, 80))
        .listed(random.chance(50) ? random.integer(1, 100) : 0)
        .clamp(low, high)
        .run();
  }
}

}  // namespace
}  // namespace approxlite
