// What follows the sums of an 8-bit convolution: the way to real numbers, bounds, an addend, floats or bytes.
#ifndef APPROXLITE_KERNELS_CONV_2D_CONV_INT8_FINISH_H_
#define APPROXLITE_KERNELS_CONV_2D_CONV_INT8_FINISH_H_

#include "kernels/conv_2d/conv_int8_bytes.h"
#include "kernels/conv_2d/tile_output.h"
#include "kernels/conv_2d/tiles.h"
#include "kernels/kernels.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

inline Ints load_ints(const void* p) {
  Ints v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

// Adds to the tile y, `vectors` vectors of output channels from `channel` on of each of `pixels` pixels.
__attribute__((noinline)) inline void add_addend(const ConvInt8& call, const size_t* outputs, int channel, Floats* y,
                                                 int pixels, int vectors) {
  const float low = call.output_bytes ? low_of_bytes(call.addend_low, call.output_zero_point) : call.addend_low;
  const float high = call.output_bytes ? high_of_bytes(call.addend_high, call.output_zero_point) : call.addend_high;
  const Floats lows = broadcast(low), highs = broadcast(high), scale = broadcast(call.addend_scale);
  for (int m = 0; m < pixels; ++m) {
    const size_t pixel = outputs[m];
    for (int v = 0; v < vectors; ++v, ++y) {
      const int at = channel + v * kLanes, count = call.output_channels - at;
      Floats addend;
      if (call.addend_bytes) {
        const Ints bytes = load_bytes(static_cast<const uint8_t*>(call.addend) + pixel + at);
        addend = __builtin_convertvector(bytes - call.addend_zero_point, Floats);
      } else {
        const float* const from = static_cast<const float*>(call.addend) + pixel + at;
        addend = count < kLanes ? load_some(from, count) : load(from);
      }
      *y = clamp(fused_multiply_add(addend, scale, *y), lows, highs);
    }
  }
}

// The outputs of a tile of `sum`s without `start`: pixels that begin at elements outputs[0], outputs[1] ...; output
// channels from `channel` on.
template <int kPixels, int kVectors>
APPROX_INLINE inline void finish_tile(const ConvInt8& call, const size_t* outputs, int channel,
                                      Ints (&sum)[kPixels][kVectors]) {
  Floats y[kPixels][kVectors];
  APPROX_UNROLL for (int v = 0; v < kVectors; ++v) {
    const Ints start = load_ints(call.start + channel + v * kLanes);
    const Floats scale = load(call.scale + channel + v * kLanes);
    const Floats bias = load(call.bias + channel + v * kLanes);
    APPROX_UNROLL for (int m = 0; m < kPixels; ++m) {
      y[m][v] = fused_multiply_add(__builtin_convertvector(sum[m][v] + start, Floats), scale, bias);
    }
  }
  const bool adds = call.addend != nullptr, bytes = call.output_bytes;
  clamp_tile(y, bytes && !adds ? low_of_bytes(call.low, call.output_zero_point) : call.low,
             bytes && !adds ? high_of_bytes(call.high, call.output_zero_point) : call.high);
  if (adds) {
    Floats sums[kPixels * kVectors];  // a copy: y must stay in registers everywhere else
    APPROX_UNROLL for (int m = 0; m < kPixels; ++m) {
      APPROX_UNROLL for (int v = 0; v < kVectors; ++v) sums[m * kVectors + v] = y[m][v];
    }
    add_addend(call, outputs, channel, sums, kPixels, kVectors);
    APPROX_UNROLL for (int m = 0; m < kPixels; ++m) {
      APPROX_UNROLL for (int v = 0; v < kVectors; ++v) y[m][v] = sums[m * kVectors + v];
    }
  }
  const int count = call.output_channels - channel;
  if (bytes) {
    TileOutput<uint8_t, kPixels, kVectors> to(static_cast<uint8_t*>(call.output) + channel, outputs, count);
    const Words zero_point = words_of(call.output_zero_point);
    APPROX_UNROLL for (int v = 0; v + 1 < kVectors; v += 2) {
      const int lanes = v + 2 < kVectors ? 2 * kLanes : to.lanes(v);
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) {
        store_both(to.pixel(m) + v * kLanes, to_bytes(y[m][v], y[m][v + 1], zero_point), lanes);
      }
    }
    if constexpr (kVectors % 2 != 0) {
      constexpr int v = kVectors - 1;
      APPROX_UNROLL for (int m = 0; m < kPixels; m += 2) {
        const TwoOfBytes both = to_bytes(y[m][v], y[m + 1 < kPixels ? m + 1 : m][v], zero_point);
        store_first(to.pixel(m) + v * kLanes, both, to.lanes(v));
        if (m + 1 < kPixels) store_second(to.pixel(m + 1) + v * kLanes, both, to.lanes(v));
      }
    }
    return to.finish();
  }
  TileOutput<float, kPixels, kVectors> to(static_cast<float*>(call.output) + channel, outputs, count);
  constexpr int kLast = kVectors - 1;
  APPROX_UNROLL for (int m = 0; m < kPixels; ++m) {
    float* const pixel = to.pixel(m);
    APPROX_UNROLL for (int v = 0; v < kLast; ++v) store(pixel + v * kLanes, y[m][v]);
    if (to.lanes(kLast) >= kLanes) {
      store(pixel + kLast * kLanes, y[m][kLast]);
    } else {
      store_some(pixel + kLast * kLanes, y[m][kLast], to.lanes(kLast));
    }
  }
  to.finish();
}

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_CONV_2D_CONV_INT8_FINISH_H_
