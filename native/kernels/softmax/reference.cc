#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/softmax/exp.h"
#include "kernels/softmax/softmax.h"

namespace approxlite::reference {
namespace {

uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

float float_of(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

float exponential(float x) {
  x = x > kExpHighest ? kExpHighest : x;
  const float shifted = std::fma(x, kExpLog2E, kExpShift);
  const float n = shifted - kExpShift;
  const float r = std::fma(n, -kExpLn2Low, std::fma(n, -kExpLn2High, x));
  float p = kExpPolynomial[kExpTerms - 1];
  for (int i = kExpTerms - 2; i >= 0; --i) p = std::fma(p, r, kExpPolynomial[i]);
  const float y = std::fma(p, r * r, r) + 1.0f;
  const float scaled = float_of(bits_of(y) + (bits_of(shifted) << 23));
  return x < kExpLowest ? 0.0f : scaled;
}

void softmax(const float* x, size_t rows, int channels, float beta, float* y) {
  assert(channels >= 1);
  for (size_t row = 0; row < rows; ++row, x += channels, y += channels) {
    float max = x[0];
    for (int c = 1; c < channels; ++c) max = x[c] > max ? x[c] : max;
    float sum = 0;
    for (int c = 0; c < channels; ++c) {
      y[c] = exponential((x[c] - max) * beta);
      sum = sum + y[c];
    }
    for (int c = 0; c < channels; ++c) y[c] = y[c] / sum;
  }
}

}  // namespace approxlite::reference
