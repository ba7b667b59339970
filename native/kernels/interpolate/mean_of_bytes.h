// Means of bytes for one variant, without leaving bytes: each is rounded to nearest, ties to even, as the float mean
// is.
#ifndef APPROXLITE_KERNELS_INTERPOLATE_MEAN_OF_BYTES_H_
#define APPROXLITE_KERNELS_INTERPOLATE_MEAN_OF_BYTES_H_

#include <cassert>
#include <cstring>

#include "kernels/interpolate/interpolate.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

template <int kSize>
struct BytesOf {
  typedef uint8_t Bytes __attribute__((vector_size(kSize)));
  typedef uint16_t Words __attribute__((vector_size(kSize)));
};
constexpr int kLeastBytes = 16;

// (a + b + 1) / 2
template <class Bytes>
inline Bytes upper_mean(Bytes a, Bytes b) {
#if defined(APPROX_AVX512)
  if constexpr (sizeof(Bytes) == 64) return (Bytes)_mm512_avg_epu8((__m512i)a, (__m512i)b);
#endif
#if defined(APPROX_AVX512) || defined(APPROX_AVX2)
  if constexpr (sizeof(Bytes) == 32) return (Bytes)_mm256_avg_epu8((__m256i)a, (__m256i)b);
  if constexpr (sizeof(Bytes) == 16) return (Bytes)_mm_avg_epu8((__m128i)a, (__m128i)b);
#elif defined(APPROX_NEON)
  return (Bytes)vrhaddq_u8((uint8x16_t)a, (uint8x16_t)b);
#endif
  return (a | b) - ((a ^ b) >> 1);
}

// A tie goes to the upper mean where that is even.
template <class Bytes>
inline Bytes mean(Bytes a, Bytes b) {
  const Bytes upper = upper_mean(a, b);
  return upper - (upper & (a ^ b) & 1);
}

// Thirds have no ties. Even and odd bytes apart, as words.
template <class Bytes>
inline Bytes mean(Bytes a, Bytes b, Bytes c) {
  using Words = typename BytesOf<sizeof(Bytes)>::Words;
  const auto third = [](Words sum) { return (sum + 1) / 3; };
  const auto even = [](Bytes bytes) { return (Words)bytes & 0xff; };
  const auto odd = [](Bytes bytes) { return (Words)bytes >> 8; };
  return (Bytes)(third(even(a) + even(b) + even(c)) | third(odd(a) + odd(b) + odd(c)) << 8);
}

// The sum is 4 * upper less the quarters that the three upper means added: 1 for each of the two inner ones, 2 for the
// outer one. Two quarters are a tie, three and four bring the mean down by one.
template <class Bytes>
inline Bytes mean(Bytes a, Bytes b, Bytes c, Bytes d) {
  const Bytes ab = upper_mean(a, b), cd = upper_mean(c, d), upper = upper_mean(ab, cd);
  const Bytes one = a ^ b, other = c ^ d, two = ab ^ cd;
  const Bytes down = (two & (one | other)) | (upper & (two | (one & other)));
  return upper - (down & 1);
}

template <class Bytes, int kCount, class Get>
inline Bytes mean_at(const uint8_t* const (&from)[kCount], const Get& get) {
  if constexpr (kCount == 1) return get(from[0]);
  if constexpr (kCount == 2) return mean<Bytes>(get(from[0]), get(from[1]));
  if constexpr (kCount == 3) return mean<Bytes>(get(from[0]), get(from[1]), get(from[2]));
  if constexpr (kCount == 4) return mean<Bytes>(get(from[0]), get(from[1]), get(from[2]), get(from[3]));
}

// Pixels of at least `kSize` bytes. Only those are read and written: a masked vector would do for small pixels, but
// processors take its store for a whole one and have the next pixel's loads wait for it.
template <int kSize, int kCount>
void mean_of_vectors(const uint8_t* const (&from)[kCount], const Pixels pixels, uint8_t* y) {
  using Bytes = typename BytesOf < kSize<kLeastBytes ? kLeastBytes : kSize>::Bytes;
  const auto do_at = [&](size_t at) {
    const Bytes bytes = mean_at<Bytes>(from, [at](const uint8_t* x) {
      Bytes loaded = {};
      std::memcpy(&loaded, x + at, kSize);
      return loaded;
    });
    std::memcpy(y + at, &bytes, kSize);
  };
  for (size_t row = 0; row < pixels.rows; ++row) {
    for (size_t p = 0, first = row * pixels.row_step; p < pixels.count; ++p, first += pixels.step) {
      const size_t last = first + pixels.size - kSize;
      for (size_t at = first; at < last; at += kSize) do_at(at);
      do_at(last);  // some bytes may be computed twice, to the same result
    }
  }
}

template <int kCount>
void mean_of_bytes_from(const uint8_t* const* sources, const Pixels& pixels, uint8_t* y) {
  const uint8_t* from[kCount];
  for (int s = 0; s < kCount; ++s) from[s] = sources[s];
#if defined(APPROX_AVX512)
  if (pixels.size >= 64) return mean_of_vectors<64, kCount>(from, pixels, y);
#endif
#if defined(APPROX_AVX512) || defined(APPROX_AVX2)
  if (pixels.size >= 32) return mean_of_vectors<32, kCount>(from, pixels, y);
#endif
  if (pixels.size >= 16) return mean_of_vectors<16, kCount>(from, pixels, y);
  if (pixels.size >= 8) return mean_of_vectors<8, kCount>(from, pixels, y);
  if (pixels.size >= 4) return mean_of_vectors<4, kCount>(from, pixels, y);
  mean_of_vectors<1, kCount>(from, pixels, y);
}

}  // namespace

void mean_of_bytes(const uint8_t* const* sources, int count, const Pixels& pixels, uint8_t* y) {
  assert(count >= 1 && count <= 4);
  switch (count) {
    case 1: return mean_of_bytes_from<1>(sources, pixels, y);
    case 2: return mean_of_bytes_from<2>(sources, pixels, y);
    case 3: return mean_of_bytes_from<3>(sources, pixels, y);
    default: return mean_of_bytes_from<4>(sources, pixels, y);
  }
}

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_INTERPOLATE_MEAN_OF_BYTES_H_
