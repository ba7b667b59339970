#include <cassert>
#include <cmath>

#include "kernels/interpolate/interpolate.h"
#include "kernels/reference.h"

namespace approxlite::reference {
namespace {

// y = of(i) for every element i of the pixels.
template <class Of, class T>
void for_each(const Pixels& pixels, const Of& of, T* y) {
  for (size_t row = 0; row < pixels.rows; ++row) {
    for (size_t p = 0; p < pixels.count; ++p) {
      const size_t first = row * pixels.row_step + p * pixels.step;
      for (size_t i = first; i < first + pixels.size; ++i) y[i] = of(i);
    }
  }
}

template <class T>
float mean_at(const T* const* sources, int count, size_t i) {
  assert(count >= 1 && count <= 4);
  float sum = sources[0][i];
  for (int s = 1; s < count; ++s) sum = sum + static_cast<float>(sources[s][i]);
  return sum * (1.0f / static_cast<float>(count));
}

}  // namespace

void blend(const float* a, const float* b, float weight, const Pixels& pixels, float* y) {
  for_each(pixels, [&](size_t i) { return std::fma(weight, b[i] - a[i], a[i]); }, y);
}

void mean_of(const float* const* sources, int count, const Pixels& pixels, float* y) {
  for_each(pixels, [&](size_t i) { return mean_at(sources, count, i); }, y);
}

void mean_of_bytes(const uint8_t* const* sources, int count, const Pixels& pixels, uint8_t* y) {
  for_each(pixels, [&](size_t i) { return byte(mean_at(sources, count, i)); }, y);
}

}  // namespace approxlite::reference
