// An operator as the engine sees it: what is left of a node of the model once its tensors, attributes and constants
// have been read and checked.
#ifndef APPROXLITE_ENGINE_OPERATOR_H_
#define APPROXLITE_ENGINE_OPERATOR_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "engine/knob.h"

namespace approxlite {

enum class OperatorType {
  kConv2d,
  kDepthwiseConv2d,
  kFullyConnected,
  kAdd,
  kMul,
  kPad,
  kStridedSlice,
  kAveragePool2d,
  kMaxPool2d,
  kMean,
  kReshape,
  kSoftmax,
};

// "conv_2d", "max_pool_2d", ...: TFLite's name in lower case.
const char* type_name(OperatorType type);

// NHWC with batch 1.
struct Shape {
  int height = 1;
  int width = 1;
  int channels = 1;
  size_t size() const { return static_cast<size_t>(height) * width * channels; }
};

// A sliding window. Padding is what lies above and left of the input; below and right follows from the output's size.
struct Window {
  int height = 1, width = 1;
  int stride_height = 1, stride_width = 1;
  int dilation_height = 1, dilation_width = 1;
  int pad_top = 0, pad_left = 0;
};

// A fused activation is a range its output is clamped to.
struct Range {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
};

// Weights as they lie in the model, borrowed for the life of the interpreter.
struct WeightSource {
  const void* data = nullptr;  // [rows][columns]: conv [output][tap * channels], depthwise [tap][channels]
  int rows = 0;
  int columns = 0;
  bool int8 = false;           // hybrid models: real = scale * value
  std::vector<float> scales;   // int8 only: per output channel
  const float* bias = nullptr; // [output channels] or null

  std::vector<float> floats(bool scale_per_column) const;
};

inline constexpr int kMaxRank = 4;

// Copying a box of a tensor into another: pad and strided slice.
struct BoxCopy {
  int source_dims[kMaxRank], target_dims[kMaxRank];
  int begin[kMaxRank] = {};           // slice: first source index; pad: minus the padding before
  int stride[kMaxRank] = {1, 1, 1, 1};
};

struct Operator {
  OperatorType type;
  int index = 0;  // in the model's operator list
  std::string id;
  std::string note;          // what lowering did with it
  std::vector<int> inputs;   // tensor numbers of the model, activations only
  int output = 0;            // tensor number of the model
  int64_t multiply_accumulates = 0;
  KnobSupport knobs;

  Shape in, out;  // conv, depthwise, fully connected (height 1, width = batch), pools, mean
  Window window;
  Range range;
  WeightSource weights;
  size_t size = 0;        // elements of the output: elementwise, reshape, softmax
  int channels = 1;       // innermost dimension: elementwise, softmax
  size_t b_size = 0;      // elements of the second operand of an elementwise operator
  float beta = 1;         // softmax
  BoxCopy box;            // pad, strided slice

  // Takes the knob that its weighted input is measured for.
  bool weighted() const { return type == OperatorType::kConv2d || type == OperatorType::kFullyConnected; }
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_OPERATOR_H_
