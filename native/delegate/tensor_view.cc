#include "delegate/tensor_view.h"

namespace approxlite {
namespace {

constexpr int kMostDims = 8;

size_t element_bytes_of(tflite::Type type) {
  switch (type) {
    case tflite::kFloat32:
    case tflite::kInt32: return 4;
    case tflite::kInt64: return 8;
    default: return 1;
  }
}

}  // namespace

int64_t elements(const std::vector<int>& dims) {
  int64_t count = 1;
  for (const int dim : dims) {
    count *= dim;
    if (count > kMostElements) return kMostElements + 1;
  }
  return count;
}

std::vector<int> dims_of(const tflite::Tensor& tensor, size_t element_bytes) {
  if (tensor.dims == nullptr || tensor.dims->size < 1 || tensor.dims->size > kMostDims) return {};
  std::vector<int> dims(tensor.dims->data, tensor.dims->data + tensor.dims->size);
  for (const int dim : dims) {
    if (dim <= 0) return {};
  }
  const int64_t count = elements(dims);
  if (reinterpret_cast<uintptr_t>(tensor.data) % element_bytes != 0) return {};
  if (count > kMostElements || tensor.bytes != static_cast<size_t>(count) * element_bytes) return {};
  return dims;
}

bool float_activation(const tflite::Tensor* tensor, std::vector<int>* dims) {
  if (tensor == nullptr || tensor->type != tflite::kFloat32 || tensor->is_variable || tensor->sparsity != nullptr ||
      tensor->allocation_type == tflite::kDynamic) {
    return false;
  }
  *dims = dims_of(*tensor, sizeof(float));
  return !dims->empty();
}

bool constant_of(const tflite::Tensor* tensor, tflite::Type type, std::vector<int>* dims) {
  if (tensor == nullptr || tensor->type != type || !constant(*tensor) || tensor->sparsity != nullptr) return false;
  *dims = dims_of(*tensor, element_bytes_of(type));
  return !dims->empty();
}

}  // namespace approxlite
