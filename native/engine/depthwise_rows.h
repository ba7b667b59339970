// What both depthwise plans do alike: the window, and rows shared between threads.
#ifndef APPROXLITE_ENGINE_DEPTHWISE_ROWS_H_
#define APPROXLITE_ENGINE_DEPTHWISE_ROWS_H_

#include <algorithm>

#include "engine/plan.h"

namespace approxlite {

// Everything about the window and the image; inputs, outputs, rows and numbers are the plan's.
template <class Call>
Call depthwise_call(const Operator& op) {
  const Window& window = op.window;
  Call call = {};
  call.height = op.in.height;
  call.width = op.in.width;
  call.channels = op.in.channels;
  call.kernel_height = window.height;
  call.kernel_width = window.width;
  call.stride_height = window.stride_height;
  call.stride_width = window.stride_width;
  call.dilation_height = window.dilation_height;
  call.dilation_width = window.dilation_width;
  call.pad_top = window.pad_top;
  call.pad_left = window.pad_left;
  call.output_width = op.out.width;
  return call;
}

// Fewest output rows worth giving away; all of them where the layer is not worth waking a worker for.
inline int rows_worth_sharing(const Operator& op) {
  // A multiply-accumulate costs more here than in a convolution, whose inputs serve many outputs.
  const int64_t per_row = 4 * int64_t{op.window.height} * op.window.width * op.out.width * op.out.channels;
  if (per_row * op.out.height < kWorthSharing) return op.out.height;
  return static_cast<int>(std::min<int64_t>(kWorthClaiming / std::max<int64_t>(1, per_row) + 1, op.out.height));
}

// Runs kernel(call) over the rows of `perforation`, cut among the pool's threads.
template <class Call>
void run_rows(const Call& call, void (*kernel)(const Call&), const Perforation& perforation, int grain,
              ThreadPool& pool) {
  pool.split(static_cast<int>(perforation.rows().size()), grain, [&](int begin, int end, int) {
    Call part = call;
    part.output_rows = perforation.rows().data() + begin;
    part.row_count = end - begin;
    kernel(part);
  });
}

// Depthwise kernels compute whole rows: of what is demanded, the rows count.
inline Pattern rows_of(const Pattern& demand) {
  Pattern rows;
  if (!demand.checker) rows.rows = demand.rows;
  return rows;
}

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_DEPTHWISE_ROWS_H_
