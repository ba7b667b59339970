#include "engine/operator.h"

#include "engine/half.h"

namespace approxlite {

const char* type_name(OperatorType type) {
  switch (type) {
    case OperatorType::kConv2d: return "conv_2d";
    case OperatorType::kDepthwiseConv2d: return "depthwise_conv_2d";
    case OperatorType::kFullyConnected: return "fully_connected";
    case OperatorType::kTransposeConv: return "transpose_conv";
    case OperatorType::kBatchMatmul: return "batch_matmul";
    case OperatorType::kAdd: return "add";
    case OperatorType::kSub: return "sub";
    case OperatorType::kMul: return "mul";
    case OperatorType::kDiv: return "div";
    case OperatorType::kMinimum: return "minimum";
    case OperatorType::kMaximum: return "maximum";
    case OperatorType::kSquaredDifference: return "squared_difference";
    case OperatorType::kRelu: return "relu";
    case OperatorType::kRelu6: return "relu6";
    case OperatorType::kReluN1To1: return "relu_n1_to_1";
    case OperatorType::kAbs: return "abs";
    case OperatorType::kNeg: return "neg";
    case OperatorType::kSqrt: return "sqrt";
    case OperatorType::kRsqrt: return "rsqrt";
    case OperatorType::kSquare: return "square";
    case OperatorType::kExp: return "exp";
    case OperatorType::kLogistic: return "logistic";
    case OperatorType::kTanh: return "tanh";
    case OperatorType::kHardSwish: return "hard_swish";
    case OperatorType::kPrelu: return "prelu";
    case OperatorType::kAveragePool2d: return "average_pool_2d";
    case OperatorType::kMaxPool2d: return "max_pool_2d";
    case OperatorType::kMean: return "mean";
    case OperatorType::kSum: return "sum";
    case OperatorType::kSoftmax: return "softmax";
    case OperatorType::kReshape: return "reshape";
    case OperatorType::kSqueeze: return "squeeze";
    case OperatorType::kExpandDims: return "expand_dims";
    case OperatorType::kTranspose: return "transpose";
    case OperatorType::kConcatenation: return "concatenation";
    case OperatorType::kPack: return "pack";
    case OperatorType::kPad: return "pad";
    case OperatorType::kPadV2: return "padv2";
    case OperatorType::kMirrorPad: return "mirror_pad";
    case OperatorType::kSlice: return "slice";
    case OperatorType::kStridedSlice: return "strided_slice";
    case OperatorType::kSplit: return "split";
    case OperatorType::kSplitV: return "split_v";
    case OperatorType::kUnpack: return "unpack";
    case OperatorType::kResizeNearestNeighbor: return "resize_nearest_neighbor";
    case OperatorType::kResizeBilinear: return "resize_bilinear";
    case OperatorType::kDepthToSpace: return "depth_to_space";
    case OperatorType::kSpaceToDepth: return "space_to_depth";
    case OperatorType::kQuantize: return "quantize";
    case OperatorType::kDequantize: return "dequantize";
    case OperatorType::kDensify: return "densify";
  }
  return "unknown";
}

std::vector<float> WeightSource::floats(bool scale_per_column) const {
  const size_t count = static_cast<size_t>(rows) * static_cast<size_t>(columns);
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) {
    switch (type) {
      case ElementType::kFloat32: values[i] = static_cast<const float*>(data)[i]; break;
      case ElementType::kFloat16: values[i] = half_to_float(static_cast<const uint16_t*>(data)[i]); break;
      default: {
        const size_t channel = scale_per_column ? i % static_cast<size_t>(columns) : i / static_cast<size_t>(columns);
        const int value = type == ElementType::kInt8 ? static_cast<const int8_t*>(data)[i]
                                                     : static_cast<const uint8_t*>(data)[i] - zero_point;
        values[i] = static_cast<float>(value) * scales[channel];
      }
    }
  }
  return values;
}

}  // namespace approxlite
