#include "delegate/dataflow.h"

#include <algorithm>

namespace approxlite {
namespace {

struct Tensors {
  const int* begin_;
  const int* end_;
  explicit Tensors(const tflite::IntArray* array)
      : begin_(array != nullptr ? array->data : nullptr), end_(begin_ + (array != nullptr ? array->size : 0)) {}
  const int* begin() const { return begin_; }
  const int* end() const { return end_; }
};

}  // namespace

void Dataflow::add(const tflite::Node& node) {
  for (const int tensor : Tensors(node.outputs)) {
    if (inside(tensor)) ++writers_[static_cast<size_t>(tensor)];
  }
}

bool Dataflow::reach(const tflite::Node& node) {
  const Tensors inputs(node.inputs), outputs(node.outputs);
  const bool complete = std::all_of(inputs.begin(), inputs.end(), [this](int tensor) {
    if (!inside(tensor)) return true;
    const size_t i = static_cast<size_t>(tensor);
    return writers_[i] == 0 || (writers_[i] == 1 && written_[i]);
  });
  const bool alone = std::all_of(outputs.begin(), outputs.end(), [this](int tensor) {
    return inside(tensor) && writers_[static_cast<size_t>(tensor)] == 1;
  });
  for (const int tensor : outputs) {
    if (inside(tensor)) written_[static_cast<size_t>(tensor)] = true;
  }
  return complete && alone;
}

}  // namespace approxlite
