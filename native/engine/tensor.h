// A tensor as operators see it: type, shape and grid, read from the model and checked.
#ifndef APPROXLITE_ENGINE_TENSOR_H_
#define APPROXLITE_ENGINE_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace approxlite {

enum class ElementType { kFloat32, kFloat16, kInt8, kUInt8, kInt32 };

inline size_t element_bytes(ElementType type) {
  switch (type) {
    case ElementType::kFloat32:
    case ElementType::kInt32: return 4;
    case ElementType::kFloat16: return 2;
    default: return 1;
  }
}

// real = scale * (byte - zero_point), byte in 0..255. Signed tensors of a model are shifted by 128 onto such a grid.
struct Grid {
  float scale = 1;
  int32_t zero_point = 0;
  bool operator==(const Grid&) const = default;
};

// How a tensor lies in the engine's memory in one rung: as floats, or as bytes on a grid.
struct Form {
  bool bytes = false;
  Grid grid;
  bool operator==(const Form& other) const { return bytes == other.bytes && (!bytes || grid == other.grid); }
};

// NHWC with batch 1.
struct Shape {
  int height = 1;
  int width = 1;
  int channels = 1;
  size_t size() const { return static_cast<size_t>(height) * width * channels; }
};

struct TensorSpec {
  int number = -1;  // of the model
  ElementType type = ElementType::kFloat32;
  std::vector<int> dims;       // all positive, at most kMaxRank
  Grid grid;                   // 8-bit types
  const void* data = nullptr;  // of a constant, borrowed for the life of the interpreter; signed bytes stay signed
  std::shared_ptr<std::vector<uint8_t>> owned;  // where `data` had to be unpacked

  size_t size() const {
    size_t count = 1;
    for (const int dim : dims) count *= static_cast<size_t>(dim);
    return count;
  }
  bool constant() const { return data != nullptr; }
  bool eight_bit() const { return type == ElementType::kInt8 || type == ElementType::kUInt8; }
  // How a model without knobs keeps it.
  Form form() const { return {eight_bit(), eight_bit() ? grid : Grid{}}; }
};

inline constexpr int kMaxRank = 6;

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_TENSOR_H_
