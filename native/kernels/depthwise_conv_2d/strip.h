// The inner loops of depthwise convolution: a strip is a few neighbouring outputs along one axis, a vector of channels
// each, whose inputs overlap. Every input is read once and used by all taps that it meets.
#ifndef APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_STRIP_H_
#define APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_STRIP_H_

#include <cstddef>

#include "kernels/depthwise_conv_2d/lanes.h"

namespace approxlite::APPROX_VARIANT {
namespace {

// What all strips of a line of outputs have in common. "Along" is the axis of the line, rows of taps lie across it.
// Steps are in elements between neighbours.
struct Line {
  int length;  // inputs along
  int taps, stride, dilation;
  ptrdiff_t input_step, output_step, tap_step;
  ptrdiff_t input_row_step, tap_row_step;
  ptrdiff_t block_step;  // between the packed weights of one vector of channels and the next
  float low, high;
  // Sums of bytes only, as in DepthwiseInt8.
  const int32_t* start;
  const float *scale, *bias;
  int32_t output_zero_point;
};

// The rows of taps that lie inside the input.
struct Rows {
  int count;
  const float* input;   // input 0 of the line under the first row
  const float* packed;  // all packed weights
  ptrdiff_t first_tap;  // in those of one vector of channels: tap 0 of the first row
  // Inputs in a ring: those under row `turn` and later lie `turn_back` before where the steps lead.
  int turn = -1;
  ptrdiff_t turn_back = 0;
};

// `strips` strips in a row over channels [begin, end). Tap 0 of the first output lies at `position` along the line;
// `output` is where that output goes.
struct Stretch {
  const Line* line;
  int position, strips, begin, end;
};
typedef void (*Strips)(const Stretch& stretch, const Rows& rows, void* output);

// One row of taps of a common kernel, without dilation. kLeft inputs at the left end and kRight at the right end of the
// strip lie outside the line; these taps are skipped.
template <typename Lanes, int kTaps, int kStride, int kOutputs, int kLeft, int kRight>
struct FixedTaps {
  static void add(const Line& line, int, int count, const float* input, const float* taps, typename Lanes::Vector* y) {
    typename Lanes::Vector weights[kTaps];
    for (int tap = 0; tap < kTaps; ++tap) weights[tap] = Lanes::load(taps + tap * kLanes);
    input += kLeft * line.input_step;
#pragma GCC unroll 32
    for (int i = kLeft; i < (kOutputs - 1) * kStride + kTaps - kRight; ++i, input = next(input, line.input_step)) {
      const auto x = Lanes::in_register(Lanes::load_input(input, count));
#pragma GCC unroll 16
      for (int j = 0; j < kOutputs; ++j) {
        const int tap = i - j * kStride;
        if (tap >= 0 && tap < kTaps) y[j] = Lanes::multiply_add(x, weights[tap], y[j]);
      }
    }
  }
};

// One row of taps of any kernel; taps outside the line are skipped.
template <typename Lanes, int kOutputs, bool kInside>
struct AnyTaps {
  static void add(const Line& line, int position, int count, const float* input, const float* taps,
                  typename Lanes::Vector* y) {
    for (int tap = 0; tap < line.taps; ++tap, taps += line.tap_step) {
      const auto weight = Lanes::in_register(Lanes::load(taps));
      int at = position + tap * line.dilation;
      const float* x = input + tap * line.dilation * line.input_step;
#pragma GCC unroll 16
      for (int j = 0; j < kOutputs; ++j, at += line.stride, x = next(x, line.stride * line.input_step)) {
        if (!kInside && static_cast<unsigned>(at) >= static_cast<unsigned>(line.length)) continue;
        y[j] = Lanes::multiply_add(Lanes::load_input(x, count), weight, y[j]);
      }
    }
  }
};

template <typename Lanes, int kOutputs, typename Taps>
void strips(const Stretch& stretch, const Rows& rows, void* first_output) {
  typedef typename Lanes::Output Output;
  Output* output = static_cast<Output*>(first_output);
  const Line line = *stretch.line;  // a copy: stores to the output cannot change it
  const int end = stretch.end, row_count = rows.count, turn = rows.turn;
  const ptrdiff_t first_tap = rows.first_tap, turn_back = rows.turn_back;
  int position = stretch.position;
  const float* first_block = rows.packed + stretch.begin / kLanes * line.block_step;
  const float* input = rows.input + position * line.input_step;
  for (int left = stretch.strips; left > 0; --left) {
    const float* block = first_block;
    for (int channel = stretch.begin; channel < end; channel += Lanes::kCount, block += line.block_step) {
      typename Lanes::Vector y[kOutputs];
      const auto start = Lanes::start(block, line, channel);
      for (int j = 0; j < kOutputs; ++j) y[j] = start;
      const float* x = input + channel;
      const float* taps = block + first_tap;
      for (int row = 0; row < row_count; ++row, x += line.input_row_step, taps += line.tap_row_step) {
        if (row == turn) x -= turn_back;
        Taps::add(line, position, end - channel, x, taps, y);
      }
      Lanes::template finish<Lanes, kOutputs>(y, line, channel, end - channel, output + channel);
    }
    position += kOutputs * line.stride;
    input += kOutputs * line.stride * line.input_step;
    output += kOutputs * line.output_step;
  }
}

// The kinds of strips there is code for: those of the usual kernels, by how many inputs at the strip's left and right
// end lie outside the line, and two for everything else.
enum Kind {
  kAny,
  kAnyInside,
  k3,
  k3Left1,
  k3Right1,
  k3Both1,
  k3Stride2,
  k3Stride2Left1,
  k3Stride2Right1,
  k5,
  k5Left2,
  k5Right2,
  k5Both2,
  k5Stride2,
  k5Stride2Left1,
  k5Stride2Right2,
  k5Stride2Both
};

inline Kind kind_of(const Line& line, int outside_left, int outside_right) {
  const auto outside = [&](int left, int right) { return outside_left == left && outside_right == right; };
  if (line.dilation == 1 && line.tap_step == kLanes) {
    if (line.taps == 3 && line.stride == 1) {
      if (outside(0, 0)) return k3;
      if (outside(1, 0)) return k3Left1;
      if (outside(0, 1)) return k3Right1;
      if (outside(1, 1)) return k3Both1;
    }
    if (line.taps == 3 && line.stride == 2) {
      if (outside(0, 0)) return k3Stride2;
      if (outside(1, 0)) return k3Stride2Left1;
      if (outside(0, 1)) return k3Stride2Right1;
    }
    if (line.taps == 5 && line.stride == 1) {
      if (outside(0, 0)) return k5;
      if (outside(2, 0)) return k5Left2;
      if (outside(0, 2)) return k5Right2;
      if (outside(2, 2)) return k5Both2;
    }
    if (line.taps == 5 && line.stride == 2) {
      if (outside(0, 0)) return k5Stride2;
      if (outside(1, 0)) return k5Stride2Left1;
      if (outside(0, 2)) return k5Stride2Right2;
      if (outside(1, 2)) return k5Stride2Both;
    }
  }
  return outside(0, 0) ? kAnyInside : kAny;
}

#if defined(APPROX_SCALAR)
constexpr bool kOwnCodeForUsualKernels = false;  // it runs where nothing is fast
#else
constexpr bool kOwnCodeForUsualKernels = true;
#endif

// Null if there is none for this kind.
template <typename Lanes, int kOutputs>
inline Strips strips_inside(Kind kind) {
  switch (kind) {
    case k3: return strips<Lanes, kOutputs, FixedTaps<Lanes, 3, 1, kOutputs, 0, 0>>;
    case k3Stride2: return strips<Lanes, kOutputs, FixedTaps<Lanes, 3, 2, kOutputs, 0, 0>>;
    case k5: return strips<Lanes, kOutputs, FixedTaps<Lanes, 5, 1, kOutputs, 0, 0>>;
    case k5Stride2: return strips<Lanes, kOutputs, FixedTaps<Lanes, 5, 2, kOutputs, 0, 0>>;
    default: return nullptr;
  }
}
template <typename Lanes, int kOutputs>
inline Strips strips_over_ends(Kind kind) {
  switch (kind) {
    case k3Left1: return strips<Lanes, kOutputs, FixedTaps<Lanes, 3, 1, kOutputs, 1, 0>>;
    case k3Right1: return strips<Lanes, kOutputs, FixedTaps<Lanes, 3, 1, kOutputs, 0, 1>>;
    case k3Both1: return strips<Lanes, kOutputs, FixedTaps<Lanes, 3, 1, kOutputs, 1, 1>>;
    case k3Stride2Left1: return strips<Lanes, kOutputs, FixedTaps<Lanes, 3, 2, kOutputs, 1, 0>>;
    case k3Stride2Right1: return strips<Lanes, kOutputs, FixedTaps<Lanes, 3, 2, kOutputs, 0, 1>>;
    case k5Left2: return strips<Lanes, kOutputs, FixedTaps<Lanes, 5, 1, kOutputs, 2, 0>>;
    case k5Right2: return strips<Lanes, kOutputs, FixedTaps<Lanes, 5, 1, kOutputs, 0, 2>>;
    case k5Both2: return strips<Lanes, kOutputs, FixedTaps<Lanes, 5, 1, kOutputs, 2, 2>>;
    case k5Stride2Left1: return strips<Lanes, kOutputs, FixedTaps<Lanes, 5, 2, kOutputs, 1, 0>>;
    case k5Stride2Right2: return strips<Lanes, kOutputs, FixedTaps<Lanes, 5, 2, kOutputs, 0, 2>>;
    case k5Stride2Both: return strips<Lanes, kOutputs, FixedTaps<Lanes, 5, 2, kOutputs, 1, 2>>;
    default: return nullptr;
  }
}

#if defined(APPROX_NEON) || defined(__ANDROID__)
constexpr bool kOwnCodeForParts = false;  // of four lanes they are rare, and apps carry all this code
#else
constexpr bool kOwnCodeForParts = kOwnCodeForUsualKernels;
#endif

template <typename Lanes, int kOutputs>
inline Strips strips_of(Kind kind) {
  if constexpr (Lanes::kPart ? kOwnCodeForParts : kOwnCodeForUsualKernels) {
    if (const Strips own = strips_inside<Lanes, kOutputs>(kind)) return own;
    if constexpr (!Lanes::kAlwaysInside) {
      if (const Strips own = strips_over_ends<Lanes, kOutputs>(kind)) return own;
    }
  }
  const bool inside = kind == kAnyInside || kind == k3 || kind == k3Stride2 || kind == k5 || kind == k5Stride2;
  // Those of kinds that are always inside come out as the same function.
  return inside ? strips<Lanes, kOutputs, AnyTaps<Lanes, kOutputs, true>>
                : strips<Lanes, kOutputs, AnyTaps<Lanes, kOutputs, Lanes::kAlwaysInside>>;
}

// Eight sums in flight hide the latency of a multiply-add and leave room for a row of weights and an input in 16
// registers.
constexpr int kMostOutputs = kOwnCodeForUsualKernels ? 8 : 1;

template <typename Lanes, int kOutputs = kMostOutputs>
inline Strips strips_for(Kind kind, int outputs) {
  if constexpr (kOutputs > 1) {
    if (outputs < kOutputs) return strips_for<Lanes, kOutputs - 1>(kind, outputs);
  }
  return strips_of<Lanes, kOutputs>(kind);
}

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_STRIP_H_
