#include "delegate/weights.h"

#include <algorithm>
#include <cstring>

namespace approxlite {
namespace {

// Half precision and floats take the place of 8-bit weights that are not symmetric or have no scales along the channels.
bool as_floats(const Constant& constant, WeightSource* source) {
  std::vector<float> values;
  if (!constant.floats(&values)) return false;
  source->owned = std::make_shared<std::vector<uint8_t>>(sizeof(float) * values.size());
  std::memcpy(source->owned->data(), values.data(), source->owned->size());
  source->data = source->owned->data();
  source->type = ElementType::kFloat32;
  return true;
}

bool read_8bit(NodeReader& reader, const Constant& constant, int channel_axis, WeightSource* source) {
  const size_t channels = static_cast<size_t>(constant.dims[static_cast<size_t>(channel_axis)]);
  if (constant.scales.empty()) return reader.refuse("its weights have no usable scales");
  const bool along_channels = constant.scales.size() == 1 || constant.axis == channel_axis;
  const bool one_zero_point = std::all_of(constant.zero_points.begin(), constant.zero_points.end(),
                                          [&](int zero_point) { return zero_point == constant.zero_points[0]; });
  const bool symmetric = one_zero_point && constant.zero_points[0] == 0;
  const bool floats = !reader.op->eight_bit();
  if (floats && (constant.type == ElementType::kUInt8 || !symmetric || !along_channels)) {
    return as_floats(constant, source) || reader.refuse("its weights cannot be unpacked");
  }
  if (constant.type == ElementType::kInt8 ? !symmetric : !one_zero_point) {
    return reader.refuse("its weights are quantised in a way that is not ours");
  }
  if (!along_channels) return reader.refuse("its weights have scales along another axis");
  source->zero_point = constant.zero_points[0];
  source->scales.resize(channels);
  for (size_t c = 0; c < channels; ++c) source->scales[c] = constant.scales[constant.scales.size() == 1 ? 0 : c];
  return true;
}

bool read_bias(NodeReader& reader, int input, int channels, WeightSource* source) {
  source->bias = nullptr;
  source->integer_bias = nullptr;
  if (reader.input_count() <= input || reader.input_number(input) < 0) return true;
  Constant bias;
  if (!reader.constants.find(reader.input_number(input), &bias)) return reader.refuse("its bias is no constant");
  if (bias.size() != static_cast<size_t>(channels)) return reader.refuse("its bias does not fit its output");
  reader.through.insert(reader.through.end(), bias.through.begin(), bias.through.end());
  if (reader.op->eight_bit()) {
    if (bias.type != ElementType::kInt32) return reader.refuse("its bias is not of 32 bits");
    source->integer_bias = static_cast<const int32_t*>(bias.data);
    source->owned_bias = bias.owned;
    return true;
  }
  std::vector<float> values;
  if (!bias.floats(&values)) return reader.refuse("its bias is not of floats");
  if (bias.type == ElementType::kFloat32) {
    source->bias = static_cast<const float*>(bias.data);
    source->owned_bias = bias.owned;
    return true;
  }
  source->owned_bias = std::make_shared<std::vector<uint8_t>>(sizeof(float) * values.size());
  std::memcpy(source->owned_bias->data(), values.data(), source->owned_bias->size());
  source->bias = reinterpret_cast<const float*>(source->owned_bias->data());
  return true;
}

}  // namespace

bool read_weights(NodeReader& reader, const WeightPlace& place, std::vector<int>* dims) {
  if (reader.input_count() <= place.input || reader.node->builtin_data == nullptr) {
    return reader.refuse("it lacks an input");
  }
  Constant constant;
  if (!reader.constants.find(reader.input_number(place.input), &constant)) {
    return reader.refuse("its weights are no constant");
  }
  if (constant.dims.size() != place.rank) return reader.refuse("its weights have another rank");
  const bool floats = !reader.op->eight_bit();
  WeightSource& source = reader.op->weights;
  source.type = constant.type;
  source.data = constant.data;
  source.owned = constant.owned;
  *dims = constant.dims;
  reader.through.insert(reader.through.end(), constant.through.begin(), constant.through.end());
  if (constant.type == ElementType::kInt8 || constant.type == ElementType::kUInt8) {
    if (!read_8bit(reader, constant, place.channel_axis, &source)) return false;
  } else if (!floats || constant.type == ElementType::kInt32) {
    return reader.refuse("its weights and activations do not go together");
  }
  return read_bias(reader, place.bias, (*dims)[static_cast<size_t>(place.channel_axis)], &source);
}

void transpose_weights(WeightSource* source) {
  const size_t size = element_bytes(source->type);
  const size_t rows = static_cast<size_t>(source->rows), columns = static_cast<size_t>(source->columns);
  auto turned = std::make_shared<std::vector<uint8_t>>(rows * columns * size);
  const auto* from = static_cast<const uint8_t*>(source->data);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t column = 0; column < columns; ++column) {
      std::memcpy(turned->data() + (column * rows + row) * size, from + (row * columns + column) * size, size);
    }
  }
  std::swap(source->rows, source->columns);
  source->owned = std::move(turned);
  source->data = source->owned->data();
}

}  // namespace approxlite
