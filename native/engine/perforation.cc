#include "engine/perforation.h"

#include <algorithm>
#include <cstring>

namespace approxlite {
namespace {

void blend(const KernelTable& kernels, const float* a, const float* b, float weight, size_t size, float* y) {
  kernels.blend(a, b, weight, size, y);
}
void blend(const KernelTable& kernels, const uint8_t* a, const uint8_t* b, float weight, size_t size, uint8_t* y) {
  kernels.blend_bytes(a, b, weight, size, y);
}
void mean_of(const KernelTable& kernels, const float* const* sources, int count, size_t size, float* y) {
  kernels.mean_of(sources, count, 1.0f / static_cast<float>(count), size, y);
}
void mean_of(const KernelTable& kernels, const uint8_t* const* sources, int count, size_t size, uint8_t* y) {
  kernels.mean_of_bytes(sources, count, 1.0f / static_cast<float>(count), size, y);
}

// Fills in the lines of 0..count-1 that are not among `computed`; line i lies at first + i * step. Linear between
// computed lines, constant past the last; the first line is always computed.
template <class T>
void fill_lines(const KernelTable& kernels, const std::vector<int32_t>& computed, int count, size_t step, size_t size,
                T* first) {
  size_t after = 0;
  for (int line = 0; line < count; ++line) {
    if (after < computed.size() && computed[after] == line) {
      ++after;
      continue;
    }
    const int32_t before = computed[after - 1];
    T* const target = first + static_cast<size_t>(line) * step;
    const T* const from = first + static_cast<size_t>(before) * step;
    if (after == computed.size()) {
      std::memcpy(target, from, sizeof(T) * size);
      continue;
    }
    const float weight = static_cast<float>(line - before) / static_cast<float>(computed[after] - before);
    blend(kernels, from, first + static_cast<size_t>(computed[after]) * step, weight, size, target);
  }
}

// Pixels whose row and column add up to an odd number become the mean of their neighbours.
template <class T>
void fill_checker(const KernelTable& kernels, const Shape& shape, T* output) {
  const size_t pixel = static_cast<size_t>(shape.channels), row = pixel * static_cast<size_t>(shape.width);
  for (int y = 0; y < shape.height; ++y) {
    for (int x = 1 - y % 2; x < shape.width; x += 2) {
      T* const target = output + static_cast<size_t>(y) * row + static_cast<size_t>(x) * pixel;
      const T* sources[4];
      int count = 0;
      if (y > 0) sources[count++] = target - row;
      if (y + 1 < shape.height) sources[count++] = target + row;
      if (x > 0) sources[count++] = target - pixel;
      if (x + 1 < shape.width) sources[count++] = target + pixel;
      if (count > 0) mean_of(kernels, sources, count, pixel, target);
    }
  }
}

}  // namespace

std::vector<int32_t> computed_lines(int size, Fraction fraction) {
  std::vector<int32_t> lines;
  const int period = fraction.denominator;
  const bool leaves_one_out = fraction.numerator == period - 1;
  for (int i = 0; i < size; ++i) {
    const bool computed = fraction.whole() || (leaves_one_out ? i % period != period - 1 : i % period == 0);
    if (computed) lines.push_back(i);
  }
  return lines;
}

Perforation::Perforation(const Shape& shape, const Knob& knob, const Pattern& demand) : shape_(shape) {
  const Pattern own = pattern_of(knob);
  const Pattern computed = own.whole() ? demand : own;
  rows_ = computed_lines(shape.height, computed.rows);
  columns_ = computed_lines(shape.width, computed.cols);
  checker_ = computed.checker;
  fills_ = !own.whole() && !(own == demand);
}

template <class T>
void Perforation::fill_any(const KernelTable& kernels, T* output) const {
  if (!fills_) return;
  if (checker_) return fill_checker(kernels, shape_, output);
  const size_t pixel = static_cast<size_t>(shape_.channels), row = pixel * static_cast<size_t>(shape_.width);
  if (columns_.size() < static_cast<size_t>(shape_.width)) {
    for (const int32_t y : rows_) {
      fill_lines(kernels, columns_, shape_.width, pixel, pixel, output + static_cast<size_t>(y) * row);
    }
  }
  fill_lines(kernels, rows_, shape_.height, row, row, output);
}

void Perforation::fill(const KernelTable& kernels, float* output) const { fill_any(kernels, output); }
void Perforation::fill(const KernelTable& kernels, uint8_t* output) const { fill_any(kernels, output); }

size_t Perforation::bytes() const { return sizeof(int32_t) * (rows_.size() + columns_.size()); }

}  // namespace approxlite
