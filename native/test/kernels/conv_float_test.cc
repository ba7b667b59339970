#include "test/kernels/conv_case.h"

namespace approxlite {
namespace {

// The arrays of one case, and the output a variant makes of them.
class ConvMaterial {
 public:
  ConvMaterial(const ConvCase& of, uint32_t seed)
      : of_(of),
        random_(seed),
        rows_(some_of(random_, of.output_height(), of.checker ? 100 : of.row_percent)),
        columns_(some_of(random_, of.output_width(), of.checker ? 100 : of.column_percent)),
        k_list_(random_, of),
        k_(of.compact ? k_list_.list().begin[of.taps()] * of.group : of.taps() * of.channels),
        input_(random_values(random_, static_cast<size_t>(of.height * of.width * of.floats_per_pixel() + of.channels),
                             of.special_percent)),
        padding_(random_values(random_, static_cast<size_t>(of.channels))),
        weights_(random_values(random_, static_cast<size_t>(k_ * of.output_channels))),
        bias_(random_values(random_, static_cast<size_t>(of.output_channels))),
        addend_(random_values(random_, size(), of.special_percent)),
        with_bias_(random_.chance(80)),
        addend_bounds_(random_bounds(random_)) {}

  int pixels() const { return pixel_count(grid()); }
  Random& random() { return random_; }

  // Calls the kernel for pixels cuts[0]..cuts[1], cuts[1]..cuts[2] and so on.
  Buffer<float> output(const KernelTable& kernels, const std::vector<int>& cuts) const {
    Buffer<float> packed(kernels.conv_float_packed_bytes(k_, of_.output_channels) / sizeof(float));
    kernels.conv_float_pack(weights_.data(), with_bias_ ? bias_.data() : nullptr, k_, of_.output_channels,
                            packed.data());
    Buffer<uint8_t> scratch(kernels.conv_scratch_bytes(of_.taps()));
    Buffer<float> output(size());
    if (of_.in_place) std::copy_n(addend_.data(), size(), output.data());
    for (size_t i = 0; i + 1 < cuts.size(); ++i) {
      kernels.conv_float({.windows = windows(),
                          .channels = of_.channels,
                          .packed = packed.data(),
                          .k_list = of_.listed_percent > 0 ? k_list_.list() : KList{},
                          .rescale = 1.37f,
                          .output_channels = of_.output_channels,
                          .low = of_.low,
                          .high = of_.high,
                          .addend = of_.in_place ? output.data()
                                    : of_.addend ? addend_.data()
                                                 : nullptr,
                          .addend_low = addend_bounds_.first,
                          .addend_high = addend_bounds_.second,
                          .output = output.data(),
                          .begin = cuts[i],
                          .end = cuts[i + 1],
                          .scratch = scratch.data()});
    }
    return output;
  }

 private:
  size_t size() const { return static_cast<size_t>(of_.output_height() * of_.output_width() * of_.output_channels); }
  PixelGrid grid() const {
    return {rows_.data(), static_cast<int>(rows_.size()), columns_.data(), static_cast<int>(columns_.size()),
            of_.checker};
  }
  Windows windows() const {
    return {.input = input_.data(),
            .padding = padding_.data(),
            .height = of_.height,
            .width = of_.width,
            .pixel_bytes = sizeof(float) * static_cast<size_t>(of_.floats_per_pixel()),
            .taps_high = of_.taps_high,
            .taps_wide = of_.taps_wide,
            .stride_height = of_.stride_height,
            .stride_width = of_.stride_width,
            .dilation_height = of_.dilation,
            .dilation_width = of_.dilation,
            .pad_top = of_.pad_top,
            .pad_left = of_.pad_left,
            .grid = grid(),
            .output_width = of_.output_width()};
  }

  const ConvCase of_;
  Random random_;
  const std::vector<int32_t> rows_, columns_;
  const RandomKList k_list_;
  const int k_;
  const Buffer<float> input_, padding_, weights_, bias_, addend_;
  const bool with_bias_;
  const std::pair<float, float> addend_bounds_;
};

// Every variant gives the bits of the reference and writes nothing else.
void expect_same_bits(const ConvCase& of, uint32_t seed = 1) {
  ConvMaterial material(of, seed);
  const std::vector<int> whole = {0, material.pixels()};
  const Buffer<float> expected = material.output(reference_kernels(), whole);
  for (const KernelTable* variant : every_variant()) {
    ASSERT_EQ(difference(material.output(*variant, whole), expected), "")
        << variant->name << ": " << of.text() << "seed " << seed;
  }
}

TEST(ConvFloat, GivesTheSameBitsInEveryVariantOnLayersOfRealModels) {
  const auto layer = [&](int size, int channels, int output_channels, int taps, int stride, float low, float high) {
    ConvCase of = {.height = size, .width = size, .channels = channels, .output_channels = output_channels};
    of.taps_high = of.taps_wide = taps;
    of.stride_height = of.stride_width = stride;
    of.low = low;
    of.high = high;
    expect_same_bits(of.same());
  };
  layer(32, 16, 16, 3, 1, 0, INFINITY);
  layer(16, 32, 32, 3, 1, -INFINITY, INFINITY);
  layer(15, 40, 72, 3, 2, -INFINITY, INFINITY);
  layer(24, 16, 8, 1, 1, 0, 6);
  layer(12, 64, 64, 1, 1, 0, 6);
  layer(3, 256, 256, 1, 1, -INFINITY, INFINITY);
  layer(1, 300, 1000, 1, 1, -INFINITY, INFINITY);
}

TEST(ConvFloat, GivesTheSameBitsForEveryNumberOfPixels) {
  for (int pixels = 1; pixels <= 400; pixels += pixels < 60 ? 1 : 17) {
    ConvCase of = {.width = pixels + 2, .channels = 7, .output_channels = 16, .taps_wide = 3};
    expect_same_bits(of);
    of.channels = 8;
    of.output_channels = 50;
    expect_same_bits(of);
    of.listed_percent = 50;
    expect_same_bits(of);
    of.group = 4;
    of.compact = true;
    expect_same_bits(of);
  }
}

TEST(ConvFloat, GivesTheSameBitsForOutputChannelsThatFillNoVector) {
  for (int output_channels = 1; output_channels <= 150; ++output_channels) {
    for (const int pixels : {1, 2, 3, 5, 23}) {
      ConvCase of = {.width = pixels + 1, .channels = 5, .output_channels = output_channels, .taps_wide = 2};
      expect_same_bits(of);
      of.listed_percent = 60;
      of.addend = true;
      expect_same_bits(of);
    }
  }
}

TEST(ConvFloat, GivesTheSameBitsForEveryNumberOfInputChannels) {
  for (int channels = 1; channels <= 40; ++channels) {
    ConvCase of = {.width = 23, .channels = channels, .output_channels = 21, .taps_wide = 1 + channels % 4};
    expect_same_bits(of);
    of.listed_percent = 50;
    expect_same_bits(of);
  }
}

TEST(ConvFloat, GivesTheSameBitsOnImagesOfOneRowColumnPixelOrChannel) {
  for (const int height : {1, 2, 9}) {
    for (const int width : {1, 2, 17}) {
      for (const int channels : {1, 4}) {
        for (const int taps : {1, 3, 5}) {
          ConvCase of = {.height = height, .width = width, .channels = channels, .output_channels = 1};
          of.taps_high = of.taps_wide = taps;
          expect_same_bits(of.same());
          of.output_channels = 18;
          of.stride_height = of.stride_width = 2;
          expect_same_bits(of);
          of.stride_height = of.stride_width = 1;
          of.dilation = 3;
          of.addend = of.in_place = true;
          expect_same_bits(of.same());
        }
      }
    }
  }
}

ConvCase random_case(Random& random) {
  ConvCase of;
  of.taps_high = random.integer(1, 3);
  of.taps_wide = random.integer(1, 4);
  of.dilation = random.chance(30) ? random.integer(2, 3) : 1;
  of.stride_height = random.integer(1, 3);
  of.stride_width = random.integer(1, 3);
  of.height = (of.taps_high - 1) * of.dilation + random.integer(1, 14);
  of.width = (of.taps_wide - 1) * of.dilation + random.integer(1, 25);
  of.pad_top = random.integer(0, 2);
  of.pad_left = random.integer(0, 3);
  of.pad_bottom = random.integer(0, 2);
  of.pad_right = random.integer(0, 3);
  of.group = random.chance(50) ? 4 : 1;
  of.channels = of.group * random.integer(1, of.group == 4 ? 6 : 20);
  of.pixel_size = random.chance(20) ? random.integer(1, of.channels) : 0;
  of.output_channels = random.integer(1, random.chance(50) ? 80 : 20);
  of.listed_percent = random.chance(60) ? random.integer(1, 100) : 0;
  of.compact = of.listed_percent > 0 && random.chance(50);
  of.row_percent = random.chance(50) ? 100 : random.integer(1, 99);
  of.column_percent = random.chance(50) ? 100 : random.integer(1, 99);
  of.checker = random.chance(20);
  of.addend = random.chance(30);
  of.in_place = of.addend && random.chance(50);
  std::tie(of.low, of.high) = random_bounds(random);
  return of;
}

TEST(ConvFloat, GivesTheSameBitsOnRandomCases) {
  for (uint32_t seed = 1; seed <= 600; ++seed) {
    Random random(seed);
    expect_same_bits(random_case(random), seed);
  }
}

TEST(ConvFloat, GivesTheSameBitsHoweverItsPixelsAreCut) {
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    const ConvCase of = random_case(random);
    ConvMaterial material(of, seed);
    std::vector<int> cuts = {0, material.pixels()};
    for (int i = random.integer(1, 5); i > 0; --i) cuts.push_back(random.integer(0, material.pixels()));
    std::sort(cuts.begin(), cuts.end());
    const Buffer<float> expected = material.output(reference_kernels(), {0, material.pixels()});
    for (const KernelTable* variant : every_variant()) {
      ASSERT_EQ(difference(material.output(*variant, cuts), expected), "")
          << variant->name << ": " << of.text() << "seed " << seed;
    }
  }
}

TEST(ConvFloat, WritesOnlyThePixelsItWasAskedFor) {
  for (uint32_t seed = 1; seed <= 100; ++seed) {
    Random random(seed);
    ConvMaterial material(random_case(random), seed);
    const int begin = random.integer(0, material.pixels());
    const std::vector<int> part = {begin, random.integer(begin, material.pixels())};
    const Buffer<float> expected = material.output(reference_kernels(), part);
    for (const KernelTable* variant : every_variant()) {
      ASSERT_EQ(difference(material.output(*variant, part), expected), "") << variant->name << ", seed " << seed;
    }
  }
}

TEST(ConvFloat, LetsNanAndInfinityThrough) {
  for (uint32_t seed = 1; seed <= 50; ++seed) {
    ConvCase of = {.height = 3, .width = 10, .channels = 6, .output_channels = 37, .taps_wide = 2};
    of.special_percent = 3;
    of.low = 0;
    of.high = 6;
    expect_same_bits(of, seed);
    of.output_channels = 5;
    of.listed_percent = 50;
    of.addend = true;
    expect_same_bits(of, seed);
  }
}

// One pixel, one output channel, three inputs.
float single_output(const KernelTable& kernels, const Buffer<float>& x, const Buffer<float>& w, float bias,
                    KList list) {
  Buffer<float> packed(kernels.conv_float_packed_bytes(3, 1) / sizeof(float)), y(1);
  kernels.conv_float_pack(w.data(), &bias, 3, 1, packed.data());
  Buffer<uint8_t> scratch(kernels.conv_scratch_bytes(1));
  const int32_t zero = 0;
  kernels.conv_float({.windows = {.input = x.data(),
                                  .padding = x.data(),
                                  .height = 1,
                                  .width = 1,
                                  .pixel_bytes = 3 * sizeof(float),
                                  .taps_high = 1,
                                  .taps_wide = 1,
                                  .stride_height = 1,
                                  .stride_width = 1,
                                  .dilation_height = 1,
                                  .dilation_width = 1,
                                  .grid = {&zero, 1, &zero, 1},
                                  .output_width = 1},
                      .channels = 3,
                      .packed = packed.data(),
                      .k_list = list,
                      .rescale = 2.0f,
                      .output_channels = 1,
                      .low = -INFINITY,
                      .high = INFINITY,
                      .addend = nullptr,
                      .output = y.data(),
                      .begin = 0,
                      .end = 1,
                      .scratch = scratch.data()});
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
  FixedSequence sequence;
  Buffer<float> x((kPixels + kTaps) * kChannels), w(kSize * kOutputs), bias(kOutputs);
  for (Buffer<float>* values : {&x, &w, &bias}) {
    for (size_t i = 0; i < values->size(); ++i) (*values)[i] = static_cast<float>(sequence.next()) / 700.0f;
  }
  std::vector<int32_t> columns(kPixels);
  for (int m = 0; m < kPixels; ++m) columns[static_cast<size_t>(m)] = m;
  const int32_t row = 0;
  for (const KernelTable* variant : every_variant()) {
    Buffer<float> packed(variant->conv_float_packed_bytes(kSize, kOutputs) / sizeof(float)), y(kPixels * kOutputs);
    variant->conv_float_pack(w.data(), bias.data(), kSize, kOutputs, packed.data());
    Buffer<uint8_t> scratch(variant->conv_scratch_bytes(kTaps));
    variant->conv_float({.windows = {.input = x.data(),
                                     .padding = nullptr,
                                     .height = 1,
                                     .width = kPixels + kTaps,
                                     .pixel_bytes = kChannels * sizeof(float),
                                     .taps_high = 1,
                                     .taps_wide = kTaps,
                                     .stride_height = 1,
                                     .stride_width = 1,
                                     .dilation_height = 1,
                                     .dilation_width = 1,
                                     .grid = {&row, 1, columns.data(), kPixels},
                                     .output_width = kPixels},
                         .channels = kChannels,
                         .packed = packed.data(),
                         .k_list = {},
                         .rescale = 1.0f,
                         .output_channels = kOutputs,
                         .low = -3.0f,
                         .high = INFINITY,
                         .addend = nullptr,
                         .output = y.data(),
                         .begin = 0,
                         .end = kPixels,
                         .scratch = scratch.data()});
    EXPECT_EQ(hash_of(y), 980258912u) << variant->name;
  }
}

}  // namespace
}  // namespace approxlite
