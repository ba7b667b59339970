// Weights of depthwise convolutions.
#include <cmath>

#include "engine/float_weights.h"
#include "engine/symmetric_weights.h"
#include "engine/weights.h"

namespace approxlite {

const Buffer& Weights::depthwise_float() {
  if (depthwise_float_.data() == nullptr) {
    const FloatWeights values(source_, true);
    depthwise_float_ = Buffer(kernels_.depthwise_float_packed_bytes(taps_, run_));
    kernels_.depthwise_float_pack(values.data(), source_.bias, taps_, run_, depthwise_float_.data());
  }
  return depthwise_float_;
}

const DepthwiseInt8Weights& Weights::depthwise_int8() {
  if (depthwise_int8_ != nullptr) return *depthwise_int8_;
  depthwise_int8_ = std::make_unique<DepthwiseInt8Weights>();
  const size_t taps = static_cast<size_t>(taps_), channels = static_cast<size_t>(run_);
  std::vector<int16_t> values(taps * channels);
  if (source_.eight_bit()) {
    depthwise_int8_->scales = source_.scales;
    for (size_t i = 0; i < values.size(); ++i) {
      const int value = source_.type == ElementType::kInt8
                            ? static_cast<const int8_t*>(source_.data)[i]
                            : static_cast<const uint8_t*>(source_.data)[i] - source_.zero_point;
      values[i] = static_cast<int16_t>(value);
    }
  } else {
    // Symmetric, the largest weight of each channel at 127.
    const FloatWeights floats(source_, true);
    for (size_t c = 0; c < channels; ++c) {
      float largest = 0;
      for (size_t tap = 0; tap < taps; ++tap) largest = std::fmax(largest, std::fabs(floats[tap * channels + c]));
      const float scale = symmetric_scale(largest);
      depthwise_int8_->scales.push_back(scale);
      for (size_t tap = 0; tap < taps; ++tap) {
        values[tap * channels + c] = symmetric_weight(floats[tap * channels + c], scale);
      }
    }
  }
  depthwise_int8_->packed = Buffer(kernels_.depthwise_int8_packed_bytes(taps_, run_));
  kernels_.depthwise_int8_pack(values.data(), taps_, run_, depthwise_int8_->packed.data());
  return *depthwise_int8_;
}

}  // namespace approxlite
