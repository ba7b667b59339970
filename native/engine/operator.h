// An operator as the engine sees it: what is left of a node of the model once its tensors, attributes and constants
// have been read and checked.
#ifndef APPROXLITE_ENGINE_OPERATOR_H_
#define APPROXLITE_ENGINE_OPERATOR_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/knob.h"
#include "engine/tensor.h"
#include "kernels/kernels.h"

namespace approxlite {

enum class OperatorType {
  // Weighted; these take knobs.
  kConv2d,
  kDepthwiseConv2d,
  kFullyConnected,
  kTransposeConv,
  kBatchMatmul,
  // Two operands (BinaryOp).
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMinimum,
  kMaximum,
  kSquaredDifference,
  // One operand (UnaryOp).
  kRelu,
  kRelu6,
  kReluN1To1,
  kAbs,
  kNeg,
  kSqrt,
  kRsqrt,
  kSquare,
  kExp,
  kLogistic,
  kTanh,
  kHardSwish,
  kPrelu,
  // Reductions.
  kAveragePool2d,
  kMaxPool2d,
  kMean,
  kSum,
  kSoftmax,
  // Data movement.
  kReshape,
  kSqueeze,
  kExpandDims,
  kTranspose,
  kConcatenation,
  kPack,
  kPad,
  kPadV2,
  kMirrorPad,
  kSlice,
  kStridedSlice,
  kSplit,
  kSplitV,
  kUnpack,
  kResizeNearestNeighbor,
  kResizeBilinear,
  kDepthToSpace,
  kSpaceToDepth,
  // Types.
  kQuantize,
  kDequantize,
  kDensify,
};

// "conv_2d", "max_pool_2d", ...: TFLite's name in lower case.
const char* type_name(OperatorType type);

// A sliding window. Padding is what lies above and left of the input; below and right follows from the output's size.
struct Window {
  int height = 1, width = 1;
  int stride_height = 1, stride_width = 1;
  int dilation_height = 1, dilation_width = 1;
  int pad_top = 0, pad_left = 0;
};

// A fused activation is a range its output is clamped to, in real numbers.
struct Range {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
  bool operator==(const Range&) const = default;
};

// Weights as they lie in the model, borrowed for the life of the interpreter, or `owned` where the model packs them in a
// way that had to be undone.
struct WeightSource {
  const void* data = nullptr;  // [rows][columns]: conv [output][tap * channels], depthwise [tap][channels]
  int rows = 0;
  int columns = 0;
  ElementType type = ElementType::kFloat32;  // kFloat16, kInt8 and kUInt8 too
  std::vector<float> scales;                 // 8-bit types: per output channel
  int32_t zero_point = 0;                    // of a kUInt8 tensor, 0..255; real = scale * (value - zero_point)
  const float* bias = nullptr;               // [output channels] or null: float and hybrid models
  const int32_t* integer_bias = nullptr;     // or null: 8-bit models, in steps of input scale * weight scale
  std::shared_ptr<std::vector<uint8_t>> owned, owned_bias;

  bool eight_bit() const { return type == ElementType::kInt8 || type == ElementType::kUInt8; }
  std::vector<float> floats(bool scale_per_column) const;
};

// Copying a box of a tensor into another: pads and slices. Of every axis, target i reads source begin + i * stride.
struct BoxCopy {
  int source_dims[kMaxRank] = {1, 1, 1, 1, 1, 1}, target_dims[kMaxRank] = {1, 1, 1, 1, 1, 1};
  int begin[kMaxRank] = {};  // slice: first source index; pad: minus the padding before
  int stride[kMaxRank] = {1, 1, 1, 1, 1, 1};
  enum class Outside { kFill, kReflect, kSymmetric } outside = Outside::kFill;
  float fill = 0;  // real number; 8-bit tensors are filled with its byte
};

struct Operator {
  OperatorType type;
  int index = 0;  // in the model's operator list
  std::string id;
  std::string note;  // what lowering did with it; an operator with a note must not be run
  std::vector<TensorSpec> inputs;  // activations only, constants among them only for elementwise and data movement
  std::vector<TensorSpec> outputs;
  int64_t multiply_accumulates = 0;
  KnobSupport knobs;

  Shape in, out;  // conv, depthwise, transpose conv, fully connected (height 1, width = batch), pools, resizes
  Window window;
  Range range;
  WeightSource weights;
  float beta = 1;                // softmax
  std::vector<float> slope;      // prelu: [channels]
  BoxCopy box;                   // pads, slices
  int axis = 0;  // concatenation, pack, unpack, split: of the output (pack) or the input, not negative
  std::vector<int> permutation;  // transpose
  std::vector<int> axes;  // mean, sum: ascending
  int block = 1;  // depth to space, space to depth
  bool align_corners = false, half_pixel_centers = false;  // resizes
  bool adjoint_a = false, adjoint_b = false;  // batch matmul
  // Lowering may hang the addition that follows a convolution onto it: the operator, by its place in the partition, and
  // which of its inputs is the other operand.
  int addition = -1;
  int addend_input = 0;

  bool eight_bit() const { return outputs[0].eight_bit(); }
  // Takes the knobs of weighted operators.
  bool weighted() const {
    return type == OperatorType::kConv2d || type == OperatorType::kDepthwiseConv2d ||
           type == OperatorType::kFullyConnected;
  }
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_OPERATOR_H_
