// Lines of outputs: along the columns of an image or, where it is one column wide, as in models of sensor windows, along
// its rows.
#ifndef APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_LINES_H_
#define APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_LINES_H_

#include "kernels/depthwise_conv_2d/cut.h"
#include "kernels/kernels.h"

namespace approxlite::APPROX_VARIANT {
namespace {

inline ptrdiff_t floats_per_vector(int taps) { return (static_cast<ptrdiff_t>(taps) + 1) * kLanes; }

// Channels are taken in blocks whose weights and inputs stay in the innermost cache.
constexpr int kChannelBlock = 256;

template <class Call>
bool one_column(const Call& call) {
  return call.width == 1 && call.output_width == 1;
}

// What lines of one call have in common.
template <class Call>
Line line_of(const Call& call) {
  Line line = {};
  line.output_step = call.channels;
  line.block_step = floats_per_vector(call.kernel_height * call.kernel_width);
  line.low = call.low;
  line.high = call.high;
  if constexpr (requires { call.start; }) {
    line.start = call.start;
    line.scale = call.scale;
    line.bias = call.bias;
    line.output_zero_point = call.output_zero_point;
  }
  return line;
}

// Inputs are `input_step` apart in their row.
template <class Call>
Line line_along_columns(const Call& call, ptrdiff_t input_step) {
  Line line = line_of(call);
  line.length = call.width;
  line.taps = call.kernel_width;
  line.stride = call.stride_width;
  line.dilation = call.dilation_width;
  line.input_step = input_step;
  line.tap_step = kLanes;
  line.tap_row_step = call.kernel_width * kLanes;
  return line;
}

// The rows of a filter that lie inside the image where the first lies at `first`: `begin` up to `end`.
struct Inside {
  int begin, end;
};
template <class Call>
Inside rows_inside(const Call& call, int first) {
  int begin = 0, end = call.kernel_height;
  while (begin < end && first + begin * call.dilation_height < 0) ++begin;
  while (begin < end && first + (end - 1) * call.dilation_height >= call.height) --end;
  return {begin, end};
}

// The first `period * length` of some rows, as `period` interleaved sequences of `length` rows at equal distances.
struct Periodic {
  int period, length, distance;
};

// Perforation leaves such rows: 0 1 3 4 6 7 is 0 3 6 beside 1 4 7.
inline Periodic longest_sequences(const int32_t* rows, int count) {
  constexpr int kMostPeriod = 4;
  Periodic best = {1, 1, 1};
  for (int period = 1; period <= kMostPeriod && period < count; ++period) {
    const int distance = rows[period] - rows[0];
    int end = period;
    while (end < count && rows[end] - rows[end - period] == distance) ++end;
    if (end / period > best.length) best = {period, end / period, distance};
  }
  return best;
}

// Rows of an image one column wide, or of a part of one: `step` apart, the first at row `first`.
struct Column {
  const float* input;
  int first, length;
  ptrdiff_t step;
};

// `row_count` of the call's output rows.
template <class Kinds, class Call>
void along_rows(const Call& call, const Column& image, const int32_t* output_rows, int row_count, Range channels) {
  // The one kernel column that can lie on the one column of the image.
  const int column = call.pad_left / call.dilation_width;
  const bool inside = call.pad_left % call.dilation_width == 0 && column < call.kernel_width;
  const Rows rows = {.count = inside ? 1 : 0,
                     .input = image.input,
                     .packed = static_cast<const float*>(call.packed),
                     .first_tap = kLanes + column * kLanes};
  Periodic sequences;
  for (int done = 0; done < row_count; done += sequences.period * sequences.length) {
    sequences = longest_sequences(output_rows + done, row_count - done);
    Line line = line_of(call);
    line.length = image.length;
    line.taps = call.kernel_height;
    line.stride = sequences.distance * call.stride_height;
    line.dilation = call.dilation_height;
    line.input_step = image.step;
    line.output_step = static_cast<ptrdiff_t>(sequences.distance) * call.channels;
    line.tap_step = call.kernel_width * kLanes;
    for (int i = done; i < done + sequences.period; ++i) {
      const int first = output_rows[i];
      const int position = first * call.stride_height - call.pad_top - image.first;
      const Cut<Kinds> cut(line, position, sequences.length, channels);
      cut.run(rows,
              static_cast<typename Kinds::Whole::Output*>(call.output) + static_cast<ptrdiff_t>(first) * call.channels);
    }
  }
}

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_LINES_H_
