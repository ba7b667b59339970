// Where the pixels of a tile are stored.
#ifndef APPROXLITE_KERNELS_CONV_2D_TILE_OUTPUT_H_
#define APPROXLITE_KERNELS_CONV_2D_TILE_OUTPUT_H_

#include "kernels/conv_2d/tiles.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

// Whether some lanes are stored in one instruction.
#if defined(APPROX_AVX512)
template <class T>
constexpr bool kStoresSomeLanes = true;
#elif defined(APPROX_AVX2)
template <class T>
constexpr bool kStoresSomeLanes = sizeof(T) == sizeof(float);
#else
template <class T>
constexpr bool kStoresSomeLanes = false;
#endif

// `bytes` of each of `pixels` pixels, `stride` bytes apart, to elements outputs[0], outputs[1] ... of the output.
__attribute__((noinline)) inline void copy_pixels(void* output, const size_t* outputs, size_t element, const void* from,
                                                  int pixels, size_t stride, size_t bytes) {
  for (int m = 0; m < pixels; ++m) {
    std::memcpy(static_cast<char*>(output) + outputs[m] * element,
                static_cast<const char*>(from) + static_cast<size_t>(m) * stride, bytes);
  }
}

// Elements of type T in vectors of kCount. Pixels of a tile that has more lanes than the output has channels left are stored beside it and
// copied: to ask at every pixel how many lanes to store would take as much code as a step along K.
template <class T, int kPixels, int kVectors, int kCount = kLanes>
class TileOutput {
 public:
  // `count` channels are left from the tile's first one on, which lies at outputs[m] of `output` for pixel m.
  TileOutput(T* output, const size_t* outputs, int count)
      : output_(output), outputs_(outputs), count_(count), beside_(!kStoresSomeLanes<T> && count < kVectors * kCount) {}
  TileOutput(const TileOutput&) = delete;

  APPROX_INLINE T* pixel(int m) { return beside_ ? spare_[m] : output_ + outputs_[m]; }
  // Lanes to store from vector v on; at least as many as are asked for where all are.
  APPROX_INLINE int lanes(int v) const { return kStoresSomeLanes<T> ? count_ - v * kCount : (kVectors - v) * kCount; }
  // After the last store.
  APPROX_INLINE void finish() {
    if (!beside_) return;
    const size_t bytes = static_cast<size_t>(count_) * sizeof(T);
    copy_pixels(output_, outputs_, sizeof(T), spare_, kPixels, sizeof(spare_[0]), bytes);
  }

 private:
  T* const output_;
  const size_t* const outputs_;
  const int count_;
  const bool beside_;
  T spare_[kPixels][kStoresSomeLanes<T> ? 1 : kVectors * kCount];
};

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_CONV_2D_TILE_OUTPUT_H_
