#include <cassert>
#include <cmath>

#include "kernels/interpolate/interpolate.h"
#include "kernels/reference.h"

namespace approxlite::reference {
void blend(const float* a, const float* b, float weight, size_t size, float* y) {
  for (size_t i = 0; i < size; ++i) y[i] = std::fma(weight, b[i] - a[i], a[i]);
}

void blend_bytes(const uint8_t* a, const uint8_t* b, float weight, size_t size, uint8_t* y) {
  for (size_t i = 0; i < size; ++i) {
    y[i] = byte(std::fma(weight, static_cast<float>(b[i]) - static_cast<float>(a[i]), static_cast<float>(a[i])));
  }
}

void mean_of(const float* const* sources, int count, float factor, size_t size, float* y) {
  assert(count >= 1 && count <= 4);
  for (size_t i = 0; i < size; ++i) {
    float sum = sources[0][i];
    for (int s = 1; s < count; ++s) sum = sum + sources[s][i];
    y[i] = sum * factor;
  }
}

void mean_of_bytes(const uint8_t* const* sources, int count, float factor, size_t size, uint8_t* y) {
  assert(count >= 1 && count <= 4);
  for (size_t i = 0; i < size; ++i) {
    float sum = sources[0][i];
    for (int s = 1; s < count; ++s) sum = sum + static_cast<float>(sources[s][i]);
    y[i] = byte(sum * factor);
  }
}

}  // namespace approxlite::reference
