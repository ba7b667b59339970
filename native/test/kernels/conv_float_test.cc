#include "test/kernels/conv_case.h"

namespace approxlite {
namespace {

class ConvFloatTester {
 public:
  explicit ConvFloatTester(uint32_t seed = 1) : seed_(seed) {}
  ConvFloatTester& pixels(int count) { return shape_.pixels = count, *this; }
  ConvFloatTester& taps(int count) { return shape_.taps = count, *this; }
  ConvFloatTester& channels(int count) { return shape_.channels = count, *this; }
  ConvFloatTester& output_channels(int count) { return shape_.output_channels = count, *this; }
  // Reads each input with this probability.
  ConvFloatTester& listed(int percent) { return listed_percent_ = percent, *this; }
  ConvFloatTester& clamp(float low, float high) { return bounds_ = {low, high}, *this; }
  ConvFloatTester& with_special_values() { return special_percent_ = 3, *this; }

  // Every variant gives the bits of the reference and writes nothing else. (A NaN stays one; its bits may differ.)
  void run() {
    Random random(seed_);
    const size_t k = static_cast<size_t>(shape_.taps) * static_cast<size_t>(shape_.channels);
    const size_t outputs = static_cast<size_t>(shape_.output_channels), row_size = static_cast<size_t>(shape_.channels);
    const size_t input_size = row_size * static_cast<size_t>(random.integer(1, 20));
    const Buffer<float> inputs = random_values(random, input_size, special_percent_);
    Buffer<float> padding(row_size);
    std::fill_n(padding.data(), row_size, 0.0f);
    const Buffer<float> weights = random_values(random, k * outputs), bias = random_values(random, outputs);
    const bool with_bias = random.chance(80);
    const Indirection<float> indirection(random, shape_, inputs, padding, row_size);
    const int places = shape_.pixels + random.integer(0, 5);
    const std::vector<int32_t> offsets = random_offsets(random, shape_, places);
    const RandomKList k_list(random, shape_, listed_percent_);

    const auto output_of = [&](const KernelTable& kernels) {
      const int k_count = static_cast<int>(k);
      Buffer<float> packed(kernels.conv_float_packed_bytes(k_count, shape_.output_channels) / sizeof(float));
      kernels.conv_float_pack(weights.data(), with_bias ? bias.data() : nullptr, k_count, shape_.output_channels,
                              packed.data());
      Buffer<float> output(static_cast<size_t>(places) * outputs);
      kernels.conv_float({.rows = indirection.rows(),
                          .row_stride = indirection.stride(),
                          .taps = shape_.taps,
                          .channels = shape_.channels,
                          .pixels = shape_.pixels,
                          .output_offsets = offsets.data(),
                          .packed = packed.data(),
                          .k_list = listed_percent_ > 0 ? k_list.list() : KList{},
                          .rescale = 1.37f,
                          .output_channels = shape_.output_channels,
                          .low = bounds_.first,
                          .high = bounds_.second,
                          .output = output.data()});
      return output;
    };
    Buffer<float> expected = output_of(reference_kernels());
    for (const KernelTable* variant : every_variant()) {
      Buffer<float> output = output_of(*variant);
      for (size_t i = 0; special_percent_ > 0 && i < output.size(); ++i) {
        if (output[i] != output[i] && expected[i] != expected[i]) output[i] = expected[i];
      }
      ASSERT_EQ(output.difference(expected), "")
          << variant->name << ": " << shape_.text() << ", listed " << listed_percent_ << " %, seed " << seed_;
    }
  }

 private:
  uint32_t seed_;
  ConvShape shape_;
  std::pair<float, float> bounds_ = {-INFINITY, INFINITY};
  int listed_percent_ = 0, special_percent_ = 0;
};

TEST(ConvFloat, GivesTheSameBitsInEveryVariantOnLayersOfRealModels) {
  ConvFloatTester().pixels(1024).taps(9).channels(16).output_channels(16).clamp(0, INFINITY).run();
  ConvFloatTester().pixels(256).taps(9).channels(32).output_channels(32).run();
  ConvFloatTester().pixels(125).channels(64).output_channels(64).clamp(0, 6).run();
  ConvFloatTester().pixels(125).taps(10).channels(4).output_channels(64).run();
  ConvFloatTester().pixels(36).channels(128).output_channels(128).run();
  ConvFloatTester().pixels(9).channels(256).output_channels(256).run();
  ConvFloatTester().pixels(128).taps(7).channels(9).output_channels(64).run();
  ConvFloatTester().pixels(300).taps(3).channels(9).output_channels(8).clamp(0, 6).run();
}

TEST(ConvFloat, GivesTheSameBitsForEveryNumberOfPixels) {
  for (int pixels = 1; pixels <= 60; ++pixels) {
    ConvFloatTester(pixels).pixels(pixels).taps(3).channels(7).output_channels(16).run();
    ConvFloatTester(pixels).pixels(pixels).taps(2).channels(8).output_channels(50).run();
    ConvFloatTester(pixels).pixels(pixels).taps(2).channels(8).output_channels(50).listed(50).run();
  }
}

TEST(ConvFloat, GivesTheSameBitsForOutputChannelsThatFillNoVector) {
  for (int output_channels = 1; output_channels <= 150; ++output_channels) {
    for (const int pixels : {1, 2, 3, 5, 23}) {
      ConvFloatTester(output_channels).pixels(pixels).taps(2).channels(5).output_channels(output_channels).run();
      ConvFloatTester(output_channels)
          .pixels(pixels)
          .taps(2)
          .channels(5)
          .output_channels(output_channels)
          .listed(60)
          .run();
    }
  }
}

TEST(ConvFloat, GivesTheSameBitsForEveryNumberOfInputChannels) {
  for (int channels = 1; channels <= 40; ++channels) {
    ConvFloatTester(channels)
        .pixels(20)
        .taps(1 + channels % 4)
        .channels(channels)
        .output_channels(21)
        .clamp(0, 6)
        .run();
    ConvFloatTester(channels).pixels(20).taps(1 + channels % 4).channels(channels).output_channels(21).listed(50).run();
  }
}

TEST(ConvFloat, GivesTheSameBitsOnRandomCases) {
  for (uint32_t seed = 1; seed <= 400; ++seed) {
    Random random(seed);
    const auto [low, high] = random_bounds(random);
    ConvFloatTester(seed)
        .pixels(random.integer(1, 70))
        .taps(random.integer(1, 9))
        .channels(random.integer(1, 30))
        .output_channels(random.integer(1, 80))
        .listed(random.chance(50) ? random.integer(1, 100) : 0)
        .clamp(low, high)
        .run();
  }
}

// One pixel, one output channel, three inputs.
float single_output(const KernelTable& kernels, const Buffer<float>& x, const Buffer<float>& w, float bias,
                    KList list) {
  Buffer<float> packed(kernels.conv_float_packed_bytes(3, 1) / sizeof(float)), y(1);
  kernels.conv_float_pack(w.data(), &bias, 3, 1, packed.data());
  const std::vector<const float*> rows(1 + kIndirectionSlack, x.data());
  const int32_t offset = 0;
  kernels.conv_float({.rows = rows.data(),
                      .row_stride = rows.size(),
                      .taps = 1,
                      .channels = 3,
                      .pixels = 1,
                      .output_offsets = &offset,
                      .packed = packed.data(),
                      .k_list = list,
                      .rescale = 2.0f,
                      .output_channels = 1,
                      .low = -INFINITY,
                      .high = INFINITY,
                      .output = y.data()});
  return y[0];
}

TEST(ConvFloat, BeginsWithTheBiasAndAddsInTheOrderOfK) {
  Buffer<float> x(3), w(3);
  const float xs[] = {1e8f, -1e8f, 1.0f};
  std::copy_n(xs, 3, x.data());
  std::fill_n(w.data(), 3, 1.0f);
  const int32_t begin[] = {0, 2}, entries[] = {0, 2};
  for (const KernelTable* variant : every_variant()) {
    EXPECT_EQ(single_output(*variant, x, w, 1.0f, {}), 1.0f) << variant->name;  // 1 + 1e8 = 1e8
    EXPECT_EQ(single_output(*variant, x, w, 8.0f, {begin, entries}), 2e8f + 8.0f) << variant->name;
  }
}

// A new hash here is a new numerics version: a policy certified elsewhere no longer holds.
TEST(ConvFloat, GivesTheBitsItAlwaysGave) {
  constexpr int kPixels = 20, kTaps = 3, kChannels = 11, kOutputs = 21, kSize = kTaps * kChannels;
  constexpr int kStride = kPixels + kIndirectionSlack;
  FixedSequence sequence;
  Buffer<float> x((kPixels + kTaps) * kChannels), w(kSize * kOutputs), bias(kOutputs);
  for (Buffer<float>* values : {&x, &w, &bias}) {
    for (size_t i = 0; i < values->size(); ++i) (*values)[i] = static_cast<float>(sequence.next()) / 700.0f;
  }
  std::vector<const float*> rows(kTaps * kStride);
  std::vector<int32_t> offsets;
  for (int m = 0; m < kPixels; ++m) {
    for (int tap = 0; tap < kTaps; ++tap) rows[tap * kStride + m] = x.data() + (m + tap) * kChannels;
    offsets.push_back(m * kOutputs);
  }
  for (const KernelTable* variant : every_variant()) {
    Buffer<float> packed(variant->conv_float_packed_bytes(kSize, kOutputs) / sizeof(float)), y(kPixels * kOutputs);
    variant->conv_float_pack(w.data(), bias.data(), kSize, kOutputs, packed.data());
    variant->conv_float({.rows = rows.data(),
                         .row_stride = kStride,
                         .taps = kTaps,
                         .channels = kChannels,
                         .pixels = kPixels,
                         .output_offsets = offsets.data(),
                         .packed = packed.data(),
                         .k_list = {},
                         .rescale = 1.0f,
                         .output_channels = kOutputs,
                         .low = -3.0f,
                         .high = INFINITY,
                         .output = y.data()});
    EXPECT_EQ(hash_of(y), 980258912u) << variant->name;
  }
}

TEST(ConvFloat, LetsNanAndInfinityThrough) {
  for (uint32_t seed = 1; seed <= 50; ++seed) {
    ConvFloatTester(seed).pixels(30).taps(2).channels(6).output_channels(37).clamp(0, 6).with_special_values().run();
    ConvFloatTester(seed).pixels(30).taps(2).channels(6).output_channels(5).listed(50).with_special_values().run();
  }
}

}  // namespace
}  // namespace approxlite
