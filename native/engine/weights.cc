#include "engine/weights.h"

#include <cmath>

namespace approxlite {
namespace {

// A weight that is no number counts as 0, one out of range as the nearest: no model may cause undefined behaviour.
int8_t quantized_weight(float value, float scale) {
  const float q = std::nearbyint(value / scale);
  return static_cast<int8_t>(q > 127 ? 127 : q < -127 ? -127 : q == q ? q : 0);
}

}  // namespace

const Buffer& Weights::float_pack() {
  if (float_pack_.data() == nullptr) {
    const int k = taps_ * run_;
    const std::vector<float> values = source_.floats(false);
    float_pack_ = Buffer(kernels_.conv_float_packed_bytes(k, source_.rows));
    kernels_.conv_float_pack(values.data(), source_.bias, k, source_.rows, float_pack_.data());
  }
  return float_pack_;
}

const Int8Weights& Weights::int8() {
  if (int8_ != nullptr) return *int8_;
  int8_ = std::make_unique<Int8Weights>();
  const int outputs = source_.rows, padded_run = 4 * groups();
  const size_t k = static_cast<size_t>(taps_) * run_;
  int8_->values.assign(static_cast<size_t>(outputs) * taps_ * padded_run, 0);
  int8_->scales.resize(static_cast<size_t>(outputs));
  const std::vector<float> floats = source_.int8 ? std::vector<float>() : source_.floats(false);
  for (int o = 0; o < outputs; ++o) {
    float largest = 0;
    for (size_t i = 0; i < floats.size() / outputs; ++i) largest = std::fmax(largest, std::fabs(floats[o * k + i]));
    const float scale = source_.int8 ? source_.scales[o] : (largest > 0 ? largest / 127.0f : 1.0f);
    int8_->scales[o] = scale;
    for (size_t i = 0; i < k; ++i) {
      const int8_t value = source_.int8 ? static_cast<const int8_t*>(source_.data)[o * k + i]
                                        : quantized_weight(floats[o * k + i], scale);
      int8_->values[(static_cast<size_t>(o) * taps_ + i / run_) * padded_run + i % run_] = value;
    }
  }
  int8_->packed = Buffer(kernels_.conv_int8_packed_bytes(taps_ * groups(), outputs));
  kernels_.conv_int8_pack(int8_->values.data(), taps_ * groups(), outputs, int8_->packed.data());
  return *int8_;
}

size_t Weights::bytes() const {
  size_t total = float_pack_.bytes();
  if (int8_ != nullptr) total += int8_->packed.bytes() + int8_->values.size() + 4 * int8_->scales.size();
  return total;
}

}  // namespace approxlite
