// A case of the float convolution: its sizes, which pixels and inputs it reads, and the arrays that say so.
#ifndef APPROXLITE_TEST_KERNELS_CONV_CASE_H_
#define APPROXLITE_TEST_KERNELS_CONV_CASE_H_

#include <algorithm>
#include <initializer_list>
#include <tuple>
#include <utility>

#include "test/kernels/buffers.h"

namespace approxlite {

struct ConvCase {
  int height = 1, width = 1, channels = 1, output_channels = 1;
  int pixel_size = 0;  // floats from one input pixel to the next; 0: its channels. Less: taps that overlap
  int taps_high = 1, taps_wide = 1, stride_height = 1, stride_width = 1, dilation = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int row_percent = 100, column_percent = 100;  // of the output, computed
  bool checker = false;
  int listed_percent = 0;  // of K, read; 0: no list
  int group = 1;
  bool compact = false;
  bool addend = false;
  bool in_place = false;  // the addend is the output
  int special_percent = 0;
  float low = -INFINITY, high = INFINITY;

  int taps() const { return taps_high * taps_wide; }
  int output_height() const {
    return 1 + (height + pad_top + pad_bottom - 1 - (taps_high - 1) * dilation) / stride_height;
  }
  int output_width() const {
    return 1 + (width + pad_left + pad_right - 1 - (taps_wide - 1) * dilation) / stride_width;
  }
  int floats_per_pixel() const { return pixel_size > 0 ? pixel_size : channels; }
  // Padding that keeps the image's size where the stride is 1.
  ConvCase& same() {
    pad_top = (taps_high - 1) * dilation / 2;
    pad_bottom = (taps_high - 1) * dilation - pad_top;
    pad_left = (taps_wide - 1) * dilation / 2;
    pad_right = (taps_wide - 1) * dilation - pad_left;
    return *this;
  }

  std::string text() const {
    std::string text;
    const std::initializer_list<std::pair<const char*, int>> numbers = {
        {"height", height},         {"width", width},
        {"channels", channels},     {"outputs", output_channels},
        {"pixel size", pixel_size}, {"taps high", taps_high},
        {"wide", taps_wide},        {"stride high", stride_height},
        {"wide", stride_width},     {"dilation", dilation},
        {"top", pad_top},           {"left", pad_left},
        {"bottom", pad_bottom},     {"right", pad_right},
        {"rows %", row_percent},    {"columns %", column_percent},
        {"checker", checker},       {"listed %", listed_percent},
        {"group", group},           {"compact", compact},
        {"addend", addend},         {"in place", in_place}};
    for (const auto& [name, value] : numbers) text += std::string(name) + " " + std::to_string(value) + ", ";
    return text;
  }
};

// Some of 0..count-1, ascending, at least one.
inline std::vector<int32_t> some_of(Random& random, int count, int percent) {
  std::vector<int32_t> chosen;
  for (int i = 0; i < count; ++i) {
    if (random.chance(percent)) chosen.push_back(i);
  }
  if (chosen.empty()) chosen.push_back(random.integer(0, count - 1));
  return chosen;
}

// Each group of each tap with the case's probability; whole taps and even all of K may be missing.
class RandomKList {
 public:
  RandomKList(Random& random, const ConvCase& of) : begin_{0}, group_(of.group), compact_(of.compact) {
    for (int tap = 0; tap < of.taps(); ++tap) {
      for (int c = 0; c < of.channels / of.group; ++c) {
        if (random.chance(of.listed_percent)) entries_.push_back(c);
      }
      begin_.push_back(static_cast<int32_t>(entries_.size()));
    }
    entries_.push_back(1 << 28);  // past the end; also keeps an empty list from being null
  }
  KList list() const { return {begin_.data(), entries_.data(), group_, compact_}; }

 private:
  std::vector<int32_t> begin_, entries_;
  int group_;
  bool compact_;
};

// A sequence of whole numbers from -999 to 999 that no library has a say in.
class FixedSequence {
 public:
  int next() {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<int>(state_ >> 8) % 1999 - 999;
  }

 private:
  uint32_t state_ = 1;
};

// FNV-1a over the bytes.
inline uint32_t hash_of(const Buffer<float>& values) {
  uint32_t hash = 2166136261u;
  const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
  for (size_t i = 0; i < values.size() * sizeof(float); ++i) hash = (hash ^ bytes[i]) * 16777619u;
  return hash;
}

// Bounds of the clamp that occur: none, relu, relu6, relu_n1_to_1, and one that everything exceeds.
inline std::pair<float, float> random_bounds(Random& random) {
  constexpr float kNone = std::numeric_limits<float>::infinity();
  constexpr std::pair<float, float> kBounds[] = {
      {-kNone, kNone}, {0.0f, kNone}, {0.0f, 6.0f}, {-1.0f, 1.0f}, {-kNone, -1e9f}};
  return kBounds[random.integer(0, 4)];
}

}  // namespace approxlite

#endif  // APPROXLITE_TEST_KERNELS_CONV_CASE_H_
