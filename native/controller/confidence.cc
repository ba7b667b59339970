#include "controller/confidence.h"

#include <cassert>
#include <cmath>
#include <limits>

namespace approxlite {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// A softmax underflows to zero, and 0 / 0 must not pass for an output that is not finite.
float ratio_of(float largest, float second) {
  if (largest == second) return 1.0f;
  return second > 0.0f ? largest / second : kInfinity;
}

}  // namespace

float confidence_of(int32_t kind, const float* output, size_t count) {
  assert(count >= 1);
  float largest = -kInfinity;
  float second = -kInfinity;
  for (size_t i = 0; i < count; ++i) {
    const float value = output[i];
    if (!std::isfinite(value)) return std::numeric_limits<float>::quiet_NaN();
    if (value > largest) {
      second = largest;
      largest = value;
    } else if (value > second) {
      second = value;
    }
  }
  if (count == 1) return kInfinity;
  return kind == APPROX_CONFIDENCE_TOP_TWO_RATIO ? ratio_of(largest, second) : largest - second;
}

}  // namespace approxlite
