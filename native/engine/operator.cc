#include "engine/operator.h"

namespace approxlite {

const char* type_name(OperatorType type) {
  switch (type) {
    case OperatorType::kConv2d: return "conv_2d";
    case OperatorType::kDepthwiseConv2d: return "depthwise_conv_2d";
    case OperatorType::kFullyConnected: return "fully_connected";
    case OperatorType::kAdd: return "add";
    case OperatorType::kMul: return "mul";
    case OperatorType::kPad: return "pad";
    case OperatorType::kStridedSlice: return "strided_slice";
    case OperatorType::kAveragePool2d: return "average_pool_2d";
    case OperatorType::kMaxPool2d: return "max_pool_2d";
    case OperatorType::kMean: return "mean";
    case OperatorType::kReshape: return "reshape";
    case OperatorType::kSoftmax: return "softmax";
  }
  return "unknown";
}

std::vector<float> WeightSource::floats(bool scale_per_column) const {
  const size_t count = static_cast<size_t>(rows) * columns;
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) {
    if (!int8) {
      values[i] = static_cast<const float*>(data)[i];
    } else {
      const size_t channel = scale_per_column ? i % columns : i / columns;
      values[i] = static_cast<float>(static_cast<const int8_t*>(data)[i]) * scales[channel];
    }
  }
  return values;
}

}  // namespace approxlite
