#include "kernels/reference.h"

#include <cmath>

#include "kernels/elementwise/elementwise.h"
#include "kernels/elementwise/functions.h"
#include "kernels/softmax/softmax.h"

namespace approxlite::reference {
namespace {

size_t index_of_b(Broadcast broadcast, int channels, size_t i) {
  switch (broadcast) {
    case Broadcast::kSame: return i;
    case Broadcast::kChannel: return i % static_cast<size_t>(channels);
    case Broadcast::kScalar: return 0;
  }
  return 0;
}

float apply(BinaryOp op, float a, float b) {
  switch (op) {
    case BinaryOp::kAdd: return a + b;
    case BinaryOp::kSub: return a - b;
    case BinaryOp::kMul: return a * b;
    case BinaryOp::kDiv: return a / b;
    case BinaryOp::kMinimum: return b < a ? b : a;
    case BinaryOp::kMaximum: return b > a ? b : a;
    case BinaryOp::kSquaredDifference: return (a - b) * (a - b);
  }
  return 0;
}

float logistic(float x) {
  const float e = exponential(-std::fabs(x));
  return (x < 0 ? e : 1.0f) / (1.0f + e);
}

float hyperbolic_tangent(float x) {
  const float size = std::fabs(x);
  if (size < kTanhSmall) {
    const float z = size * size;
    float p = kTanhPolynomial[kTanhTerms - 1];
    for (int i = kTanhTerms - 2; i >= 0; --i) p = std::fma(p, z, kTanhPolynomial[i]);
    return std::copysign(std::fma(size * z, p, size), x);
  }
  const float e = exponential(-2.0f * size);
  return std::copysign((1.0f - e) / (1.0f + e), x);
}

float hard_swish(float x) {
  const float raised = x + 3.0f;
  const float above = raised > 0.0f ? raised : 0.0f;
  return x * (above < 6.0f ? above : 6.0f) / 6.0f;
}

float apply(UnaryOp op, float x) {
  switch (op) {
    case UnaryOp::kClamp: return x;
    case UnaryOp::kAbs: return std::fabs(x);
    case UnaryOp::kNeg: return -x;
    case UnaryOp::kSqrt: return std::sqrt(x);
    case UnaryOp::kRsqrt: return 1.0f / std::sqrt(x);
    case UnaryOp::kSquare: return x * x;
    case UnaryOp::kExp: return x > kExpShifted ? exponential(x - 8.0f) * kExpOfEight : exponential(x);
    case UnaryOp::kLogistic: return logistic(x);
    case UnaryOp::kTanh: return hyperbolic_tangent(x);
    case UnaryOp::kHardSwish: return hard_swish(x);
  }
  return 0;
}

}  // namespace

void binary(BinaryOp op, const Binary& call) {
  for (size_t i = 0; i < call.size; ++i) {
    const float a = call.a[i], b = call.b[index_of_b(call.broadcast, call.channels, i)];
    call.y[i] = clamp(call.reversed ? apply(op, b, a) : apply(op, a, b), call.low, call.high);
  }
}

void add_bytes(const AddBytes& call) {
  for (size_t i = 0; i < call.size; ++i) {
    const int32_t a = call.a[i], b = call.b[index_of_b(call.broadcast, call.channels, i)];
    const int32_t y = ((call.bias + a * call.a_multiplier + b * call.b_multiplier) >> call.shift) + call.zero_point;
    call.y[i] = static_cast<uint8_t>(y < call.low ? call.low : y > call.high ? call.high : y);
  }
}

void unary(UnaryOp op, const float* x, size_t size, float low, float high, float* y) {
  for (size_t i = 0; i < size; ++i) y[i] = clamp(apply(op, x[i]), low, high);
}

void prelu(const float* x, const float* slope, size_t size, int channels, float* y) {
  for (size_t i = 0; i < size; ++i) y[i] = x[i] < 0 ? x[i] * slope[i % static_cast<size_t>(channels)] : x[i];
}

void lookup(const uint8_t* x, size_t size, const uint8_t* table, uint8_t* y) {
  for (size_t i = 0; i < size; ++i) y[i] = table[x[i]];
}

void flip(const uint8_t* x, size_t size, uint8_t* y) {
  for (size_t i = 0; i < size; ++i) y[i] = x[i] ^ 128;
}

}  // namespace approxlite::reference
