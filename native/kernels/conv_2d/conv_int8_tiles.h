// 8-bit convolution on vectors of output channels. Packed: per vector of output channels what its sums begin with, if
// inputs have an offset, then the weights of each group of four inputs as DotProduct wants them; missing channels are
// zero.
#ifndef APPROXLITE_KERNELS_CONV_2D_CONV_INT8_TILES_H_
#define APPROXLITE_KERNELS_CONV_2D_CONV_INT8_TILES_H_

#include "kernels/conv_2d/conv_int8_dot.h"
#include "kernels/conv_2d/conv_int8_finish.h"
#include "kernels/conv_2d/conv_int8_input_sums.h"
#include "kernels/conv_2d/pixel_block.h"
#include "kernels/conv_2d/tiles.h"

namespace approxlite::APPROX_VARIANT {
namespace {

template <class Dot>
class Int8Kernel {
  using Packed = typename Dot::Packed;
  static constexpr size_t kGroup = Dot::kPackedCount;  // of Packed, as all sizes here
  static constexpr size_t kHeader = Dot::kInputOffset != 0 ? sizeof(Ints) / sizeof(Packed) : 0;

 public:
  using Call = ConvInt8;
  static constexpr auto& kWidths = Dot::kWidths;
  static constexpr int kLatency = Dot::kLatency;

  static int vectors(int output_channels) { return (output_channels + kLanes - 1) / kLanes; }
  static size_t packed_size(size_t k_groups) { return kHeader + k_groups * kGroup; }
  static size_t packed_bytes(size_t k_groups, int output_channels) {
    return packed_size(k_groups) * static_cast<size_t>(vectors(output_channels)) * sizeof(Packed);
  }

  // Tiles of kPixels pixels from `pixel` until `end`, kVectors vectors wide from `vector` on.
  template <int kPixels, int kVectors, bool kListed>
  static void tiles(const ConvInt8& call, const PixelBlock& block, int pixel, int end, int vector) {
    const size_t stride = packed_size(packed_groups(call));
    const Packed* const packed = static_cast<const Packed*>(call.packed) + static_cast<size_t>(vector) * stride;
    for (; pixel < end; pixel += kPixels) {
      Ints sum[kPixels][kVectors];
      if constexpr (kListed) {
        sum_listed(call, block, packed, stride, pixel, sum);
      } else {
        sum_all(call, block, packed, stride, pixel, sum);
      }
      if (call.weight_zero_point != 0) subtract_input_sums(call, block, pixel, sum);
      finish_tile(call, block.outputs + pixel, vector * kLanes, sum);
    }
  }

  static void pack(const int8_t* weights, size_t k_groups, int output_channels, void* packed) {
    Packed* to = static_cast<Packed*>(packed);
    for (int first = 0; first < output_channels; first += kLanes, to += packed_size(k_groups)) {
      int32_t begin[kLanes] = {};
      for (int lane = 0; lane < kLanes; ++lane) {
        const bool missing = first + lane >= output_channels;
        const int8_t* const row = weights + static_cast<size_t>(missing ? 0 : first + lane) * 4 * k_groups;
        for (size_t g = 0; g < k_groups; ++g) {
          for (int i = 0; i < 4; ++i) {
            const int8_t w = missing ? int8_t{0} : row[4 * g + static_cast<size_t>(i)];
            to[kHeader + g * kGroup + static_cast<size_t>(Dot::packed_index(lane, i))] = w;
            begin[lane] += Dot::kInputOffset * w;
          }
        }
      }
      std::memcpy(to, begin, kHeader * sizeof(Packed));
    }
  }

 private:
  static Ints first_sum(const Packed* packed) {
    if constexpr (kHeader == 0) return Ints{};
    return load_ints(packed);
  }

  template <int kPixels, int kVectors>
  APPROX_INLINE static void sum_all(const ConvInt8& call, const PixelBlock& pixels, const Packed* packed, size_t stride,
                                    int pixel, Ints (&sum)[kPixels][kVectors]) {
    APPROX_UNROLL for (int v = 0; v < kVectors; ++v) {
      const Ints begin = first_sum(packed + static_cast<size_t>(v) * stride);
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) sum[m][v] = begin;
    }
    const Packed* weights = packed + kHeader;
    const void* const* rows = pixels.rows + pixel;
    constexpr int kBlock = Dot::kBlock;
    const int taps = tap_count(call);
    const ptrdiff_t size = 4 * groups_per_tap(call);
    for (int tap = 0; tap < taps; ++tap, rows += pixels.row_stride) {
      // One place for all pixels, counted up to zero: with as many pixels as a tile has there is no register to spare.
      const uint8_t* end[kPixels];
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) end[m] = static_cast<const uint8_t*>(rows[m]) + size;
      ptrdiff_t at = -size;
      for (; at <= -4 * kBlock; at += 4 * kBlock, weights += kBlock * kGroup) {
        asm("" : "+r"(at));
        typename Dot::InputBlock block[kPixels];
        APPROX_UNROLL for (int m = 0; m < kPixels; ++m) Dot::read_block(end[m] + at, block[m]);
        APPROX_UNROLL for (int i = 0; i < kBlock; ++i)
            step(weights + static_cast<size_t>(i) * kGroup, stride, block, i, sum);
      }
      if constexpr (Dot::kReadsAhead) {
        if (at == 0) continue;
        typename Dot::InputBlock block[kPixels];
        APPROX_UNROLL for (int m = 0; m < kPixels; ++m) Dot::read_block(end[m] + at, block[m]);
        for (int i = 0; at < 0; at += 4, weights += kGroup, ++i) step(weights, stride, block, i, sum);
      } else {
        for (; at < 0; at += 4, weights += kGroup) {
          typename Dot::InputBlock block[kPixels];
          APPROX_UNROLL for (int m = 0; m < kPixels; ++m) Dot::read_single(end[m] + at, block[m]);
          step(weights, stride, block, 0, sum);
        }
      }
    }
  }

  template <int kPixels, int kVectors>
  APPROX_INLINE static void sum_listed(const ConvInt8& call, const PixelBlock& pixels, const Packed* packed,
                                       size_t stride, int pixel, Ints (&sum)[kPixels][kVectors]) {
    // What a variant's sums lack counts for all packed groups; of a list that is not compact, only for those listed.
    const bool compact = call.k_list.compact;
    Ints weight_sum[kVectors];
    APPROX_UNROLL for (int v = 0; v < kVectors; ++v) {
      weight_sum[v] = Ints{};
      const Ints begin = compact ? first_sum(packed + static_cast<size_t>(v) * stride) : Ints{};
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) sum[m][v] = begin;
    }
    const Packed* weights = packed + kHeader;
    const void* const* rows = pixels.rows + pixel;
    const int taps = tap_count(call);
    const size_t tap_size = compact ? 0 : static_cast<size_t>(groups_per_tap(call)) * kGroup;
    for (int tap = 0; tap < taps; ++tap, rows += pixels.row_stride, weights += tap_size) {
      const int32_t* entry = call.k_list.entries + call.k_list.begin[tap];
      const int32_t* const end = call.k_list.entries + call.k_list.begin[tap + 1];
      if (entry == end) continue;
      const uint8_t* input[kPixels];
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) input[m] = static_cast<const uint8_t*>(rows[m]);
      for (; entry != end; ++entry) {
        const size_t group = static_cast<size_t>(*entry);
        const Packed* const w = compact ? weights : weights + group * kGroup;
        if (compact) weights += kGroup;
        typename Dot::InputBlock block[kPixels];
        APPROX_UNROLL for (int m = 0; m < kPixels; ++m) Dot::read_single(input[m] + 4 * group, block[m]);
        step(w, stride, block, 0, sum);
        if constexpr (Dot::kInputOffset != 0) {
          if (compact) continue;
          APPROX_UNROLL for (int v = 0; v < kVectors; ++v) {
            weight_sum[v] = Dot::add_weights(weight_sum[v], Dot::weights(w + static_cast<size_t>(v) * stride, 0));
          }
        }
      }
    }
    if constexpr (Dot::kInputOffset != 0) {
      APPROX_UNROLL for (int v = 0; v < kVectors; ++v) {
        APPROX_UNROLL for (int m = 0; m < kPixels; ++m) sum[m][v] += Dot::kInputOffset * weight_sum[v];
      }
    }
  }

  // One group of four inputs of each pixel times four weights of each output channel.
  template <int kPixels, int kVectors>
  APPROX_INLINE static void step(const Packed* weights, size_t stride, const typename Dot::InputBlock (&block)[kPixels],
                                 int i, Ints (&sum)[kPixels][kVectors]) {
    APPROX_UNROLL for (int part = 0; part < Dot::kParts; ++part) {
      typename Dot::Weights weight[kVectors];
      APPROX_UNROLL for (int v = 0; v < kVectors; ++v) {
        weight[v] = Dot::weights(weights + static_cast<size_t>(v) * stride, part);
      }
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) {
        const typename Dot::Input x = Dot::input(block[m], i, part);
        APPROX_UNROLL for (int v = 0; v < kVectors; ++v) sum[m][v] = Dot::add(sum[m][v], x, weight[v]);
      }
    }
  }
};

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_CONV_2D_CONV_INT8_TILES_H_
