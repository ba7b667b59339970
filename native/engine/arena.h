// One block of memory for all tensors inside a partition: tensors that never live at the same time share bytes.
#ifndef APPROXLITE_ENGINE_ARENA_H_
#define APPROXLITE_ENGINE_ARENA_H_

#include <cstddef>
#include <vector>

namespace approxlite {

// A tensor's size and the steps, first to last inclusive, between which it must keep its contents.
struct Lifetime {
  size_t bytes;
  int first, last;
  size_t offset = 0;  // filled in, a multiple of 64
};

// Greedy by size (Pisarchyk and Lee 2020, "Efficient Memory Management for Deep Neural Net Inference"): larger tensors
// first, each at the lowest offset where it overlaps no tensor alive at the same time. Every tensor is followed by the
// read slack of kernels.h. Returns the bytes needed.
size_t plan_arena(std::vector<Lifetime>* tensors);

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_ARENA_H_
