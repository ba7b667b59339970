// Checked access to the runtime's tensors.
#ifndef APPROXLITE_DELEGATE_TENSOR_VIEW_H_
#define APPROXLITE_DELEGATE_TENSOR_VIEW_H_

#include <vector>

#include "delegate/tflite_abi.h"

namespace approxlite {

// No tensor beyond this many elements is ours: sizes and offsets stay far from overflow.
inline constexpr int64_t kMostElements = int64_t{1} << 28;

// Null unless `number` is a tensor of the model.
inline const tflite::Tensor* tensor_at(const tflite::Context* context, int number) {
  if (number < 0 || static_cast<size_t>(number) >= context->tensors_size) return nullptr;
  return &context->tensors[number];
}

inline bool constant(const tflite::Tensor& tensor) {
  return (tensor.allocation_type == tflite::kMmapRo || tensor.allocation_type == tflite::kPersistentRo) &&
         tensor.data != nullptr;
}

// Dimensions, all positive; empty if they are not, if the tensor's bytes do not match them, or if its data lies askew in
// the file.
std::vector<int> dims_of(const tflite::Tensor& tensor, size_t element_bytes);

int64_t elements(const std::vector<int>& dims);

// A dense float tensor that can be an activation: not dynamic, no variable, known shape.
bool float_activation(const tflite::Tensor* tensor, std::vector<int>* dims);

// A dense constant of the given type.
bool constant_of(const tflite::Tensor* tensor, tflite::Type type, std::vector<int>* dims);

}  // namespace approxlite

#endif  // APPROXLITE_DELEGATE_TENSOR_VIEW_H_
