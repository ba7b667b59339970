// One operand of floats, for one variant.
#ifndef APPROXLITE_KERNELS_ELEMENTWISE_UNARY_VECTOR_H_
#define APPROXLITE_KERNELS_ELEMENTWISE_UNARY_VECTOR_H_

#include "kernels/elementwise/elementwise.h"
#include "kernels/elementwise/functions.h"
#include "kernels/softmax/exp_vector.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

constexpr uint32_t kSign = 0x80000000u;

inline Floats magnitude(Floats x) { return (Floats)((Bits)x & ~kSign); }
inline Floats with_sign_of(Floats size, Floats x) { return (Floats)((Bits)size | ((Bits)x & kSign)); }

inline Floats square_root(Floats x) {
#if defined(APPROX_AVX512)
  return (Floats)_mm512_maskz_sqrt_ps(0xffff, (__m512)x);
#elif defined(APPROX_AVX2)
  return (Floats)_mm256_sqrt_ps((__m256)x);
#elif defined(APPROX_NEON)
  return (Floats)vsqrtq_f32((float32x4_t)x);
#else
  for (int i = 0; i < kLanes; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}

struct Same {
  static Floats of(Floats x) { return x; }
};
struct Magnitude {
  static Floats of(Floats x) { return magnitude(x); }
};
struct Negative {
  static Floats of(Floats x) { return (Floats)((Bits)x ^ kSign); }
};
struct SquareRoot {
  static Floats of(Floats x) { return square_root(x); }
};
struct InverseSquareRoot {
  static Floats of(Floats x) { return 1.0f / square_root(x); }
};
struct Square {
  static Floats of(Floats x) { return x * x; }
};
struct Exponential {
  static Floats of(Floats x) {
    const auto high = x > kExpShifted;
    return exponential(high ? x - 8.0f : x) * (high ? broadcast(kExpOfEight) : broadcast(1.0f));
  }
};
struct Logistic {
  static Floats of(Floats x) {
    const Floats e = exponential((Floats)((Bits)x | kSign));
    return (x < 0 ? e : broadcast(1.0f)) / (1.0f + e);
  }
};
struct HyperbolicTangent {
  static Floats of(Floats x) {
    const Floats size = magnitude(x), z = size * size;
    Floats p = broadcast(kTanhPolynomial[kTanhTerms - 1]);
    for (int i = kTanhTerms - 2; i >= 0; --i) p = fused_multiply_add(p, z, broadcast(kTanhPolynomial[i]));
    const Floats small = fused_multiply_add(size * z, p, size);
    const Floats e = exponential(-2.0f * size);
    return with_sign_of(size < kTanhSmall ? small : (1.0f - e) / (1.0f + e), x);
  }
};
struct HardSwish {
  static Floats of(Floats x) { return x * smaller(larger(x + 3.0f, Floats{}), broadcast(6.0f)) / 6.0f; }
};

template <typename Function>
void map(const float* x, size_t size, float low, float high, float* y) {
  const Floats lows = broadcast(low), highs = broadcast(high);
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) store(y + i, clamp(Function::of(load(x + i)), lows, highs));
  if (i < size) {
    const int rest = static_cast<int>(size - i);
    store_some(y + i, clamp(Function::of(load_some(x + i, rest)), lows, highs), rest);
  }
}

}  // namespace

void unary(UnaryOp op, const float* x, size_t size, float low, float high, float* y) {
  switch (op) {
    case UnaryOp::kClamp: return map<Same>(x, size, low, high, y);
    case UnaryOp::kAbs: return map<Magnitude>(x, size, low, high, y);
    case UnaryOp::kNeg: return map<Negative>(x, size, low, high, y);
    case UnaryOp::kSqrt: return map<SquareRoot>(x, size, low, high, y);
    case UnaryOp::kRsqrt: return map<InverseSquareRoot>(x, size, low, high, y);
    case UnaryOp::kSquare: return map<Square>(x, size, low, high, y);
    case UnaryOp::kExp: return map<Exponential>(x, size, low, high, y);
    case UnaryOp::kLogistic: return map<Logistic>(x, size, low, high, y);
    case UnaryOp::kTanh: return map<HyperbolicTangent>(x, size, low, high, y);
    case UnaryOp::kHardSwish: return map<HardSwish>(x, size, low, high, y);
  }
}

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_ELEMENTWISE_UNARY_VECTOR_H_
