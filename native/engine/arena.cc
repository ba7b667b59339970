#include "engine/arena.h"

#include <algorithm>
#include <numeric>

#include "kernels/kernels.h"

namespace approxlite {

size_t plan_arena(std::vector<Lifetime>* tensors) {
  const auto needed = [](const Lifetime& tensor) { return (tensor.bytes + kReadSlackBytes + 63) / 64 * 64; };
  std::vector<size_t> order(tensors->size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return (*tensors)[a].bytes > (*tensors)[b].bytes; });
  std::vector<Lifetime> placed;  // by offset
  size_t total = 0;
  for (const size_t i : order) {
    Lifetime& tensor = (*tensors)[i];
    size_t offset = 0;
    for (const Lifetime& other : placed) {
      if (other.last < tensor.first || tensor.last < other.first) continue;
      if (offset + needed(tensor) <= other.offset) break;
      offset = std::max(offset, other.offset + needed(other));
    }
    tensor.offset = offset;
    total = std::max(total, offset + needed(tensor));
    placed.insert(std::upper_bound(placed.begin(), placed.end(), tensor,
                                   [](const Lifetime& a, const Lifetime& b) { return a.offset < b.offset; }),
                  tensor);
  }
  return total;
}

}  // namespace approxlite
