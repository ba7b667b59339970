// Two operands of any shapes that broadcast, as a loop nest of as few axes as can be.
#ifndef APPROXLITE_ENGINE_BROADCASTING_H_
#define APPROXLITE_ENGINE_BROADCASTING_H_

#include "engine/tensor.h"
#include "kernels/kernels.h"

namespace approxlite {

// A kernel call computes rows * size elements that follow each other in the output. `swapped`: the kernel's first
// operand, the one that has all of them, is the second of the operator. Outer axes come before it, outermost first.
struct Broadcasting {
  struct Axis {
    size_t size;
    size_t a_step, b_step;  // elements from one index to the next, 0 where the operand is broadcast
  };
  Axis outer[kMaxRank];
  int outer_count;
  Broadcast inner;
  bool swapped;
  size_t rows, size;  // rows is 1 unless inner is kChannel

  size_t calls() const {
    size_t count = 1;
    for (int i = 0; i < outer_count; ++i) count *= outer[i].size;
    return count;
  }
};

// `keep_rows` leaves axis 1 of an output [1, height, ...] alone as the outermost axis.
Broadcasting broadcasting_of(const TensorSpec& a, const TensorSpec& b, const TensorSpec& output, bool keep_rows);

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_BROADCASTING_H_
