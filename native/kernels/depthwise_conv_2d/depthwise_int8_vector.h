// Depthwise convolution on bytes for one variant: by the strips of the one on floats, over rows of bytes that were made
// floats.
#ifndef APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_DEPTHWISE_INT8_VECTOR_H_
#define APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_DEPTHWISE_INT8_VECTOR_H_

#include <algorithm>

#include "kernels/depthwise_conv_2d/byte_lanes.h"
#include "kernels/depthwise_conv_2d/byte_rows.h"
#include "kernels/depthwise_conv_2d/depthwise_conv_2d.h"
#include "kernels/depthwise_conv_2d/lines.h"

namespace approxlite::APPROX_VARIANT {
namespace {

// Rows should fit the innermost cache beside weights and outputs, and must fit the memory there is.
constexpr ptrdiff_t kCachedFloats = 7 << 10;
constexpr ptrdiff_t kMostFloats = 24 << 10;

// From the first to the last input under `outputs` neighbouring outputs.
inline ptrdiff_t inputs_under(int outputs, int stride, int taps, int dilation) {
  return (ptrdiff_t{outputs} - 1) * stride + (ptrdiff_t{taps} - 1) * dilation + 1;
}

// A part of the work whose inputs fit: so many channels and outputs along the line; no outputs if nothing fits.
struct Portion {
  int channels, outputs;
};
inline Portion portion_of(int channels, int outputs, int stride, int taps, int dilation, ptrdiff_t rows) {
  const auto floats = [&](ptrdiff_t block, int some) {
    return ByteRows::floats_needed(block, inputs_under(some, stride, taps, dilation), rows);
  };
  int block = channels < kChannelBlock ? channels : kChannelBlock;
  while (block > kLanes && floats(block, outputs) > kCachedFloats) block = (block / 2 + kLanes - 1) / kLanes * kLanes;
  while (outputs > 0 && floats(block, outputs) > kMostFloats) outputs /= 2;
  return {block, outputs};
}

// Output columns [begin, end) of all rows.
template <class Kinds>
void along_columns(const DepthwiseInt8& call, Range channels, int begin, int end, int ring, float* memory) {
  const int first_column = begin * call.stride_width - call.pad_left;
  const int columns =
      static_cast<int>(inputs_under(end - begin, call.stride_width, call.kernel_width, call.dilation_width));
  ByteRows inputs({call.input, call.width, call.channels, call.zero_point}, channels, first_column, columns, ring,
                  memory);
  Line line = line_along_columns(call, inputs.step());
  line.length = columns;
  line.input_row_step = call.dilation_height * inputs.row_step();
  const Cut<Kinds> cut(line, 0, end - begin, channels);
  int next_row = 0;
  for (int i = 0; i < call.row_count; ++i) {
    const int output_row = call.output_rows[i], first = output_row * call.stride_height - call.pad_top;
    const Inside inside = rows_inside(call, first);
    const int lowest = first + inside.begin * call.dilation_height;
    Rows rows = {.count = inside.end - inside.begin,
                 .input = memory,
                 .packed = static_cast<const float*>(call.packed),
                 .first_tap = kLanes + inside.begin * line.tap_row_step};
    if (rows.count > 0) {
      const int highest = first + (inside.end - 1) * call.dilation_height;
      // From the first row on: with dilation a later output may need one that this one leaves out.
      for (next_row = std::max(next_row, first); next_row <= highest; ++next_row) inputs.read(next_row);
      rows.input = inputs.row(lowest);
      rows.turn = (ring - lowest % ring + call.dilation_height - 1) / call.dilation_height;
      rows.turn_back = ring * inputs.row_step();
    }
    const ptrdiff_t pixel = ptrdiff_t{output_row} * call.output_width + begin;
    cut.run(rows, static_cast<typename Kinds::Whole::Output*>(call.output) + pixel * call.channels);
  }
}

// Some rows of an image one column wide.
template <class Kinds>
void along_rows(const DepthwiseInt8& call, Range channels, int begin, int end, float* memory) {
  const int first = call.output_rows[begin] * call.stride_height - call.pad_top;
  const int outputs = call.output_rows[end - 1] - call.output_rows[begin] + 1;
  const int length =
      static_cast<int>(inputs_under(outputs, call.stride_height, call.kernel_height, call.dilation_height));
  ByteRows inputs({call.input, call.height, call.channels, call.zero_point}, channels, first, length, 1, memory);
  inputs.read(0);
  const Column image = {inputs.row(0), first, length, inputs.step()};
  along_rows<Kinds>(call, image, call.output_rows + begin, end - begin, channels);
}

// Filters too large for the memory: input by input.
template <class Kinds>
void directly(const DepthwiseInt8& call) {
  const ptrdiff_t block_step = floats_per_vector(call.kernel_height * call.kernel_width);
  Line line = line_of(call);
  for (int i = 0; i < call.row_count; ++i) {
    const int first = call.output_rows[i] * call.stride_height - call.pad_top;
    const Inside inside = rows_inside(call, first);
    for (int column = 0; column < call.output_width; ++column) {
      const ptrdiff_t pixel = ptrdiff_t{call.output_rows[i]} * call.output_width + column;
      for (int channel = 0; channel < call.channels; channel += kLanes) {
        Floats y[1] = {SumsToFloats::start(nullptr, line, channel)};
        for (int row = inside.begin; row < inside.end; ++row) {
          for (int tap = 0; tap < call.kernel_width; ++tap) {
            const int x = column * call.stride_width - call.pad_left + tap * call.dilation_width;
            if (x < 0 || x >= call.width) continue;
            const ptrdiff_t from = ptrdiff_t{first + row * call.dilation_height} * call.width + x;
            Floats distances;
            to_distances(call.input + from * call.channels + channel, kLanes, call.zero_point, (float*)&distances);
            const float* weights = static_cast<const float*>(call.packed) + channel / kLanes * block_step + kLanes;
            y[0] = fused_multiply_add(distances, load(weights + (row * call.kernel_width + tap) * kLanes), y[0]);
          }
        }
        using Whole = typename Kinds::Whole;
        using Part = typename Kinds::Part;
        const int left = call.channels - channel;
        auto* const to = static_cast<typename Whole::Output*>(call.output) + pixel * call.channels + channel;
        if (left >= kLanes) {
          Whole::template finish<Whole, 1>(y, line, channel, left, to);
        } else {
          Part::template finish<Part, 1>(y, line, channel, left, to);
        }
      }
    }
  }
}

template <class Kinds>
void convolve(const DepthwiseInt8& call) {
  if (call.row_count == 0) return;
  alignas(64) float memory[kMostFloats];
  if (one_column(call)) {
    const int all = call.output_rows[call.row_count - 1] - call.output_rows[0] + 1;
    const Portion portion =
        portion_of(call.channels, all, call.stride_height, call.kernel_height, call.dilation_height, 1);
    if (portion.outputs == 0) return directly<Kinds>(call);
    for (int channel = 0; channel < call.channels; channel += portion.channels) {
      const Range channels = {channel, std::min(call.channels, channel + portion.channels)};
      for (int begin = 0, end; begin < call.row_count; begin = end) {
        end = begin;
        while (end < call.row_count && call.output_rows[end] - call.output_rows[begin] < portion.outputs) ++end;
        along_rows<Kinds>(call, channels, begin, end, memory);
      }
    }
    return;
  }
  const ptrdiff_t rows = (ptrdiff_t{call.kernel_height} - 1) * call.dilation_height + 1;
  const int ring = static_cast<int>(std::min<ptrdiff_t>(rows, call.height));
  const Portion portion =
      portion_of(call.channels, call.output_width, call.stride_width, call.kernel_width, call.dilation_width, ring);
  if (portion.outputs == 0) return directly<Kinds>(call);
  for (int channel = 0; channel < call.channels; channel += portion.channels) {
    const Range channels = {channel, std::min(call.channels, channel + portion.channels)};
    for (int begin = 0; begin < call.output_width; begin += portion.outputs) {
      along_columns<Kinds>(call, channels, begin, std::min(call.output_width, begin + portion.outputs), ring, memory);
    }
  }
}

}  // namespace

// As for floats, without biases; weights are whole numbers.
size_t depthwise_int8_packed_bytes(int taps, int channels) {
  return (channels + kLanes - 1) / kLanes * floats_per_vector(taps) * sizeof(float);
}

void depthwise_int8_pack(const int16_t* weights, int taps, int channels, void* packed) {
  float* to = static_cast<float*>(packed);
  for (int channel = 0; channel < channels; channel += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) *to++ = 0.0f;
    for (int tap = 0; tap < taps; ++tap) {
      for (int lane = 0; lane < kLanes; ++lane) {
        const int c = channel + lane;
        *to++ = c < channels ? static_cast<float>(weights[static_cast<size_t>(tap) * channels + c]) : 0.0f;
      }
    }
  }
}

void depthwise_int8(const DepthwiseInt8& call) {
  if (call.output_bytes) {
    convolve<SumsToBytesKinds>(call);
  } else {
    convolve<SumsToFloatsKinds>(call);
  }
}

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_DEPTHWISE_INT8_VECTOR_H_
