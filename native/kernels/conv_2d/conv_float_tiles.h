// Float convolution on vectors of output channels.
// Packed: per vector of output channels its biases, then its weights for each step of K that was packed; missing channels
// are zero.
#ifndef APPROXLITE_KERNELS_CONV_2D_CONV_FLOAT_TILES_H_
#define APPROXLITE_KERNELS_CONV_2D_CONV_FLOAT_TILES_H_

#include <cassert>

#include "kernels/conv_2d/conv_2d.h"
#include "kernels/conv_2d/tile_output.h"
#include "kernels/conv_2d/tiles.h"

namespace approxlite::APPROX_VARIANT {
namespace {

struct WholeVector {
  using Vector = Floats;
  static constexpr int kCount = kLanes;
#if defined(APPROX_AVX512)
  static constexpr TileWidth kWidths[] = {{2, 14}, {3, 9}, {4, 6}, {6, 4}, {8, 2}, {1, 12}};
#elif defined(APPROX_AVX2)
  static constexpr TileWidth kWidths[] = {{2, 6}, {4, 3}, {8, 1}, {1, 12}};
#elif defined(APPROX_NEON)
  static constexpr TileWidth kWidths[] = {{2, 8}, {4, 4}, {8, 2}, {1, 12}};
#else
  static constexpr TileWidth kWidths[] = {{1, APPROX_SCALAR_PIXELS}};
#endif
  static Vector multiply_add(Vector a, Vector b, Vector c) { return fused_multiply_add(a, b, c); }
  static Vector load_first(const float* p, int count) { return load_some(p, count); }
  static void store_first(float* p, Vector v, int count) { store_some(p, v, count); }
};

#if defined(APPROX_AVX512)
// For up to eight output channels: a core starts as many 256-bit multiply-adds per cycle, some at a higher clock.
struct HalfVector {
  typedef float Vector __attribute__((vector_size(32)));
  static constexpr int kCount = 8;
  static constexpr TileWidth kWidths[] = {{1, 12}};
  static Vector multiply_add(Vector a, Vector b, Vector c) {
    return (Vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
  }
  static Vector load_first(const float* p, int count) {
    return (Vector)_mm256_maskz_loadu_ps((__mmask8)((1u << count) - 1), p);
  }
  static void store_first(float* p, Vector v, int count) {
    _mm256_mask_storeu_ps(p, (__mmask8)((1u << count) - 1), (__m256)v);
  }
};
#endif

// A few inputs of one pixel, where the instruction set multiplies by one of them: a register (NEON) or memory.
#if defined(APPROX_NEON)
inline constexpr int kInputBlock = kLanes;
using InputBlock = Floats;
inline InputBlock input_block(const float* p) {
  InputBlock block = load(p);
  asm("" : "+w"(block));  // else GCC reads single values
  return block;
}
#else
inline constexpr int kInputBlock = 2;  // with more GCC mixes their steps until registers run out
using InputBlock = const float*;
inline InputBlock input_block(const float* p) { return p; }
#endif

template <class Lanes>
class FloatKernel {
  using Vector = typename Lanes::Vector;
  static constexpr size_t kCount = Lanes::kCount;

 public:
  using Call = ConvFloat;
  static constexpr auto& kWidths = Lanes::kWidths;
  static constexpr int kLatency = 10;

  // Floats of one packed vector of output channels.
  static size_t packed_size(size_t k) { return (k + 1) * kCount; }
  static int vectors(int output_channels) { return (output_channels + Lanes::kCount - 1) / Lanes::kCount; }

  // Tiles of kPixels pixels from `pixel` until `end`, kVectors vectors wide from `vector` on.
  template <int kPixels, int kVectors, bool kListed>
  static void tiles(const ConvFloat& call, const PixelBlock& block, int pixel, int end, int vector) {
    if constexpr (!kListed) {
      tiles_of<kPixels, kVectors>(call, block, pixel, end, vector, [](auto&... all) APPROX_INLINE { sum_all(all...); });
    } else if ((call.k_list.group == 4) == call.k_list.compact) {
      // One function for both, for they differ in their sums alone.
      tiles_of<kPixels, kVectors>(call, block, pixel, end, vector, [&](auto&... all) APPROX_INLINE {
        if (call.k_list.compact) {
          sum_listed<CompactGroups>(all...);
        } else {
          sum_listed<Singles>(all...);
        }
      });
    } else {
      others(call, block, pixel, end, vector, kVectors);
    }
  }

  static void pack(const float* weights, const float* bias, size_t k, int output_channels, float* to) {
    for (int first = 0; first < output_channels; first += Lanes::kCount) {
      for (int lane = 0; lane < Lanes::kCount; ++lane, ++to) {
        const int o = first + lane;
        to[0] = bias && o < output_channels ? bias[o] : 0.0f;
        for (size_t i = 0; i < k; ++i) {
          to[(i + 1) * kCount] = o < output_channels ? weights[static_cast<size_t>(o) * k + i] : 0.0f;
        }
      }
      to += k * kCount;
    }
  }

 private:
  // Kinds of lists.
  template <int kGroup, bool kCompact>
  struct Listed {
    static constexpr int group = kGroup;
    static constexpr bool compact = kCompact;
  };
  using Singles = Listed<1, false>;
  using CompactGroups = Listed<4, true>;

  // Kinds that nothing lives on.
  __attribute__((noinline)) static void others(const ConvFloat& call, const PixelBlock& block, int pixel, int end,
                                               int vector, int vectors) {
    for (int last = vector + vectors; vector < last; ++vector) {
      tiles_of<1, 1>(call, block, pixel, end, vector, [&](auto&... all) {
        if (call.k_list.compact) {
          sum_listed<Listed<1, true>>(all...);
        } else {
          sum_listed<Listed<4, false>>(all...);
        }
      });
    }
  }

  // `sum_up` makes the sums of a tile.
  template <int kPixels, int kVectors, class SumUp>
  APPROX_INLINE static void tiles_of(const ConvFloat& call, const PixelBlock& block, int pixel, int end, int vector,
                                     const SumUp& sum_up) {
    const size_t stride = packed_size(packed_steps(call));
    const float* const packed = static_cast<const float*>(call.packed) + static_cast<size_t>(vector) * stride;
    const int channel = vector * Lanes::kCount;
    const int last_count = call.output_channels - channel - (kVectors - 1) * Lanes::kCount;
    for (; pixel < end; pixel += kPixels) {
      Vector sum[kPixels][kVectors];
      sum_up(call, block, packed, stride, pixel, sum);
      clamp_tile(sum, call.low, call.high);
      const size_t* const outputs = block.outputs + pixel;
      if (call.addend != nullptr) {
        APPROX_UNROLL for (int m = 0; m < kPixels; ++m) add(call.addend + outputs[m] + channel, sum[m], last_count);
        clamp_tile(sum, call.addend_low, call.addend_high);
      }
      TileOutput<float, kPixels, kVectors, Lanes::kCount> to(call.output + channel, outputs,
                                                             call.output_channels - channel);
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) store(to.pixel(m), sum[m], to.lanes(kVectors - 1));
      to.finish();
    }
  }

  static int taps(const ConvFloat& call) { return call.windows.taps_high * call.windows.taps_wide; }
  // Steps along K that the weights were packed with.
  static size_t packed_steps(const ConvFloat& call) {
    const KList& list = call.k_list;
    if (list.compact) return static_cast<size_t>(list.begin[taps(call)]) * static_cast<size_t>(list.group);
    return static_cast<size_t>(taps(call)) * static_cast<size_t>(call.channels);
  }

  // y = bias, then every step of K.
  template <int kPixels, int kVectors>
  APPROX_INLINE static void sum_all(const ConvFloat& call, const PixelBlock& pixels, const float* packed, size_t stride,
                                    int pixel, Vector (&sum)[kPixels][kVectors]) {
    APPROX_UNROLL for (int v = 0; v < kVectors; ++v) {
      const Vector bias = load_vector(packed + static_cast<size_t>(v) * stride);
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) sum[m][v] = bias;
    }
    const float* weights = packed + kCount;
    const void* const* rows = pixels.rows + pixel;
    for (int left_taps = taps(call); left_taps > 0; --left_taps, rows += pixels.row_stride) {
      const float* input[kPixels];
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) input[m] = static_cast<const float*>(rows[m]);
      for (int left = call.channels / kInputBlock; left > 0; --left, weights += kInputBlock * kCount) {
        InputBlock block[kPixels];
        APPROX_UNROLL for (int m = 0; m < kPixels; ++m) block[m] = input_block(input[m]);
        APPROX_UNROLL for (int i = 0; i < kInputBlock; ++i) {
          step(weights + static_cast<size_t>(i) * kCount, stride, [&](int m) { return block[m][i]; }, sum);
        }
        APPROX_UNROLL for (int m = 0; m < kPixels; ++m) {
          input[m] += kInputBlock;
          // One index for all pixels would save registers, but x86 splits a multiply-add from indexed memory in two.
          if (kVectors == 1) asm("" : "+r"(input[m]));
        }
      }
      for (int c = 0; c < call.channels % kInputBlock; ++c, weights += kCount) {
        step(weights, stride, [&](int m) { return input[m][c]; }, sum);
      }
    }
  }

  // y = 0, then the listed steps of K, then rescale and bias.
  template <class Read, int kPixels, int kVectors>
  APPROX_INLINE static void sum_listed(const ConvFloat& call, const PixelBlock& pixels, const float* packed,
                                       size_t stride, int pixel, Vector (&sum)[kPixels][kVectors]) {
    APPROX_UNROLL for (int v = 0; v < kVectors; ++v) {
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) sum[m][v] = Vector{};
    }
    constexpr size_t kGroup = Read::group;
    const KList& list = call.k_list;
    const float* weights = packed + kCount;
    const void* const* rows = pixels.rows + pixel;
    // Weights of a compact list follow each other; of others those of an entry lie where its inputs do.
    const size_t tap_size = Read::compact ? 0 : static_cast<size_t>(call.channels) * kCount;
    for (const int32_t *begin = list.begin, *const last = begin + taps(call); begin != last; ++begin) {
      const int32_t* entry = list.entries + begin[0];
      const int32_t* const end = list.entries + begin[1];
      if (entry != end) {
        const float* input[kPixels];
        APPROX_UNROLL for (int m = 0; m < kPixels; ++m) input[m] = static_cast<const float*>(rows[m]);
        for (; entry != end; ++entry) {
          const size_t c = static_cast<size_t>(*entry) * kGroup;
          const float* const w = Read::compact ? weights : weights + c * kCount;
          if constexpr (Read::compact) weights += kGroup * kCount;
          if constexpr (kGroup == kInputBlock) {
            InputBlock block[kPixels];
            APPROX_UNROLL for (int m = 0; m < kPixels; ++m) block[m] = input_block(input[m] + c);
            APPROX_UNROLL for (size_t i = 0; i < kGroup; ++i) {
              step(w + i * kCount, stride, [&](int m) { return block[m][i]; }, sum);
            }
          } else {
            APPROX_UNROLL for (size_t i = 0; i < kGroup; ++i) {
              step(w + i * kCount, stride, [&](int m) { return input[m][c + i]; }, sum);
            }
          }
        }
      }
      rows += pixels.row_stride;
      weights += tap_size;
    }
    const Vector rescale = splat(call.rescale);
    APPROX_UNROLL for (int v = 0; v < kVectors; ++v) {
      const Vector bias = load_vector(packed + static_cast<size_t>(v) * stride);
      APPROX_UNROLL for (int m = 0; m < kPixels; ++m) sum[m][v] = Lanes::multiply_add(sum[m][v], rescale, bias);
    }
  }

  // One step along K: one input value of each pixel times one weight of each output channel.
  template <int kPixels, int kVectors, class InputOf>
  APPROX_INLINE static void step(const float* weights, size_t stride, const InputOf& input_of,
                                 Vector (&sum)[kPixels][kVectors]) {
    Vector weight[kVectors];
    APPROX_UNROLL for (int v = 0; v < kVectors; ++v) weight[v] = load_vector(weights + static_cast<size_t>(v) * stride);
    APPROX_UNROLL for (int m = 0; m < kPixels; ++m) {
      const Vector x = splat(input_of(m));
      APPROX_UNROLL for (int v = 0; v < kVectors; ++v) sum[m][v] = Lanes::multiply_add(x, weight[v], sum[m][v]);
    }
  }

  // Onto one pixel; of its last vector only the first `last_count` lanes exist.
  template <int kVectors>
  APPROX_INLINE static void add(const float* addend, Vector (&sum)[kVectors], int last_count) {
    APPROX_UNROLL for (int v = 0; v < kVectors - 1; ++v) sum[v] = sum[v] + load_vector(addend + v * Lanes::kCount);
    const float* const last = addend + (kVectors - 1) * Lanes::kCount;
    const Vector last_addend = last_count >= Lanes::kCount ? load_vector(last) : Lanes::load_first(last, last_count);
    sum[kVectors - 1] = sum[kVectors - 1] + last_addend;
  }

  // One pixel; of its last vector only the first `last_count` lanes.
  template <int kVectors>
  APPROX_INLINE static void store(float* y, Vector (&sum)[kVectors], int last_count) {
    APPROX_UNROLL for (int v = 0; v < kVectors - 1; ++v) std::memcpy(y + v * Lanes::kCount, &sum[v], sizeof(Vector));
    float* const last = y + (kVectors - 1) * Lanes::kCount;
    if (last_count >= Lanes::kCount) {
      std::memcpy(last, &sum[kVectors - 1], sizeof(Vector));
    } else {
      Lanes::store_first(last, sum[kVectors - 1], last_count);
    }
  }

  static Vector load_vector(const float* p) {
    Vector v;
    std::memcpy(&v, p, sizeof v);
    return v;
  }
  static Vector splat(float value) { return value - Vector{}; }
};

// Calls `with` with the kernel for that many output channels.
template <class With>
auto with_kernel([[maybe_unused]] int output_channels, const With& with) {
#if defined(APPROX_AVX512)
  if (output_channels <= HalfVector::kCount) return with(FloatKernel<HalfVector>{});
#endif
  return with(FloatKernel<WholeVector>{});
}

}  // namespace

size_t conv_scratch_bytes(int taps) { return block_scratch_bytes(taps); }

size_t conv_float_packed_bytes(int k, int output_channels) {
  return with_kernel(output_channels, [=](auto kernel) {
    return kernel.packed_size(static_cast<size_t>(k)) * static_cast<size_t>(kernel.vectors(output_channels)) *
           sizeof(float);
  });
}

void conv_float_pack(const float* weights, const float* bias, int k, int output_channels, void* packed) {
  with_kernel(output_channels, [=](auto kernel) {
    kernel.pack(weights, bias, static_cast<size_t>(k), output_channels, static_cast<float*>(packed));
  });
}

void conv_float(const ConvFloat& call) {
  assert(call.begin >= 0 && call.end <= pixel_count(call.windows.grid));
  assert(call.channels > 0 && call.output_channels > 0);
  assert(call.k_list.group == 1 || (call.k_list.group == 4 && call.channels % 4 == 0));
  with_kernel(call.output_channels,
              [&](auto kernel) { Tiles<decltype(kernel)>::run(call, kernel.vectors(call.output_channels)); });
}

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_CONV_2D_CONV_FLOAT_TILES_H_
