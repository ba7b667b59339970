#include "kernels/reference.h"
#include "kernels/elementwise/elementwise.h"

namespace approxlite::reference {
namespace {

size_t index_of_b(const Binary& call, size_t i) {
  switch (call.broadcast) {
    case Broadcast::kSame: return i;
    case Broadcast::kChannel: return i % static_cast<size_t>(call.channels);
    case Broadcast::kScalar: return 0;
  }
  return 0;
}

}  // namespace

void add(const Binary& call) {
  for (size_t i = 0; i < call.size; ++i) {
    call.y[i] = clamp(call.a[i] + call.b[index_of_b(call, i)], call.low, call.high);
  }
}

void multiply(const Binary& call) {
  for (size_t i = 0; i < call.size; ++i) {
    call.y[i] = clamp(call.a[i] * call.b[index_of_b(call, i)], call.low, call.high);
  }
}

}  // namespace approxlite::reference
