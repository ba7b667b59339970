// 8-bit convolution on vectors of output channels.
// Packed: per vector of output channels what its sums begin with, then the weights of each group of four inputs as
// DotProduct wants them; missing channels are zero.
#ifndef APPROXLITE_KERNELS_CONV_2D_CONV_INT8_TILES_H_
#define APPROXLITE_KERNELS_CONV_2D_CONV_INT8_TILES_H_

#include <cassert>

#include "kernels/conv_2d/conv_2d.h"
#include "kernels/conv_2d/conv_int8_dot.h"
#include "kernels/conv_2d/tiles.h"

namespace approxlite::APPROX_VARIANT {
namespace {

template <class Dot>
class Int8Kernel {
  using Packed = typename Dot::Packed;
  static constexpr size_t kGroup = Dot::kPackedCount;  // of Packed, as all sizes here
  static constexpr size_t kHeader = sizeof(Ints) / sizeof(Packed);

 public:
  using Call = ConvInt8;
  static constexpr auto& kWidths = Dot::kWidths;
  static constexpr int kLatency = Dot::kLatency;

  static int vectors(int output_channels) { return (output_channels + kLanes - 1) / kLanes; }
  static size_t packed_size(size_t k_groups) { return kHeader + k_groups * kGroup; }

  // Tiles of kPixels pixels from `pixel` until `end`, kVectors vectors wide from `vector` on.
  template <int kPixels, int kVectors, bool kListed>
  static void tiles(const ConvInt8& call, int pixel, int end, int vector) {
    const size_t stride = packed_size(static_cast<size_t>(call.taps) * static_cast<size_t>(call.groups));
    const Packed* const packed = static_cast<const Packed*>(call.packed) + static_cast<size_t>(vector) * stride;
    const int channel = vector * kLanes;
    const int last_count = call.output_channels - channel - (kVectors - 1) * kLanes;
    for (; pixel < end; pixel += kPixels) {
      Ints sum[kPixels][kVectors];
      if constexpr (kListed) {
        sum_listed(call, packed, stride, pixel, sum);
      } else {
        sum_all(call, packed, stride, pixel, sum);
      }
      Floats y[kPixels][kVectors];
      APPROX_UNROLL for (int v = 0; v < kVectors; ++v) {
        const Ints start = load_ints(call.start + channel + v * kLanes);
        const Floats scale = load(call.scale + channel + v * kLanes);
        const Floats bias = load(call.bias + channel + v * kLanes);
        APPROX_UNROLL for (int m = 0; m < kPixels; ++m) {
          y[m][v] = fused_multiply_add(__builtin_convertvector(sum[m][v] + start, Floats), scale, bias);
        }
      }
      clamp_tile(y, call.low, call.high);
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) {
        float* const to = call.output + call.output_offsets[pixel + m] + channel;
        APPROX_UNROLL for (int v = 0; v < kVectors - 1; ++v) store(to + v * kLanes, y[m][v]);
        if (last_count >= kLanes) {
          store(to + (kVectors - 1) * kLanes, y[m][kVectors - 1]);
        } else {
          store_some(to + (kVectors - 1) * kLanes, y[m][kVectors - 1], last_count);
        }
      }
    }
  }

  static void pack(const int8_t* weights, size_t k_groups, int output_channels, Packed* to) {
    for (int first = 0; first < output_channels; first += kLanes, to += packed_size(k_groups)) {
      int32_t begin[kLanes] = {};
      for (int lane = 0; lane < kLanes; ++lane) {
        const bool missing = first + lane >= output_channels;
        const int8_t* const row = weights + static_cast<size_t>(first + lane) * 4 * k_groups;
        for (size_t g = 0; g < k_groups; ++g) {
          for (int i = 0; i < 4; ++i) {
            const int8_t w = missing ? int8_t{0} : row[4 * g + static_cast<size_t>(i)];
            to[kHeader + g * kGroup + static_cast<size_t>(Dot::packed_index(lane, i))] = w;
            begin[lane] += Dot::kInputOffset * w;
          }
        }
      }
      std::memcpy(to, begin, sizeof begin);
    }
  }

 private:
  template <int kPixels, int kVectors>
  APPROX_INLINE static void sum_all(const ConvInt8& call, const Packed* packed, size_t stride, int pixel,
                                    Ints (&sum)[kPixels][kVectors]) {
    APPROX_UNROLL for (int v = 0; v < kVectors; ++v) {
      const Ints begin = load_ints(packed + static_cast<size_t>(v) * stride);
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) sum[m][v] = begin;
    }
    const Packed* weights = packed + kHeader;
    const uint8_t* const* rows = call.rows + pixel;
    constexpr int kBlock = Dot::kBlock;
    for (int tap = 0; tap < call.taps; ++tap, rows += call.row_stride) {
      const uint8_t* input[kPixels];
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) input[m] = rows[m];
      for (int left = call.groups / kBlock; left > 0; --left, weights += kBlock * kGroup) {
        typename Dot::InputBlock block[kPixels];
        APPROX_UNROLL for (int m = 0; m < kPixels; ++m) block[m] = Dot::block(input[m]);
        APPROX_UNROLL for (int i = 0; i < kBlock; ++i)
            step(weights + static_cast<size_t>(i) * kGroup, stride, block, i, sum);
        APPROX_UNROLL for (int m = 0; m < kPixels; ++m) input[m] += 4 * kBlock;
      }
      for (int left = call.groups % kBlock; left > 0; --left, weights += kGroup) {
        typename Dot::InputBlock block[kPixels];
        APPROX_UNROLL for (int m = 0; m < kPixels; ++m) block[m] = Dot::single(input[m]);
        step(weights, stride, block, 0, sum);
        APPROX_UNROLL for (int m = 0; m < kPixels; ++m) input[m] += 4;
      }
    }
  }

  template <int kPixels, int kVectors>
  APPROX_INLINE static void sum_listed(const ConvInt8& call, const Packed* packed, size_t stride, int pixel,
                                       Ints (&sum)[kPixels][kVectors]) {
    Ints weight_sum[kVectors];
    APPROX_UNROLL for (int v = 0; v < kVectors; ++v) {
      weight_sum[v] = Ints{};
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) sum[m][v] = Ints{};
    }
    const Packed* weights = packed + kHeader;
    const uint8_t* const* rows = call.rows + pixel;
    const size_t tap_size = static_cast<size_t>(call.groups) * kGroup;
    for (int tap = 0; tap < call.taps; ++tap, rows += call.row_stride, weights += tap_size) {
      const int32_t* entry = call.k_list.entries + call.k_list.begin[tap];
      const int32_t* const end = call.k_list.entries + call.k_list.begin[tap + 1];
      if (entry == end) continue;
      const uint8_t* input[kPixels];
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) input[m] = rows[m];
      for (; entry != end; ++entry) {
        const size_t group = static_cast<size_t>(*entry);
        const Packed* const w = weights + group * kGroup;
        typename Dot::InputBlock block[kPixels];
        APPROX_UNROLL for (int m = 0; m < kPixels; ++m) block[m] = Dot::single(input[m] + 4 * group);
        step(w, stride, block, 0, sum);
        if constexpr (Dot::kInputOffset != 0) {
          APPROX_UNROLL for (int v = 0; v < kVectors; ++v) {
            weight_sum[v] = Dot::add_weights(weight_sum[v], Dot::weights(w + static_cast<size_t>(v) * stride));
          }
        }
      }
    }
    if constexpr (Dot::kInputOffset != 0) {
      APPROX_UNROLL for (int v = 0; v < kVectors; ++v) {
        APPROX_UNROLL for (int m = 0; m < kPixels; ++m) sum[m][v] += weight_sum[v] * Dot::kInputOffset;
      }
    }
  }

  // One step along K: group i of each pixel's block times that group's weights of each output channel.
  template <int kPixels, int kVectors>
  APPROX_INLINE static void step(const Packed* weights, size_t stride, const typename Dot::InputBlock (&block)[kPixels],
                                 int i, Ints (&sum)[kPixels][kVectors]) {
    typename Dot::Weights w[kVectors];
    APPROX_UNROLL for (int v = 0; v < kVectors; ++v) w[v] = Dot::weights(weights + static_cast<size_t>(v) * stride);
    APPROX_UNROLL for (int m = 0; m < kPixels; ++m) {
      const typename Dot::Input x = Dot::input(block[m], i);
      APPROX_UNROLL for (int v = 0; v < kVectors; ++v) sum[m][v] = Dot::add(sum[m][v], x, w[v]);
    }
  }

  static Ints load_ints(const void* p) {
    Ints v;
    std::memcpy(&v, p, sizeof v);
    return v;
  }
};

using Kernel = Int8Kernel<DotProduct>;

}  // namespace

int conv_int8_padded_channels(int output_channels) { return Kernel::vectors(output_channels) * kLanes; }

size_t conv_int8_packed_bytes(int k_groups, int output_channels) {
  return Kernel::packed_size(static_cast<size_t>(k_groups)) * static_cast<size_t>(Kernel::vectors(output_channels)) *
         sizeof(DotProduct::Packed);
}

void conv_int8_pack(const int8_t* weights, int k_groups, int output_channels, void* packed) {
  Kernel::pack(weights, static_cast<size_t>(k_groups), output_channels, static_cast<DotProduct::Packed*>(packed));
}

void conv_int8(const ConvInt8& call) {
  assert(call.pixels >= 0 && call.taps > 0 && call.groups > 0 && call.output_channels > 0);
  Tiles<Kernel>::run(call, Kernel::vectors(call.output_channels));
}

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_CONV_2D_CONV_INT8_TILES_H_
