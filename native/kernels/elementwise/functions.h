// Our logistic function and hyperbolic tangent, the same bits everywhere; reference.cc follows the recipes for one
// value, unary_vector.h for a vector. Both work on |x|, where exp(-|x|) is at most 1, and never give a denormal of
// their own:
//   exp        x > kExpShifted ? exp(x - 8) * exp(8) : exp(x)       so that it reaches the largest floats, then infinity
//   logistic   e = exp(-|x|);  y = (x < 0 ? e : 1) / (1 + e)
//   tanh       |x| < kTanhSmall: z = |x| * |x|;  p = fma(..fma(t4, z, t3)..t0);  y = fma(|x| * z, p, |x|)
//              else:             e = exp(-2 |x|);  y = (1 - e) / (1 + e)
//              with the sign of x
// exp on the right is the one of softmax/exp.h. All are a few units in the last place off at most; NaN stays NaN.
#ifndef APPROXLITE_KERNELS_ELEMENTWISE_FUNCTIONS_H_
#define APPROXLITE_KERNELS_ELEMENTWISE_FUNCTIONS_H_

namespace approxlite {

inline constexpr float kExpShifted = 80.0f;
inline constexpr float kExpOfEight = 2980.957987f;
inline constexpr float kTanhSmall = 0.625f;
// t0 first: tanh(x) = x + x^3 * (t0 + t1 x^2 + ...) on |x| <= 0.625.
inline constexpr float kTanhPolynomial[] = {-3.33332819422e-1f, 1.33314422036e-1f, -5.37397155531e-2f,
                                            2.06390887954e-2f, -5.70498872745e-3f};
inline constexpr int kTanhTerms = 5;

}  // namespace approxlite

#endif  // APPROXLITE_KERNELS_ELEMENTWISE_FUNCTIONS_H_
