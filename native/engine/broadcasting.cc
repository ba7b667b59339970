#include "engine/broadcasting.h"

#include <utility>

namespace approxlite {
namespace {

// From one index of each output axis to the next; 0 along axes of one element.
void find_steps(const TensorSpec& spec, size_t rank, size_t* steps) {
  const size_t skipped = rank - spec.dims.size();
  size_t step = 1;
  for (size_t axis = rank; axis-- > 0;) {
    const size_t size = axis < skipped ? 1 : static_cast<size_t>(spec.dims[axis - skipped]);
    steps[axis] = size == 1 ? 0 : step;
    step *= size;
  }
}

// Whether an operand goes through `outer` and `inner` as through one axis.
bool one_axis(size_t outer_step, size_t inner_step, size_t inner_size) { return outer_step == inner_step * inner_size; }

}  // namespace

Broadcasting broadcasting_of(const TensorSpec& a, const TensorSpec& b, const TensorSpec& output, bool keep_rows) {
  const size_t rank = output.dims.size();
  size_t a_steps[kMaxRank], b_steps[kMaxRank];
  find_steps(a, rank, a_steps);
  find_steps(b, rank, b_steps);
  // Axes innermost first, neighbours put together where both operands allow it.
  Broadcasting::Axis axes[kMaxRank];
  int count = 0;
  for (size_t axis = rank; axis-- > 0;) {
    const size_t size = static_cast<size_t>(output.dims[axis]);
    if (size == 1) continue;
    Broadcasting::Axis* inner = count > 0 ? &axes[count - 1] : nullptr;
    if (inner != nullptr && !(keep_rows && axis == 1) && one_axis(a_steps[axis], inner->a_step, inner->size) &&
        one_axis(b_steps[axis], inner->b_step, inner->size)) {
      inner->size *= size;
    } else {
      axes[count++] = {size, a_steps[axis], b_steps[axis]};
    }
  }
  Broadcasting result = {};
  int used = 0;
  result.inner = Broadcast::kSame;
  result.rows = result.size = 1;
  if (count > 0 && !(keep_rows && count == 1)) {
    used = 1;
    const Broadcasting::Axis& last = axes[0];
    result.size = last.size;
    result.swapped = last.a_step == 0;
    if (last.a_step == 0 || last.b_step == 0) {
      result.inner = Broadcast::kScalar;
    } else if (count > (keep_rows ? 2 : 1)) {
      const Broadcasting::Axis& next = axes[1];
      const bool a_moves_on = next.a_step == last.size, b_moves_on = next.b_step == last.size;
      if ((a_moves_on && next.b_step == 0) || (b_moves_on && next.a_step == 0)) {
        used = 2;
        result.inner = Broadcast::kChannel;
        result.rows = next.size;
        result.swapped = next.a_step == 0;
      }
    }
  }
  for (int i = count; i-- > used;) result.outer[result.outer_count++] = axes[i];
  return result;
}

}  // namespace approxlite
