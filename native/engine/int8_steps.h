// Real numbers in steps of a tensor's grid: what kernels that write bytes compute with.
#ifndef APPROXLITE_ENGINE_INT8_STEPS_H_
#define APPROXLITE_ENGINE_INT8_STEPS_H_

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/operator.h"
#include "engine/tensor.h"

namespace approxlite {

// A real bound as the byte it falls on, not yet clamped to 0..255; no bound stays none. Rounded as TFLite rounds the
// bounds of fused activations.
inline float bound_in_steps(float bound, const Grid& grid) {
  return std::isfinite(bound) ? std::round(bound / grid.scale) + static_cast<float>(grid.zero_point) : bound;
}

// What one step of an integer sum is worth in `form`, rounded as XNNPACK rounds it: so 8-bit models give its bits.
inline float scale_in_steps(float input_scale, float weight_scale, const Form& form) {
  const float real = input_scale * weight_scale;
  return form.bytes ? real / form.grid.scale : real;
}

// The range of an operator that writes `form`.
inline Range range_in(const Range& range, const Form& form) {
  if (!form.bytes) return range;
  return {bound_in_steps(range.low, form.grid), bound_in_steps(range.high, form.grid)};
}

// The same counted from the zero point, as kernels do that add it last; what they have on the way to bytes.
inline Range range_before_bytes(const Range& range, const Form& form) {
  if (!form.bytes) return range;
  const float zero_point = static_cast<float>(form.grid.zero_point);
  const Range steps = range_in(range, form);
  return {steps.low - zero_point, steps.high - zero_point};
}

// And no further than bytes reach.
inline Range range_from_zero_point(const Range& range, const Form& form) {
  if (!form.bytes) return range;
  const float zero_point = static_cast<float>(form.grid.zero_point);
  const Range steps = range_before_bytes(range, form);
  return {std::max(steps.low, 0.0f - zero_point), std::min(steps.high, 255.0f - zero_point)};
}

// What a tensor on `grid` can hold of `range`.
inline Range range_on(const Range& range, const Grid& grid) {
  return {std::max(range.low, grid.scale * static_cast<float>(-grid.zero_point)),
          std::min(range.high, grid.scale * static_cast<float>(255 - grid.zero_point))};
}

// The grid that covers `low` to `high` and zero. A range that is no number gives the unit grid.
inline Grid grid_over(float low, float high) {
  low = low < 0 ? low : 0;
  high = high > 0 ? high : 0;
  const float scale = (high - low) / 255.0f;
  if (!(scale > 0) || !std::isfinite(scale) || !std::isfinite(1.0f / scale)) return {1.0f, 0};
  const float zero_point = std::nearbyint(-low / scale);
  return {scale, static_cast<int32_t>(zero_point > 255 ? 255 : zero_point)};
}

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_INT8_STEPS_H_
