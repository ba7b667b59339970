#include "delegate/constants.h"

#include <cmath>

#include "delegate/densify.h"
#include "delegate/tensor_view.h"
#include "engine/half.h"

namespace approxlite {
namespace {

void read_scales(const tflite::Tensor& tensor, Constant* constant) {
  if (tensor.quantization.type != tflite::kAffineQuantization || tensor.quantization.params == nullptr) return;
  const auto* affine = static_cast<const tflite::AffineQuantization*>(tensor.quantization.params);
  if (affine->scale == nullptr || affine->zero_point == nullptr || affine->scale->size < 1) return;
  const int count = affine->scale->size, axis = affine->quantized_dimension;
  if (affine->zero_point->size != count && affine->zero_point->size != 1) return;
  if (count > 1) {
    if (axis < 0 || axis >= static_cast<int>(constant->dims.size())) return;
    if (constant->dims[static_cast<size_t>(axis)] != count) return;
  }
  std::vector<float> scales;
  std::vector<int> zero_points;
  const int lowest = constant->type == ElementType::kInt8 ? -128 : 0;
  for (int i = 0; i < count; ++i) {
    const float scale = affine->scale->data[i];
    const int zero_point = affine->zero_point->data[affine->zero_point->size == 1 ? 0 : i];
    if (!(scale > 0) || !std::isfinite(scale) || zero_point < lowest || zero_point > lowest + 255) return;
    scales.push_back(scale);
    zero_points.push_back(zero_point);
  }
  constant->scales = std::move(scales);
  constant->zero_points = std::move(zero_points);
  constant->axis = count > 1 ? axis : 0;
}

// Dense or sparse, as it stands in the model.
bool read_constant(const tflite::Tensor* tensor, Constant* constant) {
  if (tensor == nullptr || !approxlite::constant(*tensor)) return false;
  *constant = {};
  if (!element_type(tensor->type, &constant->type)) return false;
  constant->dims = dims_of(*tensor);
  if (constant->dims.empty()) return false;
  if (tensor->sparsity != nullptr) {
    constant->owned = densify(*tensor, constant->dims, element_bytes(constant->type));
    if (constant->owned == nullptr) return false;
    constant->data = constant->owned->data();
  } else {
    if (!holds(*tensor, constant->dims, constant->type)) return false;
    constant->data = tensor->data;
  }
  if (element_bytes(constant->type) == 1) read_scales(*tensor, constant);
  return true;
}

}  // namespace

size_t Constant::size() const { return static_cast<size_t>(elements(dims)); }

bool Constant::floats(std::vector<float>* values) const {
  values->resize(size());
  if (type == ElementType::kInt32 || (element_bytes(type) == 1 && scales.empty())) return false;
  size_t inner = 1;
  for (size_t i = static_cast<size_t>(axis) + 1; i < dims.size(); ++i) inner *= static_cast<size_t>(dims[i]);
  for (size_t i = 0; i < values->size(); ++i) {
    float& value = (*values)[i];
    if (type == ElementType::kFloat32) {
      value = static_cast<const float*>(data)[i];
    } else if (type == ElementType::kFloat16) {
      value = half_to_float(static_cast<const uint16_t*>(data)[i]);
    } else {
      const size_t channel = scales.size() == 1 ? 0 : i / inner % scales.size();
      const int raw =
          type == ElementType::kInt8 ? static_cast<const int8_t*>(data)[i] : static_cast<const uint8_t*>(data)[i];
      value = static_cast<float>(raw - zero_points[channel]) * scales[channel];
    }
  }
  return true;
}

void Constants::add(int index, const tflite::Node& node, const tflite::Registration& registration) {
  const bool dequantizes = registration.builtin_code == tflite::kDequantize;
  if (!dequantizes && registration.builtin_code != tflite::kDensify) return;
  if (node.inputs == nullptr || node.outputs == nullptr || node.inputs->size != 1 || node.outputs->size != 1) return;
  const tflite::Tensor* output = tensor_at(context_, node.outputs->data[0]);
  const auto packed = unpacked_.find(node.inputs->data[0]);
  Constant constant;
  if (packed != unpacked_.end()) {
    constant = packed->second;
  } else if (!read_constant(tensor_at(context_, node.inputs->data[0]), &constant)) {
    return;
  }
  if (output == nullptr || output->dims == nullptr || constant.unpacked) return;
  if (dequantizes && output->type != tflite::kFloat32) return;
  constant.unpacked = dequantizes;
  constant.through.push_back(index);
  unpacked_[node.outputs->data[0]] = std::move(constant);
  outputs_[index] = node.outputs->data[0];
}

bool Constants::find(int tensor, Constant* constant) const {
  const auto unpacked = unpacked_.find(tensor);
  if (unpacked != unpacked_.end()) {
    *constant = unpacked->second;
    return true;
  }
  const tflite::Tensor* view = tensor_at(context_, tensor);
  return view != nullptr && view->sparsity == nullptr && read_constant(view, constant);
}

}  // namespace approxlite
