#include "delegate/tensor_view.h"

#include <cmath>

namespace approxlite {

bool element_type(tflite::Type type, ElementType* ours) {
  switch (type) {
    case tflite::kFloat32: *ours = ElementType::kFloat32; return true;
    case tflite::kFloat16: *ours = ElementType::kFloat16; return true;
    case tflite::kInt8: *ours = ElementType::kInt8; return true;
    case tflite::kUInt8: *ours = ElementType::kUInt8; return true;
    case tflite::kInt32: *ours = ElementType::kInt32; return true;
    default: return false;
  }
}

int64_t elements(const std::vector<int>& dims) {
  int64_t count = 1;
  for (const int dim : dims) {
    count *= dim;
    if (count > kMostElements) return kMostElements + 1;
  }
  return count;
}

std::vector<int> dims_of(const tflite::Tensor& tensor) {
  if (tensor.dims == nullptr || tensor.dims->size < 0 || tensor.dims->size > kMaxRank) return {};
  if (tensor.dims->size == 0) return {1};
  std::vector<int> dims(tensor.dims->data, tensor.dims->data + tensor.dims->size);
  for (const int dim : dims) {
    if (dim <= 0) return {};
  }
  if (elements(dims) > kMostElements) return {};
  return dims;
}

bool holds(const tflite::Tensor& tensor, const std::vector<int>& dims, ElementType type) {
  const size_t size = element_bytes(type);
  return reinterpret_cast<uintptr_t>(tensor.data) % size == 0 &&
         tensor.bytes == static_cast<size_t>(elements(dims)) * size;
}

bool read_grid(const tflite::Tensor& tensor, Grid* grid) {
  if (tensor.quantization.type != tflite::kAffineQuantization || tensor.quantization.params == nullptr) return false;
  const auto* affine = static_cast<const tflite::AffineQuantization*>(tensor.quantization.params);
  if (affine->scale == nullptr || affine->zero_point == nullptr || affine->scale->size != 1 ||
      affine->zero_point->size != 1) {
    return false;
  }
  const float scale = affine->scale->data[0];
  const int64_t shift = tensor.type == tflite::kInt8 ? 128 : 0;
  const int64_t zero_point = int64_t{affine->zero_point->data[0]} + shift;
  if (!(scale > 0) || !std::isfinite(scale) || !std::isfinite(1.0f / scale) || zero_point < 0 || zero_point > 255) {
    return false;
  }
  *grid = {scale, static_cast<int32_t>(zero_point)};
  return true;
}

const char* read_activation_tensor(const tflite::Context* context, int number, TensorSpec* spec) {
  const tflite::Tensor* tensor = tensor_at(context, number);
  if (tensor == nullptr) return "it lacks a tensor";
  ElementType type;
  if (!element_type(tensor->type, &type) || type == ElementType::kFloat16 || type == ElementType::kInt32) {
    return "its tensors are neither float nor 8-bit";
  }
  if (tensor->is_variable) return "it keeps state between inferences";
  if (tensor->sparsity != nullptr) return "an activation is sparse";
  if (tensor->allocation_type == tflite::kDynamic) return "a shape is known only while the model runs";
  *spec = {};
  spec->number = number;
  spec->type = type;
  spec->dims = dims_of(*tensor);
  if (spec->dims.empty()) return "a tensor has more than 6 dimensions, is empty or too large";
  if (!holds(*tensor, spec->dims, type)) return "a tensor's bytes do not match its shape";
  if (spec->eight_bit() && !read_grid(*tensor, &spec->grid)) return "an 8-bit activation has no usable scale";
  if (constant(*tensor)) spec->data = tensor->data;
  return nullptr;
}

bool constant_of(const tflite::Tensor* tensor, tflite::Type type, std::vector<int>* dims) {
  ElementType ours;
  if (tensor == nullptr || tensor->type != type || !constant(*tensor) || tensor->sparsity != nullptr ||
      !element_type(type, &ours)) {
    return false;
  }
  *dims = dims_of(*tensor);
  return !dims->empty() && holds(*tensor, *dims, ours);
}

}  // namespace approxlite
