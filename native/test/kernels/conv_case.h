// What the testers of the float and the 8-bit convolution share: which inputs a pixel reads and where it goes.
#ifndef APPROXLITE_TEST_KERNELS_CONV_CASE_H_
#define APPROXLITE_TEST_KERNELS_CONV_CASE_H_

#include <algorithm>
#include <numeric>

#include "test/kernels/buffers.h"

namespace approxlite {

// The sizes of one convolution; `channels` counts what a list of K counts (groups of four for 8 bits).
struct ConvShape {
  int pixels = 1, taps = 1, channels = 1, output_channels = 1;

  std::string text() const {
    return std::to_string(pixels) + " pixels, " + std::to_string(taps) + " taps of " + std::to_string(channels) +
           " -> " + std::to_string(output_channels);
  }
};

// Every tap of every pixel reads some row of `row_size` inputs, one in eight the row of padding; rows overlap, as those
// of a kernel row do when it is read as one tap. Entries past the last pixel are null.
template <typename T>
class Indirection {
 public:
  Indirection(Random& random, const ConvShape& shape, const Buffer<T>& inputs, const Buffer<T>& padding,
              size_t row_size)
      : stride_(static_cast<size_t>(shape.pixels + kIndirectionSlack + random.integer(0, 3))),
        rows_(stride_ * static_cast<size_t>(shape.taps), nullptr) {
    const int last = static_cast<int>(inputs.size() - row_size);
    for (int tap = 0; tap < shape.taps; ++tap) {
      for (int m = 0; m < shape.pixels; ++m) {
        const T* const row = random.chance(12) ? padding.data() : inputs.data() + random.integer(0, last);
        rows_[static_cast<size_t>(tap) * stride_ + static_cast<size_t>(m)] = row;
      }
    }
  }
  const T* const* rows() const { return rows_.data(); }
  size_t stride() const { return stride_; }

 private:
  size_t stride_;
  std::vector<const T*> rows_;
};

// The computed pixels in any order among `places`, so that some are left out; each has room for the output channels.
inline std::vector<int32_t> random_offsets(Random& random, const ConvShape& shape, int places) {
  std::vector<int32_t> order(static_cast<size_t>(places));
  std::iota(order.begin(), order.end(), 0);
  for (int i = places - 1; i > 0; --i) std::swap(order.data()[i], order.data()[random.integer(0, i)]);
  order.resize(static_cast<size_t>(shape.pixels));
  if (random.chance(50)) std::sort(order.begin(), order.end());
  for (int32_t& offset : order) offset *= shape.output_channels;
  return order;
}

// Each channel of each tap with the given probability; whole taps and even all of K may be missing.
class RandomKList {
 public:
  RandomKList(Random& random, const ConvShape& shape, int percent) : begin_{0} {
    for (int tap = 0; tap < shape.taps; ++tap) {
      for (int c = 0; c < shape.channels; ++c) {
        if (random.chance(percent)) entries_.push_back(c);
      }
      begin_.push_back(static_cast<int32_t>(entries_.size()));
    }
    entries_.push_back(1 << 30);  // past the end; also keeps an empty list from being null
  }
  KList list() const { return {begin_.data(), entries_.data()}; }

 private:
  std::vector<int32_t> begin_, entries_;
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
