// 8-bit convolution on 2x2 matrix products (i8mm): one instruction multiplies eight inputs of two pixels by eight
// weights of two output channels. Packed: per vector of four output channels the weights of every two groups of four
// inputs, eight of each channel; an odd last group is filled up with zeros, so are missing channels.
#ifndef APPROXLITE_KERNELS_CONV_2D_CONV_INT8_MATRIX_H_
#define APPROXLITE_KERNELS_CONV_2D_CONV_INT8_MATRIX_H_

#include "kernels/conv_2d/conv_int8_finish.h"
#include "kernels/conv_2d/conv_int8_input_sums.h"
#include "kernels/conv_2d/conv_int8_pairs.h"
#include "kernels/conv_2d/tiles.h"

namespace approxlite::APPROX_VARIANT {
namespace {

class MatrixKernel {
  static constexpr size_t kPair = 8 * kLanes;  // bytes of a packed pair of groups

 public:
  using Call = ConvInt8;
  static constexpr TileWidth kWidths[] = {{2, 8}, {4, 4}, {3, 6}, {1, 12}};
  static constexpr int kLatency = 6;

  static int vectors(int output_channels) { return (output_channels + kLanes - 1) / kLanes; }
  static size_t packed_size(size_t k_groups) { return (k_groups + 1) / 2 * kPair; }
  static size_t packed_bytes(size_t k_groups, int output_channels) {
    return packed_size(k_groups) * static_cast<size_t>(vectors(output_channels));
  }

  template <int kPixels, int kVectors, bool kListed>
  static void tiles(const ConvInt8& call, const PixelBlock& block, int pixel, int end, int vector) {
    const size_t stride = packed_size(packed_groups(call));
    const int8_t* const packed = static_cast<const int8_t*>(call.packed) + static_cast<size_t>(vector) * stride;
    for (; pixel < end; pixel += kPixels) {
      Products<kPixels, kVectors> products = {};
      const auto step = [&](size_t pair, const auto& input_of)
                            APPROX_INLINE { multiply(packed + pair * kPair, stride, input_of, products); };
      if constexpr (kListed) {
        for_listed_pairs<kPixels>(call, block, pixel, step);
      } else {
        for_all_pairs<kPixels>(call, block, pixel, step);
      }
      Ints sum[kPixels][kVectors];
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) {
        APPROX_UNROLL for (int v = 0; v < kVectors; ++v) sum[m][v] = row_of(products.of[m / 2][v], m % 2);
      }
      if (call.weight_zero_point != 0) subtract_input_sums(call, block, pixel, sum);
      finish_tile(call, block.outputs + pixel, vector * kLanes, sum);
    }
  }

  static void pack(const int8_t* weights, size_t k_groups, int output_channels, void* packed) {
    int8_t* to = static_cast<int8_t*>(packed);
    for (int first = 0; first < output_channels; first += kLanes) {
      for (size_t group = 0; group < k_groups; group += 2) {
        for (int lane = 0; lane < kLanes; ++lane) {
          for (size_t i = 0; i < 8; ++i) {
            const bool missing = first + lane >= output_channels || group + i / 4 >= k_groups;
            *to++ = missing ? int8_t{0} : weights[(static_cast<size_t>(first + lane) * k_groups + group) * 4 + i];
          }
        }
      }
    }
  }

 private:
  // Of two pixels and four output channels, the channels two by two: both channels of one pixel, then of the other.
  struct Product {
    int32x4_t low, high;
  };
  template <int kPixels, int kVectors>
  struct Products {
    Product of[(kPixels + 1) / 2][kVectors];
  };

  static Ints row_of(const Product& product, int row) {
    const int64x2_t low = vreinterpretq_s64_s32(product.low), high = vreinterpretq_s64_s32(product.high);
    return (Ints)(row == 0 ? vtrn1q_s64(low, high) : vtrn2q_s64(low, high));
  }

  // Eight inputs of each pixel times eight weights of each output channel. An odd last pixel is multiplied twice.
  template <int kPixels, int kVectors, class InputOf>
  APPROX_INLINE static void multiply(const int8_t* weights, size_t stride, const InputOf& input_of,
                                     Products<kPixels, kVectors>& products) {
    int8x16_t low[kVectors], high[kVectors];
    APPROX_UNROLL for (int v = 0; v < kVectors; ++v) {
      low[v] = vld1q_s8(weights + static_cast<size_t>(v) * stride);
      high[v] = vld1q_s8(weights + static_cast<size_t>(v) * stride + 16);
    }
    APPROX_UNROLL for (int m = 0; m < kPixels; m += 2) {
      const uint8x16_t x = vcombine_u8(vcreate_u8(input_of(m)), vcreate_u8(input_of(m + 1 < kPixels ? m + 1 : m)));
      APPROX_UNROLL for (int v = 0; v < kVectors; ++v) {
        Product& product = products.of[m / 2][v];
        product.low = vusmmlaq_s32(product.low, x, low[v]);
        product.high = vusmmlaq_s32(product.high, x, high[v]);
      }
    }
  }
};

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_CONV_2D_CONV_INT8_MATRIX_H_
