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
//
// Bytes: 8-bit activations are unsigned, real = scale * (byte - zero_point) with a zero point in 0..255, whatever the
// model calls them. `byte(y)` is 0 for NaN, else y rounded and clamped to 0..255.
#ifndef APPROXLITE_KERNELS_KERNELS_H_
#define APPROXLITE_KERNELS_KERNELS_H_

#include <cstddef>
#include <cstdint>

namespace approxlite {

// Packed weights, bytes and rows of padding are readable this many bytes past their end. Float activations are not: some
// are the runtime's own tensors.
inline constexpr size_t kReadSlackBytes = 128;

// The pixels of an image that are computed: the columns of `columns` in every row of `rows`, both ascending, numbered
// row by row. A checker names all rows and columns and leaves out pixels whose row and column add up to an odd number.
struct PixelGrid {
  const int32_t* rows = nullptr;
  int row_count = 0;
  const int32_t* columns = nullptr;
  int column_count = 0;
  bool checker = false;
};
inline int pixel_count(const PixelGrid& grid) {
  const int all = grid.row_count * grid.column_count;
  return grid.checker ? (all + 1) / 2 : all;
}

// Where windows find their inputs: tap (ty, tx) of output pixel (y, x) reads the contiguous inputs that start at input
// pixel (y * stride_height + ty * dilation_height - pad_top, x * stride_width + tx * dilation_width - pad_left), or
// those at `padding` where that lies outside the input.
struct Windows {
  const void* input;
  const void* padding;
  int height, width;   // of the input
  size_t pixel_bytes;  // from one input pixel to the next in its row; rows follow each other without a gap
  int taps_high, taps_wide;
  int stride_height, stride_width, dilation_height, dilation_width;
  int pad_top, pad_left;
  PixelGrid grid;    // output pixels computed
  int output_width;  // pixel (y, x) goes to element (y * output_width + x) * output_channels of the output
};

// Which inputs of each tap are read. Null `entries` reads all of them. Entries number groups of `group` channels within
// their tap: begin[t]..begin[t+1] are those of tap t, ascending. `compact` weights hold the listed entries only, one
// after the other; others hold all of K.
struct KList {
  const int32_t* begin = nullptr;    // [taps + 1]
  const int32_t* entries = nullptr;  // [begin[taps]]
  int group = 1;                     // float: 1 or 4 (then channels are a multiple of 4); bytes: always 4
  bool compact = false;
};

// Convolution and fully connected, float: for each computed pixel and output channel o
//   exact:  y = bias[o];  y = fma(x[k], w[o][k], y) over k ascending
//   listed: y = 0;        y = fma(x[k], w[o][k], y) over listed k;  y = fma(y, rescale, bias[o])
// then clamp to [low, high]; with an addend y = y + addend, clamp to [addend_low, addend_high]. Padding takes part in the
// sum.
struct ConvFloat {
  Windows windows;
  int channels;      // inputs under one tap
  const void* packed;  // from conv_float_pack, holds the bias too
  KList k_list;
  float rescale;  // with a KList only
  int output_channels;
  float low, high;
  const float* addend;  // laid out as the output; null: none. May be the output itself
  float addend_low, addend_high;
  float* output;
  int begin, end;  // which pixels of the grid, by number
  void* scratch;   // conv_scratch_bytes(taps), 64-byte aligned, this call's own
};

// Convolution and fully connected on bytes and signed 8-bit weights: for each computed pixel and output channel o
//   a = start[o] + sum of x[k] * w[o][k] - weight_zero_point * sum of x[k], over the k read, exact 32-bit integers
//   y = fma(float(a), scale[o], bias[o]); clamp to [low, high]
//   addend of floats: y = fma(addend, addend_scale, y); of bytes: y = fma(float(addend - addend_zero_point),
//   addend_scale, y); then clamp to [addend_low, addend_high].
// The output is y, or byte(y + output_zero_point), y rounded before the sum: then scale, bias and bounds are in steps of
// the output's grid, counted from its zero point, and the last bounds keep the sum in 0..255.
// A tap holds ceil(channels / 4) groups of four; bytes of the last group past the channels are read and meet weights
// of zero. Arrays over output channels are readable and zero up to conv_int8_padded_channels(output_channels).
struct ConvInt8 {
  Windows windows;
  int channels;
  const void* packed;  // from conv_int8_pack
  KList k_list;
  const int32_t* start;
  int32_t weight_zero_point;
  const float* scale;
  const float* bias;
  int output_channels;
  float low, high;
  const void* addend;  // laid out as the output, floats or bytes; null: none
  bool addend_bytes;
  float addend_scale;
  int32_t addend_zero_point;
  float addend_low, addend_high;
  void* output;
  bool output_bytes;
  int32_t output_zero_point;
  int begin, end;
  void* scratch;
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

// The same on bytes: a = start[c] + sum of (x - zero_point) * w[tap][c] over taps inside the input, an exact integer
// below 2^24; y = fma(float(a), scale[c], bias[c]); clamp; the output is y or its byte as in ConvInt8. Arrays over
// channels are readable up to the next multiple of 64.
struct DepthwiseInt8 {
  const uint8_t* input;
  int height, width, channels;
  int kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
  int pad_top, pad_left;
  int output_width;
  const int32_t* output_rows;
  int row_count;
  const void* packed;  // from depthwise_int8_pack
  int32_t zero_point;
  const int32_t* start;
  const float* scale;
  const float* bias;
  float low, high;
  void* output;
  bool output_bytes;
  int32_t output_zero_point;
};

enum class Broadcast { kSame, kChannel, kScalar };  // shape of the second operand: same; [channels]; one value
enum class BinaryOp { kAdd, kSub, kMul, kDiv, kMinimum, kMaximum, kSquaredDifference };
// kMinimum: b < a ? b : a; kMaximum: b > a ? b : a; kSquaredDifference: (a - b) * (a - b).

// y = clamp(op(a, b)), or op(b, a) if `reversed`. `size` elements in a and y, innermost `channels`. y may be a or b.
struct Binary {
  const float* a;
  const float* b;
  Broadcast broadcast;
  size_t size;
  int channels;
  float low, high;
  float* y;
  bool reversed = false;
};

// Sums and differences of bytes in fixed point, as XNNPACK defines them:
// y = clamp(((bias + a * a_multiplier + b * b_multiplier) >> shift) + zero_point, low, high), the shift arithmetic, all
// in 32 bits; multipliers are below 2^21 either way, shift is 0..30, low and high lie in 0..255.
struct AddBytes {
  const uint8_t* a;
  const uint8_t* b;
  Broadcast broadcast;
  size_t size;
  int channels;
  int32_t a_multiplier, b_multiplier, bias;
  int shift;
  int32_t zero_point, low, high;
  uint8_t* y;
};

// kRelu clamps only; kHardSwish: x * min(max(x + 3, 0), 6) / 6; kLogistic and kTanh on our own exp (exp.h).
enum class UnaryOp { kClamp, kAbs, kNeg, kSqrt, kRsqrt, kSquare, kExp, kLogistic, kTanh, kHardSwish };

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

// The same on bytes.
//   average: y = byte(clamp(fma(float(sum - count * zero_point), scale / float(count), bias), low, high)); of one grid
//            (`same_grid`) the mean itself in integers, halves rounded away from the byte `halves_from`, then the clamp
//   max:     the largest byte, then the clamp; scale, zero_point and bias are not used
struct PoolBytes {
  const uint8_t* input;
  int height, width, channels;
  int filter_height, filter_width, stride_height, stride_width, pad_top, pad_left;
  int output_height, output_width;
  int32_t zero_point;
  float scale, bias;
  float low, high;
  uint8_t* output;
  bool same_grid;
  int32_t halves_from;
};

// Where pixels lie that are filled in, and alike the pixels each of them comes from: `rows` rows, `row_step` elements
// apart, of `count` pixels of `size` elements, `step` apart. None that is written is read.
struct Pixels {
  size_t size;
  size_t count = 1, step = 0;
  size_t rows = 1, row_step = 0;
};

// All operations of one variant. Pointers are never null.
struct KernelTable {
  const char* name;

  // After kernels, before code of others: what they leave in the upper halves of registers makes SSE instructions wait
  // for each other. TensorFlow Lite's Fourier transform took ten times as long behind one of our multiplications.
  void (*leave)();

  // Scratch of one call of conv_float or conv_int8 whose windows have that many taps.
  size_t (*conv_scratch_bytes)(int taps);

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

  // Weights are [taps][channels], -255..255.
  size_t (*depthwise_int8_packed_bytes)(int taps, int channels);
  void (*depthwise_int8_pack)(const int16_t* weights, int taps, int channels, void* packed);
  void (*depthwise_int8)(const DepthwiseInt8& call);

  void (*binary)(BinaryOp op, const Binary& call);
  void (*add_bytes)(const AddBytes& call);
  // y[i] = clamp(op(x[i]), low, high); y may be x.
  void (*unary)(UnaryOp op, const float* x, size_t size, float low, float high, float* y);
  // y = x < 0 ? x * slope[channel] : x
  void (*prelu)(const float* x, const float* slope, size_t size, int channels, float* y);
  // y[i] = table[x[i]]; y may be x.
  void (*lookup)(const uint8_t* x, size_t size, const uint8_t* table, uint8_t* y);
  // y[i] = x[i] ^ 128: from signed bytes to ours and back. y may be x.
  void (*flip)(const uint8_t* x, size_t size, uint8_t* y);

  void (*average_pool)(const Pool& call);
  void (*max_pool)(const Pool& call);
  void (*average_pool_bytes)(const PoolBytes& call);
  void (*max_pool_bytes)(const PoolBytes& call);

  // Row-wise softmax: e = approxlite exp((x - max) * beta), sum in order, y = e / sum. exp is ours (exp.h).
  void (*softmax)(const float* x, size_t rows, int channels, float beta, float* y);

  // Smallest and largest of `size` >= 1 values; NaN is ignored, all NaN gives 0, 0.
  void (*range)(const float* x, size_t size, float* low, float* high);

  // q = byte(round(x * inverse_scale) + zero_point); NaN counts as 0.
  void (*quantize)(const float* x, size_t size, float inverse_scale, int zero_point, uint8_t* q);
  // x = float(q - zero_point) * scale
  void (*dequantize)(const uint8_t* q, size_t size, float scale, int zero_point, float* x);

  // y = fma(weight, b - a, a).
  void (*blend)(const float* a, const float* b, float weight, const Pixels& pixels, float* y);
  // y = (((s0 + s1) + s2) + s3) * (1 / count) over `count` 1..4 sources; of bytes: byte() of that.
  void (*mean_of)(const float* const* sources, int count, const Pixels& pixels, float* y);
  void (*mean_of_bytes)(const uint8_t* const* sources, int count, const Pixels& pixels, uint8_t* y);
};

// The best variant this CPU runs; chosen once.
const KernelTable& best_kernels();
// Variants this CPU runs, best first, "reference" last, which Android's library leaves out; null past the last.
const KernelTable* kernels_at(int index);
// Null if this build or this CPU has no such variant.
const KernelTable* kernels_named(const char* name);

}  // namespace approxlite

#endif  // APPROXLITE_KERNELS_KERNELS_H_
