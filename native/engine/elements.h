// What plans that go through tensors element by element share.
#ifndef APPROXLITE_ENGINE_ELEMENTS_H_
#define APPROXLITE_ENGINE_ELEMENTS_H_

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "engine/plan.h"

namespace approxlite {

template <typename T>
T* address_of(const TensorSpec& spec, const Addresses& addresses) {
  return static_cast<T*>(addresses[static_cast<size_t>(spec.number)]);
}

inline size_t form_bytes(const Form& form) { return form.bytes ? 1 : 4; }

// How many elements of a pass bounded by memory are worth waking a worker for.
inline constexpr size_t kWorthSharingElements = 50000;

// How many pieces of `size` elements each are.
inline int pieces_worth_sharing(size_t size) {
  return static_cast<int>(std::max<size_t>(1, kWorthSharingElements / std::max<size_t>(1, size)));
}

// Calls work(first, count) for blocks that cover `size` elements.
template <typename Work>
void split_elements(ThreadPool& pool, size_t size, const Work& work) {
  constexpr size_t kBlock = 1024;
  const int blocks = static_cast<int>((size + kBlock - 1) / kBlock);
  pool.split(blocks, pieces_worth_sharing(kBlock), [&](int begin, int end, int) {
    const size_t first = static_cast<size_t>(begin) * kBlock;
    work(first, std::min(size, static_cast<size_t>(end) * kBlock) - first);
  });
}

// The rows of an image [1, height, width, channels] that anybody reads; empty where everything is to be computed.
inline std::vector<int32_t> demanded_rows(const Pattern& demand, const TensorSpec& output) {
  const bool image = output.dims.size() == 4 && output.dims[0] == 1;
  if (!image || output.dims[1] == 1 || demand.rows.whole() || demand.checker) return {};
  return computed_lines(output.dims[1], demand.rows);
}

// A function of bytes, by all its values.
struct ByteTable {
  uint8_t values[256];
};

inline float real_of(int byte, const Grid& grid) { return static_cast<float>(byte - grid.zero_point) * grid.scale; }

// The byte nearest to a real number; 0 for NaN.
inline uint8_t byte_of(float real, const Grid& grid) {
  const double steps = std::nearbyint(static_cast<double>(real) / grid.scale) + grid.zero_point;
  return static_cast<uint8_t>(steps > 0 ? std::min(steps, 255.0) : 0);
}

// `function` takes and gives 256 real numbers, in place.
template <typename Function>
ByteTable byte_table(const Grid& from, const Grid& to, const Function& function) {
  float real[256];
  for (int i = 0; i < 256; ++i) real[i] = real_of(i, from);
  function(real);
  ByteTable table;
  for (int i = 0; i < 256; ++i) table.values[i] = byte_of(real[i], to);
  return table;
}

// From one grid to another.
inline ByteTable regrid_table(const Grid& from, const Grid& to) {
  return byte_table(from, to, [](float*) {});
}

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_ELEMENTS_H_
