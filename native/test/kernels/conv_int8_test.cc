#include <algorithm>
#include <optional>

#include "test/kernels/buffers.h"

namespace approxlite {
namespace {

enum class Addend { kNone, kFloats, kBytes };
enum class Listed { kAll, kSome, kCompact };

struct Case {
  int height = 8, width = 8, channels = 4, output_channels = 16;
  int taps_high = 1, taps_wide = 1, stride = 1, dilation = 1;
  bool padded = true;       // as TFLite's SAME; else nothing lies outside
  int row_step = 1, column_step = 1;  // every row, every other row ... is computed
  bool checker = false;
  Listed listed = Listed::kAll;
  int listed_percent = 50;
  int weight_zero_point = 0;
  Addend addend = Addend::kNone;
  bool output_bytes = false;
  float low = -INFINITY, high = INFINITY;
  bool extremes = false;        // only 0 and 255, -128 and 127
  bool special_values = false;  // among scales, biases and addends
  int chunk = 1 << 20;          // pixels per call

  std::string text() const {
    std::string text;
    for (const auto& [name, value] :
         std::initializer_list<std::pair<const char*, int>>{{"height", height},
                                                            {"width", width},
                                                            {"channels", channels},
                                                            {"outputs", output_channels},
                                                            {"taps high", taps_high},
                                                            {"wide", taps_wide},
                                                            {"stride", stride},
                                                            {"dilation", dilation},
                                                            {"padded", padded},
                                                            {"row step", row_step},
                                                            {"column step", column_step},
                                                            {"checker", checker},
                                                            {"listed", static_cast<int>(listed)},
                                                            {"percent", listed_percent},
                                                            {"weight zero point", weight_zero_point},
                                                            {"addend", static_cast<int>(addend)},
                                                            {"bytes", output_bytes},
                                                            {"extremes", extremes},
                                                            {"special values", special_values},
                                                            {"chunk", chunk}}) {
      text += std::string(name) + " " + std::to_string(value) + ", ";
    }
    return text;
  }
};

// Everything a call points to but the packed weights and the output.
class Material {
 public:
  Material(const Case& a, uint32_t seed)
      : a_(a),
        random_(seed),
        taps_(a.taps_high * a.taps_wide),
        groups_((a.channels + 3) / 4),
        input_(static_cast<size_t>(a.height) * a.width * a.channels),
        padding_(static_cast<size_t>(a.channels)),
        outputs_(static_cast<size_t>(a.output_channels)),
        scales_(random_values(random_, outputs_, a.special_values ? 5 : 0)),
        biases_(random_values(random_, outputs_, a.special_values ? 5 : 0)) {
    for (size_t i = 0; i < input_.size(); ++i) {
      input_[i] = static_cast<uint8_t>(a.extremes ? 255 * random_.chance(90) : random_.integer(0, 255));
    }
    std::fill_n(padding_.data(), padding_.size(), static_cast<uint8_t>(random_.integer(0, 255)));
    make_grid();
    make_list();
    make_weights();
    for (size_t o = 0; o < outputs_; ++o) starts_.push_back(random_.integer(-1000000, 1000000));
    const size_t elements = static_cast<size_t>(output_height_) * output_width_ * outputs_;
    addend_floats_.emplace(random_values(random_, elements, a.special_values ? 5 : 0));
    addend_bytes_.emplace(elements);
    for (size_t i = 0; i < elements; ++i) (*addend_bytes_)[i] = static_cast<uint8_t>(random_.integer(0, 255));
    // Most sums should fall onto the bytes.
    const float spread = a.output_bytes ? 100.0f / (1000.0f * static_cast<float>(4 * groups_ * taps_ + 100)) : 0.01f;
    for (size_t o = 0; o < outputs_; ++o) scales_[o] *= spread;
    for (size_t o = 0; a.output_bytes && o < outputs_; ++o) biases_[o] = biases_[o] * 20 + 128;
  }

  template <typename T>
  Buffer<T> output_of(const KernelTable& kernels) const {
    Buffer<int64_t> packed((kernels.conv_int8_packed_bytes(packed_groups_, a_.output_channels) + 7) / 8);
    kernels.conv_int8_pack(weights_.data(), packed_groups_, a_.output_channels, packed.data());
    // Past their ends memory checkers see to it that no more is read than the variant announced.
    const size_t padded = static_cast<size_t>(kernels.conv_int8_padded_channels(a_.output_channels));
    std::vector<int32_t> start(padded);
    std::vector<float> scale(padded), bias(padded);
    std::copy_n(starts_.data(), outputs_, start.data());
    std::copy_n(scales_.data(), outputs_, scale.data());
    std::copy_n(biases_.data(), outputs_, bias.data());
    Buffer<int64_t> scratch((kernels.conv_scratch_bytes(taps_) + 7) / 8);
    Buffer<T> output(static_cast<size_t>(output_height_) * output_width_ * outputs_);
    ConvInt8 call = {.windows = {.input = input_.data(),
                                 .padding = padding_.data(),
                                 .height = a_.height,
                                 .width = a_.width,
                                 .pixel_bytes = static_cast<size_t>(a_.channels),
                                 .taps_high = a_.taps_high,
                                 .taps_wide = a_.taps_wide,
                                 .stride_height = a_.stride,
                                 .stride_width = a_.stride,
                                 .dilation_height = a_.dilation,
                                 .dilation_width = a_.dilation,
                                 .pad_top = pad(a_.taps_high),
                                 .pad_left = pad(a_.taps_wide),
                                 .grid = grid(),
                                 .output_width = output_width_},
                     .channels = a_.channels,
                     .packed = packed.data(),
                     .k_list = list(),
                     .start = start.data(),
                     .weight_zero_point = a_.weight_zero_point,
                     .scale = scale.data(),
                     .bias = bias.data(),
                     .output_channels = a_.output_channels,
                     .low = a_.low,
                     .high = a_.high,
                     .addend = a_.addend == Addend::kNone     ? nullptr
                               : a_.addend == Addend::kFloats ? static_cast<const void*>(addend_floats_->data())
                                                              : addend_bytes_->data(),
                     .addend_bytes = a_.addend == Addend::kBytes,
                     .addend_scale = 0.37f,
                     .addend_zero_point = a_.addend == Addend::kBytes ? 77 : 0,
                     .addend_low = a_.low - 3,
                     .addend_high = a_.high + 7,
                     .output = output.data(),
                     .output_bytes = a_.output_bytes,
                     .scratch = scratch.data()};
    const int pixels = pixel_count(call.windows.grid);
    for (call.begin = 0; call.begin < pixels; call.begin = call.end) {
      call.end = std::min(pixels, call.begin + a_.chunk);
      kernels.conv_int8(call);
    }
    return output;
  }

 private:
  int pad(int taps) const { return a_.padded ? (taps - 1) * a_.dilation / 2 : 0; }

  void make_grid() {
    const auto size = [&](int in, int taps) {
      const int reach = (taps - 1) * a_.dilation;
      return a_.padded ? (in + a_.stride - 1) / a_.stride : (in - reach + a_.stride - 1) / a_.stride;
    };
    output_height_ = size(a_.height, a_.taps_high);
    output_width_ = size(a_.width, a_.taps_wide);
    for (int y = 0; y < output_height_; y += a_.row_step) rows_.push_back(y);
    for (int x = 0; x < output_width_; x += a_.column_step) columns_.push_back(x);
  }
  PixelGrid grid() const {
    return {rows_.data(), static_cast<int>(rows_.size()), columns_.data(), static_cast<int>(columns_.size()),
            a_.checker};
  }

  // Each group of each tap with the given probability; whole taps and even all of K may be missing.
  void make_list() {
    begin_.push_back(0);
    for (int tap = 0; tap < taps_; ++tap) {
      for (int group = 0; group < groups_; ++group) {
        if (random_.chance(a_.listed_percent)) entries_.push_back(group);
      }
      begin_.push_back(static_cast<int32_t>(entries_.size()));
    }
    packed_groups_ = a_.listed == Listed::kCompact ? begin_.back() : taps_ * groups_;
    entries_.push_back(1 << 28);  // past the end; also keeps an empty list from being null
  }
  KList list() const {
    KList list = {.group = 4};
    if (a_.listed == Listed::kAll) return list;
    list.begin = begin_.data();
    list.entries = entries_.data();
    list.compact = a_.listed == Listed::kCompact;
    return list;
  }

  // Zero past the channels of a tap.
  void make_weights() {
    weights_.assign(outputs_ * static_cast<size_t>(packed_groups_) * 4, 0);
    for (size_t o = 0; o < outputs_; ++o) {
      for (int g = 0; g < packed_groups_; ++g) {
        const int group = a_.listed == Listed::kCompact ? entries_[static_cast<size_t>(g)] : g % groups_;
        for (int i = 0; i < 4 && 4 * group + i < a_.channels; ++i) {
          const int w = a_.extremes ? (random_.chance(80) ? -128 : 127) : random_.integer(-128, 127);
          weights_[(o * static_cast<size_t>(packed_groups_) + static_cast<size_t>(g)) * 4 + static_cast<size_t>(i)] =
              static_cast<int8_t>(w);
        }
      }
    }
  }

  const Case a_;
  Random random_;
  const int taps_, groups_;
  Buffer<uint8_t> input_, padding_;
  const size_t outputs_;
  Buffer<float> scales_, biases_;
  int output_height_ = 0, output_width_ = 0, packed_groups_ = 0;
  std::vector<int32_t> rows_, columns_, begin_, entries_, starts_;
  std::vector<int8_t> weights_;
  std::optional<Buffer<float>> addend_floats_;
  std::optional<Buffer<uint8_t>> addend_bytes_;
};

template <typename T>
void expect_same_bits_as(const Material& material, const Case& a, uint32_t seed) {
  const Buffer<T> expected = material.output_of<T>(reference_kernels());
  for (const KernelTable* variant : every_variant()) {
    ASSERT_EQ(difference(material.output_of<T>(*variant), expected), "")
        << variant->name << ": " << a.text() << "seed " << seed;
  }
}

// Every variant gives the bits of the reference and writes nothing else.
void expect_same_bits(const Case& a, uint32_t seed = 1) {
  const Material material(a, seed);
  if (a.output_bytes) {
    expect_same_bits_as<uint8_t>(material, a, seed);
  } else {
    expect_same_bits_as<float>(material, a, seed);
  }
}

TEST(ConvInt8, GivesTheSameBitsInEveryVariantOnLayersOfRealModels) {
  for (const bool bytes : {false, true}) {
    const float high = bytes ? 255.0f : INFINITY;
    const auto conv = [&](int size, int channels, int outputs, int filter, int stride) {
      expect_same_bits({.height = size,
                        .width = size,
                        .channels = channels,
                        .output_channels = outputs,
                        .taps_high = filter,
                        .taps_wide = filter,
                        .stride = stride,
                        .output_bytes = bytes,
                        .low = 0,
                        .high = high});
    };
    conv(32, 16, 16, 3, 1);
    conv(32, 3, 16, 3, 1);
    conv(16, 16, 32, 3, 2);
    conv(8, 64, 64, 3, 1);
    conv(12, 24, 144, 1, 1);
    conv(7, 160, 40, 1, 1);
    conv(3, 256, 256, 1, 1);
    conv(33, 1, 8, 5, 2);
  }
}

TEST(ConvInt8, NeverSaturates) {
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    for (const Listed listed : {Listed::kAll, Listed::kSome, Listed::kCompact}) {
      expect_same_bits({.height = 4,
                        .width = 5,
                        .channels = 64,
                        .output_channels = 33,
                        .taps_high = 3,
                        .taps_wide = 3,
                        .listed = listed,
                        .listed_percent = 70,
                        .extremes = true},
                       seed);
    }
  }
}

TEST(ConvInt8, GivesTheSameBitsForEveryNumberOfPixels) {
  for (int pixels = 1; pixels <= 60; ++pixels) {
    for (const int outputs : {8, 16, 50}) {
      Case a = {.height = 1, .width = pixels, .channels = 17, .output_channels = outputs, .taps_wide = 3};
      expect_same_bits(a, pixels);
      a.output_bytes = true;
      a.listed = Listed::kSome;
      expect_same_bits(a, pixels);
    }
  }
}

TEST(ConvInt8, GivesTheSameBitsOnImagesOfOneRowColumnOrPixel) {
  for (const auto& [height, width] : {std::pair{1, 1}, {1, 9}, {9, 1}}) {
    for (const int taps : {1, 3, 5}) expect_same_bits({height, width, 1, 1, taps, taps});
  }
}

TEST(ConvInt8, GivesTheSameBitsForEveryNumberOfOutputChannels) {
  for (int outputs = 1; outputs <= 150; ++outputs) {
    for (const bool bytes : {false, true}) {
      for (const Addend addend : {Addend::kNone, Addend::kFloats, Addend::kBytes}) {
        expect_same_bits({.height = 1,
                          .width = 23,
                          .channels = 9,
                          .output_channels = outputs,
                          .taps_wide = 2,
                          .padded = true,
                          .addend = addend,
                          .output_bytes = bytes},
                         outputs);
      }
    }
  }
}

TEST(ConvInt8, GivesTheSameBitsForEveryNumberOfChannels) {
  for (int channels = 1; channels <= 70; ++channels) {
    for (const Listed listed : {Listed::kAll, Listed::kSome, Listed::kCompact}) {
      Case a = {.height = 4,
                .width = 5,
                .channels = channels,
                .output_channels = 21,
                .taps_high = 2,
                .taps_wide = 3,
                .listed = listed};
      expect_same_bits(a, channels);
      a.weight_zero_point = channels - 40;
      expect_same_bits(a, channels);
    }
  }
}

TEST(ConvInt8, WritesZeroForNanAndTheBoundsForInfinity) {
  for (const KernelTable* variant : every_variant()) {
    Buffer<int64_t> packed((variant->conv_int8_packed_bytes(1, 4) + 7) / 8);
    const std::vector<int8_t> weights(16, 0);
    variant->conv_int8_pack(weights.data(), 1, 4, packed.data());
    const size_t padded = static_cast<size_t>(variant->conv_int8_padded_channels(4));
    const std::vector<int32_t> start(padded, 0);
    std::vector<float> scale(padded, 1), bias(padded, 0);
    bias[0] = NAN, bias[1] = INFINITY, bias[2] = -INFINITY, bias[3] = 2.5f;
    Buffer<uint8_t> input(4), output(4);
    std::fill_n(input.data(), 4, uint8_t{0});
    Buffer<int64_t> scratch((variant->conv_scratch_bytes(1) + 7) / 8);
    const int32_t zero = 0;
    for (const auto& [low, high] : {std::pair(-INFINITY, INFINITY), std::pair(3.0f, 300.0f)}) {
      variant->conv_int8(
          {.windows = {input.data(), input.data(), 1, 1, 4, 1, 1, 1, 1, 1, 1, 0, 0, {&zero, 1, &zero, 1}, 1},
           .channels = 4,
           .packed = packed.data(),
           .start = start.data(),
           .scale = scale.data(),
           .bias = bias.data(),
           .output_channels = 4,
           .low = low,
           .high = high,
           .output = output.data(),
           .output_bytes = true,
           .begin = 0,
           .end = 1,
           .scratch = scratch.data()});
      EXPECT_EQ(output[0], 0) << variant->name;
      EXPECT_EQ(output[1], 255) << variant->name;
      EXPECT_EQ(output[2], low > 0 ? 3 : 0) << variant->name;
      EXPECT_EQ(output[3], low > 0 ? 3 : 2) << variant->name;
    }
  }
}

TEST(ConvInt8, GivesTheSameBitsOnRandomCases) {
  for (uint32_t seed = 1; seed <= 1000; ++seed) {
    Random random(seed);
    Case a;
    a.taps_high = random.integer(1, 4);
    a.taps_wide = random.integer(1, 4);
    a.dilation = random.chance(80) ? 1 : 2;
    a.stride = random.integer(1, 3);
    a.padded = random.chance(70);
    a.height = random.integer(a.padded ? 1 : (a.taps_high - 1) * a.dilation + 1, 10);
    a.width = random.integer(a.padded ? 1 : (a.taps_wide - 1) * a.dilation + 1, 12);
    a.channels = random.integer(1, 48);
    a.output_channels = random.integer(1, 80);
    a.checker = random.chance(15);
    if (!a.checker) {
      a.row_step = random.chance(70) ? 1 : 2;
      a.column_step = random.chance(70) ? 1 : 3;
    }
    a.listed = static_cast<Listed>(random.integer(0, 2));
    a.listed_percent = random.integer(1, 100);
    if (random.chance(30)) a.weight_zero_point = random.integer(-128, 127);
    a.addend = static_cast<Addend>(random.integer(0, 2));
    a.output_bytes = random.chance(60);
    if (random.chance(60)) a.low = static_cast<float>(random.integer(-5, 100));
    if (random.chance(60)) a.high = static_cast<float>(random.integer(100, 300)) + 0.5f;
    a.special_values = random.chance(15);
    if (random.chance(40)) a.chunk = random.integer(1, 40);
    expect_same_bits(a, seed);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace approxlite
