// Two operands of floats, for one variant.
#ifndef APPROXLITE_KERNELS_ELEMENTWISE_BINARY_VECTOR_H_
#define APPROXLITE_KERNELS_ELEMENTWISE_BINARY_VECTOR_H_

#include <cassert>

#include "kernels/elementwise/elementwise.h"
#include "kernels/elementwise/repeated.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

struct Sum {
  static Floats of(Floats a, Floats b) { return a + b; }
};
struct Difference {
  static Floats of(Floats a, Floats b) { return a - b; }
};
struct Product {
  static Floats of(Floats a, Floats b) { return a * b; }
};
struct Quotient {
  static Floats of(Floats a, Floats b) { return a / b; }
};
struct Minimum {
  static Floats of(Floats a, Floats b) { return smaller(b, a); }
};
struct Maximum {
  static Floats of(Floats a, Floats b) { return larger(b, a); }
};
struct SquaredDifference {
  static Floats of(Floats a, Floats b) { return (a - b) * (a - b); }
};
struct Leaky {
  static Floats of(Floats x, Floats slope) { return x < 0 ? x * slope : x; }
};
template <typename Operation>
struct Reversed {
  static Floats of(Floats a, Floats b) { return Operation::of(b, a); }
};

// y = clamp(a op b) over `size` elements; b is read at `b` + i * kStep of a vector, so kStep 0 repeats one vector.
template <typename Operation, int kStep>
inline void run(const float* a, const float* b, size_t size, Floats low, Floats high, float* y) {
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    store(y + i, clamp(Operation::of(load(a + i), load(b + i * kStep)), low, high));
  }
  if (i < size) {
    const int rest = static_cast<int>(size - i);
    store_some(y + i, clamp(Operation::of(load_some(a + i, rest), load_some(b + i * kStep, rest)), low, high), rest);
  }
}

template <typename Operation>
void per_channel(const Binary& call, Floats low, Floats high) {
  if (call.size == static_cast<size_t>(call.channels)) {
    return run<Operation, 1>(call.a, call.b, call.size, low, high, call.y);
  }
  const Repeated<float> b(call.b, call.channels, kLanes);
  size_t i = 0;
  for (; i + b.period() <= call.size; i += b.period()) {
    run<Operation, 1>(call.a + i, b.values(), b.period(), low, high, call.y + i);
  }
  run<Operation, 1>(call.a + i, b.values(), call.size - i, low, high, call.y + i);
}

template <typename Operation>
void run_any(const Binary& call) {
  assert(call.broadcast != Broadcast::kChannel || call.channels >= 1);
  const Floats low = broadcast(call.low), high = broadcast(call.high);
  if (call.broadcast == Broadcast::kSame) {
    run<Operation, 1>(call.a, call.b, call.size, low, high, call.y);
  } else if (call.broadcast == Broadcast::kScalar) {
    alignas(64) float repeated[kLanes];
    store(repeated, broadcast(call.b[0]));
    run<Operation, 0>(call.a, repeated, call.size, low, high, call.y);
  } else {
    per_channel<Operation>(call, low, high);
  }
}

template <typename Operation>
void either_way(const Binary& call) {
  call.reversed ? run_any<Reversed<Operation>>(call) : run_any<Operation>(call);
}

}  // namespace

void binary(BinaryOp op, const Binary& call) {
  switch (op) {
    case BinaryOp::kAdd: return run_any<Sum>(call);
    case BinaryOp::kSub: return either_way<Difference>(call);
    case BinaryOp::kMul: return run_any<Product>(call);
    case BinaryOp::kDiv: return either_way<Quotient>(call);
    case BinaryOp::kMinimum: return either_way<Minimum>(call);
    case BinaryOp::kMaximum: return either_way<Maximum>(call);
    case BinaryOp::kSquaredDifference: return either_way<SquaredDifference>(call);
  }
}

void prelu(const float* x, const float* slope, size_t size, int channels, float* y) {
  run_any<Leaky>({x, slope, Broadcast::kChannel, size, channels, -INFINITY, INFINITY, y});
}

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_ELEMENTWISE_BINARY_VECTOR_H_
