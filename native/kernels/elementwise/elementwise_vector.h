// Add and multiply for one variant.
#ifndef APPROXLITE_KERNELS_ELEMENTWISE_ELEMENTWISE_VECTOR_H_
#define APPROXLITE_KERNELS_ELEMENTWISE_ELEMENTWISE_VECTOR_H_

#include <cassert>

#include "kernels/elementwise/elementwise.h"
#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

struct Sum {
  static Floats of(Floats a, Floats b) { return a + b; }
};
struct Product {
  static Floats of(Floats a, Floats b) { return a * b; }
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

// Few channels are repeated until they fill whole vectors, so that rows of 9 channels run as one long row.
constexpr int kRepeatedChannels = 64;

int repeats_filling_vectors(int channels) {
  int repeats = 1;
  while (channels * repeats % kLanes != 0) repeats *= 2;
  return repeats;
}

template <typename Operation>
void per_channel(const Binary& call, Floats low, Floats high) {
  const int repeats = repeats_filling_vectors(call.channels);
  size_t period = static_cast<size_t>(call.channels);
  const float* b = call.b;
  alignas(64) float repeated[kRepeatedChannels * kLanes];
  if (repeats > 1 && call.channels <= kRepeatedChannels) {
    std::memcpy(repeated, b, period * sizeof(float));
    for (int copies = 1; copies < repeats; copies *= 2, period *= 2) {
      std::memcpy(repeated + period, repeated, period * sizeof(float));
    }
    b = repeated;
  }
  size_t i = 0;
  for (; i + period <= call.size; i += period) run<Operation, 1>(call.a + i, b, period, low, high, call.y + i);
  run<Operation, 1>(call.a + i, b, call.size - i, low, high, call.y + i);
}

template <typename Operation>
void binary(const Binary& call) {
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

}  // namespace

void add(const Binary& call) { binary<Sum>(call); }
void multiply(const Binary& call) { binary<Product>(call); }

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_ELEMENTWISE_ELEMENTWISE_VECTOR_H_
