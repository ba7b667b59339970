// Our exponential, the same bits everywhere. A table of constants and a recipe; softmax/reference.cc follows it for one
// value, softmax_vector.h for a vector:
//   x > kExpHighest ? kExpHighest : x                             (NaN stays NaN and gives NaN)
//   shifted = fma(x, kExpLog2E, kExpShift)                        rounds x / ln 2 to an integer, in the low bits of it
//   n = shifted - kExpShift
//   r = fma(n, -kExpLn2Low, fma(n, -kExpLn2High, x))              |r| <= ln(2) / 2
//   p = fma(..fma(fma(c5, r, c4), r, c3).., c0)                   exp(r) = 1 + r + r * r * p
//   y = fma(p, r * r, r) + 1
//   add n to the exponent of y; below kExpLowest the result is 0
// At most 1.02 units in the last place off on [kExpLowest, 0]. Results are never denormal, so a CPU that
// flushes denormals to zero computes the same.
#ifndef APPROXLITE_KERNELS_SOFTMAX_EXP_H_
#define APPROXLITE_KERNELS_SOFTMAX_EXP_H_

namespace approxlite {

inline constexpr float kExpLowest = -87.0f;
inline constexpr float kExpHighest = 88.0f;
inline constexpr float kExpLog2E = 0x1.715476p+0f;
inline constexpr float kExpShift = 0x1.8p+23f;
inline constexpr float kExpLn2High = 0x1.62e4p-1f;  // few bits: n * kExpLn2High is exact
inline constexpr float kExpLn2Low = 0x1.7f7d1cp-20f;
// c0 first. Minimax on |r| <= ln(2) / 2.
inline constexpr float kExpPolynomial[] = {5.0000001201e-1f, 1.6666665459e-1f, 4.1665795894e-2f,
                                           8.3334519073e-3f, 1.3981999507e-3f, 1.9875691500e-4f};
inline constexpr int kExpTerms = 6;

}  // namespace approxlite

#endif  // APPROXLITE_KERNELS_SOFTMAX_EXP_H_
