#include "engine/perforation.h"

#include <algorithm>
#include <cstring>

namespace approxlite {

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

Perforation::Perforation(const Shape& shape, const Knob& knob) {
  const int32_t pixel = shape.channels;
  const int32_t row = pixel * shape.width;
  rows_ = computed_lines(shape.height, knob.rows);
  const std::vector<int32_t> cols = computed_lines(shape.width, knob.cols);
  for (const int32_t y : rows_) {
    for (const int32_t x : cols) {
      if (!knob.checker || (y + x) % 2 == 0) pixel_offsets_.push_back(y * row + x * pixel);
    }
  }
  if (knob.checker) {
    fill_checker(shape);
    return;
  }
  for (const int32_t y : rows_) {
    for (int x = 0; x < shape.width; ++x) fill_line(x, cols, y * row, pixel, pixel);
  }
  for (int y = 0; y < shape.height; ++y) fill_line(y, rows_, 0, row, row);
}

void Perforation::fill_line(int line, const std::vector<int32_t>& computed, int32_t base, int32_t step, int32_t size) {
  const auto after = std::lower_bound(computed.begin(), computed.end(), line);
  if (after != computed.end() && *after == line) return;
  const int32_t before = *(after - 1);  // the first line is always computed
  Fill fill = {};
  fill.target = base + line * step;
  fill.sources[0] = base + before * step;
  fill.count = 1;
  fill.size = size;
  if (after != computed.end()) {
    fill.count = 2;
    fill.blend = true;
    fill.sources[1] = base + *after * step;
    fill.weight = static_cast<float>(line - before) / static_cast<float>(*after - before);
  }
  fills_.push_back(fill);
}

void Perforation::fill_checker(const Shape& shape) {
  const int32_t pixel = shape.channels;
  const int32_t row = pixel * shape.width;
  for (int y = 0; y < shape.height; ++y) {
    for (int x = 1 - y % 2; x < shape.width; x += 2) {
      Fill fill = {};
      fill.target = y * row + x * pixel;
      fill.size = pixel;
      if (y > 0) fill.sources[fill.count++] = fill.target - row;
      if (y + 1 < shape.height) fill.sources[fill.count++] = fill.target + row;
      if (x > 0) fill.sources[fill.count++] = fill.target - pixel;
      if (x + 1 < shape.width) fill.sources[fill.count++] = fill.target + pixel;
      fill.weight = 1.0f / static_cast<float>(fill.count);
      fills_.push_back(fill);
    }
  }
}

void Perforation::fill(const KernelTable& kernels, float* output) const {
  for (const Fill& fill : fills_) {
    float* target = output + fill.target;
    const float* first = output + fill.sources[0];
    if (fill.count == 1) {
      std::memcpy(target, first, sizeof(float) * static_cast<size_t>(fill.size));
    } else if (fill.blend) {
      kernels.blend(first, output + fill.sources[1], fill.weight, static_cast<size_t>(fill.size), target);
    } else {
      const float* sources[4] = {};
      for (int i = 0; i < fill.count; ++i) sources[i] = output + fill.sources[i];
      kernels.mean_of(sources, fill.count, fill.weight, static_cast<size_t>(fill.size), target);
    }
  }
}

size_t Perforation::bytes() const {
  return sizeof(int32_t) * (rows_.size() + pixel_offsets_.size()) + sizeof(Fill) * fills_.size();
}

}  // namespace approxlite
