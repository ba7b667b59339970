// Checked access to the runtime's tensors.
#ifndef APPROXLITE_DELEGATE_TENSOR_VIEW_H_
#define APPROXLITE_DELEGATE_TENSOR_VIEW_H_

#include <vector>

#include "delegate/tflite_abi.h"
#include "engine/tensor.h"

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

// Our name for the type; false for those we do not know.
bool element_type(tflite::Type type, ElementType* ours);

// Dimensions, all positive; empty if they are not, if there are more than kMaxRank, or if they hold too many elements. A
// scalar has the single dimension 1.
std::vector<int> dims_of(const tflite::Tensor& tensor);

int64_t elements(const std::vector<int>& dims);

// Whether the tensor's bytes match its shape and lie straight in the file.
bool holds(const tflite::Tensor& tensor, const std::vector<int>& dims, ElementType type);

// The scale and zero point of an 8-bit tensor that has one for all its elements, on our unsigned grid.
bool read_grid(const tflite::Tensor& tensor, Grid* grid);

// Null, or why the tensor cannot be an activation of ours: float or 8 bits, static, dense, no variable. Constants get
// their data.
const char* read_activation_tensor(const tflite::Context* context, int number, TensorSpec* spec);

// A dense constant of the given type.
bool constant_of(const tflite::Tensor* tensor, tflite::Type type, std::vector<int>* dims);

}  // namespace approxlite

#endif  // APPROXLITE_DELEGATE_TENSOR_VIEW_H_
