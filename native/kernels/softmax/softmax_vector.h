// Softmax for one variant.
#ifndef APPROXLITE_KERNELS_SOFTMAX_SOFTMAX_VECTOR_H_
#define APPROXLITE_KERNELS_SOFTMAX_SOFTMAX_VECTOR_H_

#include <cassert>

#include "kernels/softmax/exp_vector.h"
#include "kernels/softmax/softmax.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

// NaN here makes NaN of the whole row whatever is returned, so it needs no care.
inline float largest(const float* x, int size) {
  int i = 1;
  float max = x[0];
  if (size >= kLanes) {
    Floats best = load(x);
    for (i = kLanes; i + kLanes <= size; i += kLanes) best = larger(load(x + i), best);
    max = best[0];
    for (int lane = 1; lane < kLanes; ++lane) max = best[lane] > max ? best[lane] : max;
  }
  for (; i < size; ++i) max = x[i] > max ? x[i] : max;
  return max;
}

inline void softmax_row(const float* x, int channels, Floats beta, float* y) {
  const Floats max = broadcast(largest(x, channels));
  const int rest = channels % kLanes, whole = channels - rest;
  for (int c = 0; c < whole; c += kLanes) store(y + c, exponential((load(x + c) - max) * beta));
  if (rest > 0) store_some(y + whole, exponential((load_some(x + whole, rest) - max) * beta), rest);
  float sum = 0;
  for (int c = 0; c < channels; ++c) sum = sum + y[c];
  for (int c = 0; c < whole; c += kLanes) store(y + c, load(y + c) / sum);
  if (rest > 0) store_some(y + whole, load_some(y + whole, rest) / sum, rest);
}

// Rows shorter than a vector, several at a time, so that the exponential and the division run on whole vectors.
constexpr int kShortRowsValues = 16 * kLanes;

inline void softmax_short_rows(const float* x, int rows, int channels, float beta, float* y) {
  alignas(64) float e[kShortRowsValues + kLanes] = {}, sums[kShortRowsValues + kLanes];
  const int size = rows * channels;
  for (int row = 0; row < rows; ++row) {
    const float* of = x + row * channels;
    const float max = largest(of, channels);
    for (int c = 0; c < channels; ++c) e[row * channels + c] = (of[c] - max) * beta;
  }
  for (int i = 0; i < size; i += kLanes) store(e + i, exponential(load(e + i)));
  for (int row = 0; row < rows; ++row) {
    float sum = 0;
    for (int c = 0; c < channels; ++c) sum = sum + e[row * channels + c];
    for (int c = 0; c < channels; ++c) sums[row * channels + c] = sum;
  }
  int i = 0;
  for (; i + kLanes <= size; i += kLanes) store(y + i, load(e + i) / load(sums + i));
  for (; i < size; ++i) y[i] = e[i] / sums[i];
}

}  // namespace

void softmax(const float* x, size_t rows, int channels, float beta, float* y) {
  assert(channels >= 1);
  if (channels < kLanes) {
    const int rows_at_once = kShortRowsValues / channels;
    while (rows > 0) {
      const int count = rows < static_cast<size_t>(rows_at_once) ? static_cast<int>(rows) : rows_at_once;
      softmax_short_rows(x, count, channels, beta, y);
      x += count * channels, y += count * channels, rows -= static_cast<size_t>(count);
    }
    return;
  }
  const Floats betas = broadcast(beta);
  for (size_t row = 0; row < rows; ++row, x += channels, y += channels) softmax_row(x, channels, betas, y);
}

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_SOFTMAX_SOFTMAX_VECTOR_H_
