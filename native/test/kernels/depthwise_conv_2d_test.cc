#include "test/kernels/buffers.h"

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

  bool possible() const { return output_height() >= 1 && output_width() >= 1; }

  // Every variant gives the bits of the reference and leaves other rows alone.
  void run() {
    Random random(seed_);
    const size_t channels = call_.channels, taps = static_cast<size_t>(call_.kernel_height) * call_.kernel_width;
    const Buffer<float> input = random_values(random, call_.height * call_.width * channels);
    const Buffer<float> weights = random_values(random, taps * channels), bias = random_values(random, channels);
    const bool with_bias = random.chance(80);
    std::vector<int32_t> output_rows;
    for (int row = 0; row < output_height(); ++row) {
      if (row % of_ < keep_) output_rows.push_back(row);
    }
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
      EXPECT_EQ(output_of(*variant).difference(expected), "") << variant->name << " " << description();
    }
  }

 private:
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
  int pad_bottom_ = 0, pad_right_ = 0, keep_ = 1, of_ = 1;
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

}  // namespace
}  // namespace approxlite
