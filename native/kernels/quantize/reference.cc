#include <cassert>
#include <cmath>

#include "kernels/quantize/quantize.h"
#include "kernels/reference.h"

namespace approxlite::reference {
namespace {

// Past this every value is 0 or 255 whatever the zero point, and up to this every conversion to an integer is defined.
constexpr float kBound = 1024;

uint8_t quantize_one(float x, float inverse_scale, int zero_point) {
  float v = x * inverse_scale;
  if (v != v) v = 0;
  v = clamp(v, -kBound, kBound);
  const int q = static_cast<int>(std::nearbyint(v)) + zero_point;
  return static_cast<uint8_t>(q < 0 ? 0 : q > 255 ? 255 : q);
}

}  // namespace

void range(const float* x, size_t size, float* low, float* high) {
  assert(size >= 1);
  float least = INFINITY, greatest = -INFINITY;
  for (size_t i = 0; i < size; ++i) {
    least = x[i] < least ? x[i] : least;
    greatest = x[i] > greatest ? x[i] : greatest;
  }
  if (least > greatest) least = greatest = 0;  // nothing but NaN
  *low = least + 0.0f;                         // never negative zero: which of two zeros comes first must not show
  *high = greatest + 0.0f;
}

void quantize(const float* x, size_t size, float inverse_scale, int zero_point, uint8_t* q) {
  assert(zero_point >= 0 && zero_point <= 255);
  for (size_t i = 0; i < size; ++i) q[i] = quantize_one(x[i], inverse_scale, zero_point);
}

void dequantize(const uint8_t* q, size_t size, float scale, int zero_point, float* x) {
  for (size_t i = 0; i < size; ++i) x[i] = static_cast<float>(q[i] - zero_point) * scale;
}

}  // namespace approxlite::reference
