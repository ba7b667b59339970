#include "test/kernels/buffers.h"
#include "test/kernels/guarded.h"

namespace approxlite {
namespace {

class DepthwiseTester {
 public:
  explicit DepthwiseTester(uint32_t seed = 1) : seed_(seed) {}
  DepthwiseTester& image(int height, int width, int channels) {
    call_.height = height, call_.width = width, call_.channels = channels;
    return *this;
  }
  DepthwiseTester& kernel(int height, int width) {
    call_.kernel_height = height, call_.kernel_width = width;
    return *this;
  }
  DepthwiseTester& stride(int height, int width) {
    call_.stride_height = height, call_.stride_width = width;
    return *this;
  }
  DepthwiseTester& dilation(int height, int width) {
    call_.dilation_height = height, call_.dilation_width = width;
    return *this;
  }
  // Rows and columns of zeros that are thought around the image.
  DepthwiseTester& padding(int top, int left, int bottom, int right) {
    call_.pad_top = top, call_.pad_left = left, pad_bottom_ = bottom, pad_right_ = right;
    return *this;
  }
  DepthwiseTester& same_padding() {
    const auto pad = [](int size, int kernel, int stride, int dilation) {
      const int outputs = (size + stride - 1) / stride;
      const int total = (outputs - 1) * stride + (kernel - 1) * dilation + 1 - size;
      return total > 0 ? total : 0;
    };
    const int rows = pad(call_.height, call_.kernel_height, call_.stride_height, call_.dilation_height);
    const int columns = pad(call_.width, call_.kernel_width, call_.stride_width, call_.dilation_width);
    return padding(rows / 2, columns / 2, rows - rows / 2, columns - columns / 2);
  }
  // Computes `keep` rows of every `of`.
  DepthwiseTester& rows(int keep, int of) {
    keep_ = keep, of_ = of;
    return *this;
  }
  DepthwiseTester& clamp(float low, float high) {
    call_.low = low, call_.high = high;
    return *this;
  }

  DepthwiseTester& with_special_values() { return percent_special_ = 3, *this; }

  bool possible() const { return output_height() >= 1 && output_width() >= 1; }

  // Every variant gives the bits of the reference, on floats and on bytes, and leaves other rows alone.
  void run() {
    run_floats();
    run_bytes(false);
    run_bytes(true);
  }

  void run_floats() {
    Random random(seed_);
    const size_t channels = call_.channels, taps = static_cast<size_t>(call_.kernel_height) * call_.kernel_width;
    const Buffer<float> values = random_values(random, call_.height * call_.width * channels, percent_special_);
    const Guarded input(values.data(), values.size());  // floats may be the runtime's
    const Buffer<float> weights = random_values(random, taps * channels), bias = random_values(random, channels);
    const bool with_bias = random.chance(80);
    const std::vector<int32_t> output_rows = listed_rows();
    call_.input = input.data();
    call_.output_width = output_width();
    call_.output_rows = output_rows.data();
    call_.row_count = static_cast<int>(output_rows.size());
    const auto output_of = [&](const KernelTable& kernels) {
      const int tap_count = static_cast<int>(taps);
      Buffer<float> packed(kernels.depthwise_float_packed_bytes(tap_count, call_.channels) / sizeof(float));
      kernels.depthwise_float_pack(weights.data(), with_bias ? bias.data() : nullptr, tap_count, call_.channels,
                                   packed.data());
      Buffer<float> output(static_cast<size_t>(output_height()) * output_width() * channels);
      call_.packed = packed.data();
      call_.output = output.data();
      kernels.depthwise_float(call_);
      return output;
    };
    const Buffer<float> expected = output_of(reference_kernels());
    for (const KernelTable* variant : every_variant()) {
      EXPECT_EQ(difference(output_of(*variant), expected), "") << variant->name << " " << description();
    }
  }

  void run_bytes(bool output_bytes) {
    Random random(seed_);
    const size_t channels = call_.channels, taps = static_cast<size_t>(call_.kernel_height) * call_.kernel_width;
    const size_t padded = (channels + 63) / 64 * 64;
    Buffer<uint8_t> input(call_.height * call_.width * channels);
    Buffer<int16_t> weights(taps * channels);
    Buffer<int32_t> start(padded);
    Buffer<float> scale(padded), bias(padded);
    const bool extreme = random.chance(20), wide = random.chance(30);
    const int most = wide ? 255 : 127;  // of models with unsigned weights
    for (size_t i = 0; i < input.size(); ++i) {
      input[i] = static_cast<uint8_t>(extreme ? 255 * random.integer(0, 1) : random.integer(0, 255));
    }
    for (size_t i = 0; i < weights.size(); ++i) {
      weights[i] = static_cast<int16_t>(extreme ? most * random.integer(-1, 1) : random.integer(-most - !wide, most));
    }
    for (size_t c = 0; c < channels; ++c) {
      start[c] = random.integer(-200000, 200000);
      scale[c] = std::fabs(random.value()) * (output_bytes ? 1e-3f : 1.0f);
      bias[c] = random.value() * 50;
    }
    const std::vector<int32_t> output_rows = listed_rows();
    DepthwiseInt8 call = {.input = input.data(),
                          .height = call_.height,
                          .width = call_.width,
                          .channels = call_.channels,
                          .kernel_height = call_.kernel_height,
                          .kernel_width = call_.kernel_width,
                          .stride_height = call_.stride_height,
                          .stride_width = call_.stride_width,
                          .dilation_height = call_.dilation_height,
                          .dilation_width = call_.dilation_width,
                          .pad_top = call_.pad_top,
                          .pad_left = call_.pad_left,
                          .output_width = output_width(),
                          .output_rows = output_rows.data(),
                          .row_count = static_cast<int>(output_rows.size()),
                          .packed = nullptr,
                          .zero_point = random.chance(30) ? 255 * random.integer(0, 1) : random.integer(0, 255),
                          .start = start.data(),
                          .scale = scale.data(),
                          .bias = bias.data(),
                          .low = output_bytes && call_.low > -INFINITY ? 20.0f : call_.low,
                          .high = output_bytes && call_.high < INFINITY ? 230.0f : call_.high,
                          .output = nullptr,
                          .output_bytes = output_bytes,
                          .output_zero_point = output_bytes ? random.integer(0, 255) : 0};
    const auto output_of = [&](const KernelTable& kernels) {
      const int tap_count = static_cast<int>(taps);
      Buffer<uint8_t> packed(kernels.depthwise_int8_packed_bytes(tap_count, call_.channels));
      kernels.depthwise_int8_pack(weights.data(), tap_count, call_.channels, packed.data());
      const size_t size = static_cast<size_t>(output_height()) * output_width() * channels;
      Buffer<uint8_t> output(output_bytes ? size : size * sizeof(float));
      call.packed = packed.data();
      call.output = output.data();
      kernels.depthwise_int8(call);
      return output;
    };
    const Buffer<uint8_t> expected = output_of(reference_kernels());
    for (const KernelTable* variant : every_variant()) {
      EXPECT_EQ(output_of(*variant).difference(expected), "")
          << variant->name << (output_bytes ? " bytes to bytes " : " bytes to floats ") << description();
    }
  }

 private:
  std::vector<int32_t> listed_rows() const {
    std::vector<int32_t> rows;
    for (int row = 0; row < output_height(); ++row) {
      if (row % of_ < keep_) rows.push_back(row);
    }
    return rows;
  }
  static int outputs(int size, int pads, int kernel, int stride, int dilation) {
    const int room = size + pads - (kernel - 1) * dilation - 1;
    return room < 0 ? 0 : room / stride + 1;
  }
  int output_height() const {
    return outputs(call_.height, call_.pad_top + pad_bottom_, call_.kernel_height, call_.stride_height,
                   call_.dilation_height);
  }
  int output_width() const {
    return outputs(call_.width, call_.pad_left + pad_right_, call_.kernel_width, call_.stride_width,
                   call_.dilation_width);
  }
  std::string description() const {
    const auto pair = [](int a, int b) { return std::to_string(a) + "x" + std::to_string(b); };
    return "image " + pair(call_.height, call_.width) + "x" + std::to_string(call_.channels) + " kernel " +
           pair(call_.kernel_height, call_.kernel_width) + " stride " + pair(call_.stride_height, call_.stride_width) +
           " dilation " + pair(call_.dilation_height, call_.dilation_width) + " padding " +
           pair(call_.pad_top, call_.pad_left) + " " + pair(pad_bottom_, pad_right_) + " rows " + pair(keep_, of_) +
           " seed " + std::to_string(seed_);
  }

  uint32_t seed_;
  int pad_bottom_ = 0, pad_right_ = 0, keep_ = 1, of_ = 1, percent_special_ = 0;
  DepthwiseFloat call_ = {.input = nullptr,
                          .height = 1,
                          .width = 1,
                          .channels = 1,
                          .kernel_height = 1,
                          .kernel_width = 1,
                          .stride_height = 1,
                          .stride_width = 1,
                          .dilation_height = 1,
                          .dilation_width = 1,
                          .pad_top = 0,
                          .pad_left = 0,
                          .output_width = 0,
                          .output_rows = nullptr,
                          .row_count = 0,
                          .packed = nullptr,
                          .low = -INFINITY,
                          .high = INFINITY,
                          .output = nullptr};
};

TEST(DepthwiseConv2d, GivesTheSameBitsInEveryVariantOnLayersOfRealModels) {
  DepthwiseTester().image(25, 5, 64).kernel(3, 3).same_padding().clamp(0, 6).run();
  DepthwiseTester().image(48, 48, 8).kernel(3, 3).same_padding().clamp(0, 6).run();
  DepthwiseTester().image(48, 48, 16).kernel(3, 3).stride(2, 2).same_padding().run();
  DepthwiseTester().image(6, 6, 128).kernel(3, 3).same_padding().run();
  DepthwiseTester().image(3, 3, 256).kernel(3, 3).same_padding().run();
  DepthwiseTester().image(64, 1, 128).kernel(5, 1).same_padding().run();
  DepthwiseTester().image(32, 1, 192).kernel(3, 1).same_padding().run();
  DepthwiseTester().image(7, 7, 960).kernel(3, 3).same_padding().run();
}

TEST(DepthwiseConv2d, GivesTheSameBitsForChannelsThatFillNoVector) {
  for (int channels = 1; channels <= 40; ++channels) {
    DepthwiseTester(channels).image(7, 11, channels).kernel(3, 3).same_padding().run();
    DepthwiseTester(channels).image(7, 11, channels).kernel(3, 3).stride(2, 2).same_padding().run();
    DepthwiseTester(channels).image(19, 1, channels).kernel(5, 1).same_padding().run();
  }
}

TEST(DepthwiseConv2d, ComputesTheListedRowsOnly) {
  for (const auto& [keep, of] : {std::pair{1, 2}, {2, 3}, {3, 4}, {1, 3}, {1, 4}}) {
    DepthwiseTester().image(25, 5, 64).kernel(3, 3).same_padding().rows(keep, of).run();
    DepthwiseTester().image(64, 1, 40).kernel(5, 1).same_padding().rows(keep, of).run();
    DepthwiseTester().image(64, 1, 8).kernel(5, 1).stride(2, 1).same_padding().rows(keep, of).run();
  }
}

TEST(DepthwiseConv2d, SkipsKernelColumnsBesideAnImageOneColumnWide) {
  DepthwiseTester().image(20, 1, 24).kernel(3, 3).same_padding().run();
  DepthwiseTester().image(20, 1, 24).kernel(3, 5).dilation(1, 2).same_padding().run();
  DepthwiseTester().image(20, 1, 24).kernel(3, 2).dilation(1, 2).padding(1, 1, 1, 1).run();
}

TEST(DepthwiseConv2d, GivesTheSameBitsOnImagesOfOneRowColumnPixelOrChannel) {
  for (const int height : {1, 2, 9}) {
    for (const int width : {1, 2, 17}) {
      for (const int channels : {1, 4, 19}) {
        DepthwiseTester(1).image(height, width, channels).kernel(1, 1).run();
        DepthwiseTester(2).image(height, width, channels).kernel(3, 3).same_padding().run();
        DepthwiseTester(3).image(height, width, channels).kernel(5, 5).stride(2, 2).same_padding().run();
        DepthwiseTester(4).image(height, width, channels).kernel(3, 3).dilation(2, 2).padding(4, 4, 4, 4).run();
      }
    }
  }
}

TEST(DepthwiseConv2d, LetsNanAndInfinityThrough) {
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    const int channels = static_cast<int>(seed);
    DepthwiseTester(seed).image(6, 7, channels).kernel(3, 3).same_padding().clamp(0, 6).with_special_values().run();
    DepthwiseTester(seed).image(9, 8, channels).kernel(3, 3).stride(2, 2).with_special_values().run_floats();
    DepthwiseTester(seed).image(20, 1, channels).kernel(5, 1).same_padding().with_special_values().run_floats();
  }
}

TEST(DepthwiseConv2d, GivesTheSameBitsOnLayersTooLargeToTakeAtOnce) {
  DepthwiseTester(1).image(2, 3000, 3).kernel(3, 3).same_padding().run();
  DepthwiseTester(2).image(5, 700, 40).kernel(5, 5).stride(2, 2).same_padding().run();
  DepthwiseTester(3).image(20000, 1, 3).kernel(5, 1).same_padding().rows(2, 3).run();
  DepthwiseTester(4).image(9000, 1, 20).kernel(3, 1).stride(2, 1).same_padding().run();
  DepthwiseTester(5).image(6, 6, 600).kernel(3, 3).same_padding().run();
}

TEST(DepthwiseConv2d, GivesTheSameBitsForFiltersAndDilationsFarLargerThanUsual) {
  DepthwiseTester(1).image(40, 41, 5).kernel(3, 3).dilation(18, 18).same_padding().run();
  DepthwiseTester(2).image(9, 9, 5).kernel(2, 2).dilation(1, 30000).same_padding().run_bytes(true);
  DepthwiseTester(3).image(9, 1, 5).kernel(2, 1).dilation(30000, 1).same_padding().run_bytes(false);
  DepthwiseTester(4).image(3, 3, 21).kernel(3, 15).padding(1, 7, 1, 7).run();
}

TEST(DepthwiseConv2d, GivesTheSameBitsOnRandomLayers) {
  for (uint32_t seed = 1; seed <= 600; ++seed) {
    Random random(seed);
    DepthwiseTester tester(seed);
    const bool one_column = random.chance(25);
    const int of = random.integer(1, 4);
    tester.image(random.integer(1, 24), one_column ? 1 : random.integer(1, 24), random.integer(1, 70));
    tester.kernel(random.integer(1, 6), one_column ? 1 : random.integer(1, 6));
    tester.stride(random.integer(1, 3), random.integer(1, 3));
    if (random.chance(30)) tester.dilation(random.integer(1, 3), random.integer(1, 3));
    if (random.chance(50)) {
      tester.same_padding();
    } else {
      tester.padding(random.integer(0, 6), random.integer(0, 6), random.integer(0, 6), random.integer(0, 6));
    }
    tester.rows(random.integer(1, of), of);
    if (random.chance(50)) tester.clamp(random.value() - 1, random.value() + 2);
    if (tester.possible()) tester.run();
  }
}

TEST(DepthwiseConv2d, AddsTheTapsInsideTheImageToTheBias) {
  const float input[] = {1, 2, 3, 4}, weights[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 2000000, 3000000};
  const float bias = 0.5f;
  const int32_t rows[] = {0, 1};
  for (const KernelTable* variant : every_variant()) {
    Buffer<float> image(4), packed(variant->depthwise_float_packed_bytes(9, 1) / sizeof(float)), output(4);
    std::memcpy(image.data(), input, sizeof input);
    variant->depthwise_float_pack(weights, &bias, 9, 1, packed.data());
    variant->depthwise_float({.input = image.data(),
                              .height = 2,
                              .width = 2,
                              .channels = 1,
                              .kernel_height = 3,
                              .kernel_width = 3,
                              .stride_height = 1,
                              .stride_width = 1,
                              .dilation_height = 1,
                              .dilation_width = 1,
                              .pad_top = 1,
                              .pad_left = 1,
                              .output_width = 2,
                              .output_rows = rows,
                              .row_count = 2,
                              .packed = packed.data(),
                              .low = 0,
                              .high = 1e9f,
                              .output = output.data()});
    EXPECT_EQ(output[0], 0.5f + 1 * 1e4f + 2 * 1e5f + 3 * 2e6f + 4 * 3e6f) << variant->name;
    EXPECT_EQ(output[3], 0.5f + 1 * 1 + 2 * 10 + 3 * 1000 + 4 * 10000) << variant->name;
  }
}

TEST(DepthwiseConv2d, OnBytesAddsDistancesFromTheZeroPointInsideTheImage) {
  const int16_t weights[] = {1, 2, 3, 4, 5, 6, 7, 8, -255};
  const int32_t rows[] = {0, 1};
  for (const KernelTable* variant : every_variant()) {
    Buffer<uint8_t> image(4), packed(variant->depthwise_int8_packed_bytes(9, 1)), output(4);
    Buffer<int32_t> start(64);
    Buffer<float> scale(64), bias(64);
    for (int i = 0; i < 4; ++i) image[i] = static_cast<uint8_t>(11 + i);
    start[0] = 20;
    scale[0] = 0.5f;
    bias[0] = 7;
    variant->depthwise_int8_pack(weights, 9, 1, packed.data());
    variant->depthwise_int8({.input = image.data(),
                             .height = 2,
                             .width = 2,
                             .channels = 1,
                             .kernel_height = 3,
                             .kernel_width = 3,
                             .stride_height = 1,
                             .stride_width = 1,
                             .dilation_height = 1,
                             .dilation_width = 1,
                             .pad_top = 1,
                             .pad_left = 1,
                             .output_width = 2,
                             .output_rows = rows,
                             .row_count = 2,
                             .packed = packed.data(),
                             .zero_point = 10,
                             .start = start.data(),
                             .scale = scale.data(),
                             .bias = bias.data(),
                             .low = 0,
                             .high = 255,
                             .output = output.data(),
                             .output_bytes = true,
                             .output_zero_point = 0});
    // 1 2 / 3 4 over 5 6 / 8 -255 is below zero, over 1 2 / 4 5 is 37.
    EXPECT_EQ(output[0], 0) << variant->name;
    EXPECT_EQ(output[3], 36) << variant->name;  // (20 + 37) / 2 + 7 = 35.5, to even
  }
}

}  // namespace
}  // namespace approxlite
