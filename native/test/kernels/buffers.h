// What tests of kernels share: seeded random values, buffers with the promised slack, comparison of bits.
#ifndef APPROXLITE_TEST_KERNELS_BUFFERS_H_
#define APPROXLITE_TEST_KERNELS_BUFFERS_H_

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kernels/kernels.h"

namespace approxlite {

class Random {
 public:
  explicit Random(uint32_t seed) : generator_(seed) {}
  // low..high, both included.
  int integer(int low, int high) { return std::uniform_int_distribution<int>(low, high)(generator_); }
  bool chance(int percent) { return integer(1, 100) <= percent; }
  // Mostly around 1, sometimes tiny, large or a zero of either sign.
  float value() {
    const float normal = std::normal_distribution<float>()(generator_);
    switch (integer(0, 15)) {
      case 0: return 0.0f;
      case 1: return -0.0f;
      case 2: return normal * 1e-6f;
      case 3: return normal * 1e4f;
      default: return normal;
    }
  }
  float special_value() {
    constexpr float kSpecial[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                                  -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::max(),
                                  std::numeric_limits<float>::lowest(),    std::numeric_limits<float>::denorm_min()};
    return kSpecial[integer(0, 5)];
  }

 private:
  std::mt19937 generator_;
};

// `size` values at a 64-byte boundary; past them kReadSlackBytes that hold what no result may depend on or overwrite.
template <typename T>
class Buffer {
 public:
  explicit Buffer(size_t size) : size_(size), bytes_(size * sizeof(T) + kReadSlackBytes) {
    memory_.reset(static_cast<T*>(std::aligned_alloc(64, (bytes_ + 63) / 64 * 64)));
    std::memset(memory_.get(), 0xff, bytes_);
  }
  T* data() { return memory_.get(); }
  const T* data() const { return memory_.get(); }
  size_t size() const { return size_; }
  T& operator[](size_t i) { return memory_.get()[i]; }
  const T& operator[](size_t i) const { return memory_.get()[i]; }

  // The first place where the bytes of two buffers differ, slack included; "" if there is none.
  std::string difference(const Buffer& other) const {
    const auto* a = reinterpret_cast<const uint8_t*>(data());
    const auto* b = reinterpret_cast<const uint8_t*>(other.data());
    for (size_t i = 0; i < bytes_; ++i) {
      if (a[i] == b[i]) continue;
      const size_t at = i / sizeof(T);
      if (at >= size_) return "the bytes past the end differ";
      return "element " + std::to_string(at) + " is " + std::to_string((*this)[at]) + " and " +
             std::to_string(other[at]);
    }
    return "";
  }

 private:
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  size_t size_, bytes_;
  std::unique_ptr<T, Free> memory_;
};

template <typename T>
Buffer<T> copy_of(const Buffer<T>& values) {
  Buffer<T> copy(values.size());
  std::memcpy(copy.data(), values.data(), values.size() * sizeof(T));
  return copy;
}

// As Buffer::difference, but for NaN of any kind: which of two an instruction passes on is its own affair.
template <typename T>
std::string difference(Buffer<T> result, const Buffer<T>& expected) {
  for (size_t i = 0; i < result.size(); ++i) {
    if (result[i] != result[i] && expected[i] != expected[i]) result[i] = expected[i];
  }
  return result.difference(expected);
}

inline Buffer<float> random_values(Random& random, size_t size, int percent_special = 0) {
  Buffer<float> values(size);
  for (size_t i = 0; i < size; ++i) {
    values[i] = random.chance(percent_special) ? random.special_value() : random.value();
  }
  return values;
}

inline const KernelTable& reference_kernels() { return *kernels_named("reference"); }

// Every variant this computer runs, the reference among them.
inline std::vector<const KernelTable*> every_variant() {
  std::vector<const KernelTable*> variants;
  for (int i = 0; kernels_at(i); ++i) variants.push_back(kernels_at(i));
  return variants;
}

}  // namespace approxlite

#endif  // APPROXLITE_TEST_KERNELS_BUFFERS_H_
