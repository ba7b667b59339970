// What the engine asks of kernels. Each folder beside this file is one operation: `reference.cc` is its slow, obvious
// twin, the other files are its variants, and every variant gives the twin's bits. A kernel takes plain pointers and
// sizes, allocates nothing, logs nothing, and asserts what its caller promised.
//
// Numerics, the same for all (promise 3 of the design): float sums run in one fixed order, every multiply-add is one
// fused multiply-add, nothing is reassociated or contracted; vectors run across output channels, never across the
// reduction. Conversions from float to integer round to nearest, ties to even. `clamp` is
// y = low > y ? low : y; y = high < y ? high : y  (so NaN and negative zero pass as they are).
//
// Layout: activations are NHWC, batch 1. K is the reduction of a weighted operator: taps in (kernel row, kernel
// column) order, within a tap the input channels.
#ifndef APPROXLITE_KERNELS_KERNELS_H_
#define APPROXLITE_KERNELS_KERNELS_H_

#include <cstddef>
#include <cstdint>

namespace approxlite {

// Every pointer row of an indirection list is readable this many entries past its last pixel.
inline constexpr int kIndirectionSlack = 32;
// Packed weights, quantised inputs and rows of padding are readable this many bytes past their end. Activations are not:
// some are the runtime's own tensors.
inline constexpr size_t kReadSlackBytes = 128;

// Which inputs of each tap are read. Null `entries` reads all of them.
// Float: entries[begin[t]..begin[t+1]) are channel numbers of tap t, ascending. Int8: numbers of groups of four channels.
struct KList {
  const int32_t* begin = nullptr;    // [taps + 1]
  const int32_t* entries = nullptr;  // [begin[taps]]
};

// Convolution and fully connected, float: for each computed pixel m and output channel o
//   exact:  y = bias[o];  y = fma(x[k], w[o][k], y) over k ascending
//   listed: y = 0;        y = fma(x[k], w[o][k], y) over listed k;  y = fma(y, rescale, bias[o])
// then clamp to [low, high]. Padding taps read a row of zeros (they take part in the sum).
struct ConvFloat {
  const float* const* rows;  // rows[t * row_stride + m]: the `channels` inputs under tap t for pixel m
  size_t row_stride;         // >= pixels + kIndirectionSlack
  int taps;
  int channels;
  int pixels;                     // how many pixels are computed
  const int32_t* output_offsets;  // [pixels]: pixel m goes to output + output_offsets[m] (in elements)
  const void* packed;             // from conv_float_pack, holds the bias too
  KList k_list;
  float rescale;  // with a KList only
  int output_channels;
  float low, high;
  float* output;
};

// Convolution and fully connected on unsigned 8-bit inputs and signed 8-bit weights: for each pixel m, channel o
//   a = start[o] + sum of x[k] * w[o][k], exact 32-bit integers;  y = fma(float(a), scale[o], bias[o]); clamp.
// Channels are padded to groups of four by the caller (weights of padding are 0). Arrays over output channels are
// readable and zero up to conv_int8_padded_channels(output_channels).
struct ConvInt8 {
  const uint8_t* const* rows;  // as above; each row holds 4 * groups bytes
  size_t row_stride;
  int taps;
  int groups;  // ceil(channels / 4)
  int pixels;
  const int32_t* output_offsets;
  const void* packed;  // from conv_int8_pack
  KList k_list;
  const int32_t* start;  // usually -zero_point * sum of the weights read
  const float* scale;
  const float* bias;
  int output_channels;
  float low, high;
  float* output;
};

// Depthwise convolution, depth multiplier 1: y = bias[c]; y = fma(x, w[tap][c], y) over taps that lie inside the input,
// in (row, column) order; clamp.
struct DepthwiseFloat {
  const float* input;
  int height, width, channels;
  int kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
  int pad_top, pad_left;
  int output_width;
  const int32_t* output_rows;  // [row_count]: output rows to compute, ascending
  int row_count;
  const void* packed;  // from depthwise_float_pack
  float low, high;
  float* output;  // whole output tensor; row r starts at r * output_width * channels
};

enum class Broadcast { kSame, kChannel, kScalar };  // shape of the second operand: same; [channels]; one value

// y = clamp(op(a, b)). `size` elements in a and y, innermost `channels`.
struct Binary {
  const float* a;
  const float* b;
  Broadcast broadcast;
  size_t size;
  int channels;
  float low, high;
  float* y;
};

// Window reduction per channel over taps inside the input, in (row, column) order.
//   average: s = x0; s = s + x ... ; y = s / count (count of inside taps, one IEEE division); clamp
//   max:     y = x0; y = x > y ? x : y ... ; clamp
struct Pool {
  const float* input;
  int height, width, channels;
  int filter_height, filter_width, stride_height, stride_width, pad_top, pad_left;
  int output_height, output_width;
  float low, high;
  float* output;
};

// All operations of one variant. Pointers are never null.
struct KernelTable {
  const char* name;

  // Weights are [output_channels][k]; `bias` may be null (zeros). `packed` is 64-byte aligned.
  size_t (*conv_float_packed_bytes)(int k, int output_channels);
  void (*conv_float_pack)(const float* weights, const float* bias, int k, int output_channels, void* packed);
  void (*conv_float)(const ConvFloat& call);

  int (*conv_int8_padded_channels)(int output_channels);
  size_t (*conv_int8_packed_bytes)(int k_groups, int output_channels);
  // Weights are [output_channels][4 * k_groups].
  void (*conv_int8_pack)(const int8_t* weights, int k_groups, int output_channels, void* packed);
  void (*conv_int8)(const ConvInt8& call);

  // Weights are [taps][channels].
  size_t (*depthwise_float_packed_bytes)(int taps, int channels);
  void (*depthwise_float_pack)(const float* weights, const float* bias, int taps, int channels, void* packed);
  void (*depthwise_float)(const DepthwiseFloat& call);

  void (*add)(const Binary& call);
  void (*multiply)(const Binary& call);
  void (*average_pool)(const Pool& call);
  void (*max_pool)(const Pool& call);

  // Row-wise softmax: e = approxlite exp((x - max) * beta), sum in order, y = e / sum. exp is ours (exp.h).
  void (*softmax)(const float* x, size_t rows, int channels, float beta, float* y);

  // Smallest and largest of `size` >= 1 values; NaN is ignored, all NaN gives 0, 0.
  void (*range)(const float* x, size_t size, float* low, float* high);

  // q = clamp(round(x * inverse_scale) + zero_point, 0, 255) for `pixels` rows of `channels` values; each row is
  // written with `padded_channels` bytes, padding = zero_point. NaN becomes 0 before the clamp is applied to it.
  void (*quantize)(const float* x, size_t pixels, int channels, int padded_channels, float inverse_scale,
                   int zero_point, uint8_t* q);

  // y = fma(weight, b - a, a)
  void (*blend)(const float* a, const float* b, float weight, size_t size, float* y);
  // y = (((s0 + s1) + s2) + s3) * factor over `count` 1..4 sources
  void (*mean_of)(const float* const* sources, int count, float factor, size_t size, float* y);
};

// The best variant this CPU runs; chosen once.
const KernelTable& best_kernels();
// Variants this CPU runs, best first, "reference" last; null past the last.
const KernelTable* kernels_at(int index);
// Null if this build or this CPU has no such variant.
const KernelTable* kernels_named(const char* name);

}  // namespace approxlite

#endif  // APPROXLITE_KERNELS_KERNELS_H_
