#include "controller/confidence.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace approxlite {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr int32_t kExponent = 0x7f800000, kLeast = std::numeric_limits<int32_t>::min();

// Orders finite floats as integers do, which, unlike comparisons of floats, compilers make vectors of.
int32_t key_of(float value) {
  const auto bits = std::bit_cast<int32_t>(value + 0.0f);  // -0 becomes 0
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

float value_of(int32_t key) { return std::bit_cast<float>(key ^ ((key >> 31) & 0x7fffffff)); }

// A softmax underflows to zero, and 0 / 0 must not pass for an output that is not finite.
float ratio_of(float largest, float second) {
  if (largest == second) return 1.0f;
  return second > 0.0f ? largest / second : kInfinity;
}

}  // namespace

Reading read(int32_t kind, const float* output, size_t count) {
  assert(count >= 1);
  int32_t most = kLeast, broken = 0;
  for (size_t i = 0; i < count; ++i) {
    broken |= (std::bit_cast<int32_t>(output[i]) & kExponent) == kExponent ? 1 : 0;
    most = std::max(most, key_of(output[i]));
  }
  if (broken != 0) return {kNaN, -1, kNaN};
  int32_t second = kLeast, times = 0;
  for (size_t i = 0; i < count; ++i) {
    const int32_t key = key_of(output[i]);
    const int32_t is_most = -static_cast<int32_t>(key == most);
    times -= is_most;
    second = std::max(second, (key & ~is_most) | (kLeast & is_most));
  }
  const float largest = value_of(most);
  const auto top = static_cast<int32_t>(std::find(output, output + count, largest) - output);
  if (count == 1) return {kInfinity, top, largest};
  const float next = times > 1 ? largest : value_of(second);
  return {kind == APPROX_CONFIDENCE_TOP_TWO_RATIO ? ratio_of(largest, next) : largest - next, top, largest};
}

float confidence_of(int32_t kind, const float* output, size_t count) { return read(kind, output, count).confidence; }

}  // namespace approxlite
