// The part of TensorFlow Lite's C ABI that a delegate needs, in our own words: layouts and numbers only, so that one
// binary loads in ai-edge-litert 2.x, tensorflow 2.x, tflite-runtime 2.14 and the Android runtime without their headers.
// Offsets were compared between 2.14.1 and today's LiteRT and are pinned below. Names follow the original's.
#ifndef APPROXLITE_DELEGATE_TFLITE_ABI_H_
#define APPROXLITE_DELEGATE_TFLITE_ABI_H_

#include <cstddef>
#include <cstdint>

namespace approxlite::tflite {

enum Status : int { kOk = 0, kError = 1 };

enum Type : int { kNoType = 0, kFloat32 = 1, kInt32 = 2, kUInt8 = 3, kInt64 = 4, kInt8 = 9, kFloat16 = 10 };

enum AllocationType : int { kMemNone = 0, kMmapRo, kArenaRw, kArenaRwPersistent, kDynamic, kPersistentRo, kCustom };

enum BuiltinOperator : int {
  kAdd = 0,
  kAveragePool2d = 1,
  kConcatenation = 2,
  kConv2d = 3,
  kDepthwiseConv2d = 4,
  kDepthToSpace = 5,
  kDequantize = 6,
  kFullyConnected = 9,
  kLogistic = 14,
  kMaxPool2d = 17,
  kMul = 18,
  kRelu = 19,
  kReluN1To1 = 20,
  kRelu6 = 21,
  kReshape = 22,
  kResizeBilinear = 23,
  kSoftmax = 25,
  kSpaceToDepth = 26,
  kTanh = 28,
  kPad = 34,
  kTranspose = 39,
  kMean = 40,
  kSub = 41,
  kDiv = 42,
  kSqueeze = 43,
  kStridedSlice = 45,
  kExp = 47,
  kSplit = 49,
  kDelegate = 51,
  kPrelu = 54,
  kMaximum = 55,
  kMinimum = 57,
  kNeg = 59,
  kPadV2 = 60,
  kSlice = 65,
  kTransposeConv = 67,
  kExpandDims = 70,
  kSum = 74,
  kSqrt = 75,
  kRsqrt = 76,
  kPack = 83,
  kUnpack = 88,
  kSquare = 92,
  kResizeNearestNeighbor = 97,
  kSquaredDifference = 99,
  kMirrorPad = 100,
  kAbs = 101,
  kSplitV = 102,
  kQuantize = 114,
  kHardSwish = 117,
  kDensify = 124,
  kBatchMatmul = 126,
};

enum Padding : int { kPaddingUnknown = 0, kPaddingSame = 1, kPaddingValid = 2 };
enum Activation : int { kActNone = 0, kActRelu = 1, kActReluN1To1 = 2, kActRelu6 = 3 };

struct IntArray {
  int size;
  int data[1];  // `size` entries
};
struct FloatArray {
  int size;
  float data[1];
};

enum QuantizationType : int { kNoQuantization = 0, kAffineQuantization = 1 };
struct AffineQuantization {
  FloatArray* scale;
  IntArray* zero_point;
  int32_t quantized_dimension;
};

// How a sparse constant lies in memory (tensorflow/lite/schema/schema.fbs, SparsityParameters).
enum DimensionType : int { kDimensionDense = 0, kDimensionSparse = 1 };
struct DimensionMetadata {
  DimensionType format;
  int dense_size;
  IntArray* segments;
  IntArray* indices;
};
struct Sparsity {
  IntArray* traversal_order;
  IntArray* block_map;
  DimensionMetadata* dimensions;
  int dimension_count;
};

struct Delegate;

struct Tensor {
  Type type;
  void* data;
  IntArray* dims;
  struct {
    float scale;
    int32_t zero_point;
  } params;
  AllocationType allocation_type;
  size_t bytes;
  const void* allocation;
  const char* name;
  Delegate* delegate;
  int buffer_handle;
  bool data_is_stale;
  bool is_variable;
  struct {
    QuantizationType type;
    void* params;
  } quantization;
  const Sparsity* sparsity;
  const IntArray* dims_signature;
};

struct Node {
  IntArray* inputs;
  IntArray* outputs;
  IntArray* intermediates;
  IntArray* temporaries;
  void* user_data;
  void* builtin_data;
  // more follows; nodes are only reached through pointers
};

struct Context;

struct Registration {
  void* (*init)(Context*, const char* buffer, size_t length);
  void (*free)(Context*, void* user_data);
  Status (*prepare)(Context*, Node*);
  Status (*invoke)(Context*, Node*);
  const char* (*profiling_string)(const Context*, const Node*);
  int32_t builtin_code;
  const char* custom_name;
  int version;
  void* registration_external;
  void* async_kernel;
  uint64_t inplace_operator;
};

struct DelegateParams {
  Delegate* delegate;
  IntArray* nodes_to_replace;
  IntArray* input_tensors;
  IntArray* output_tensors;
};

struct Context {
  size_t tensors_size;
  Status (*GetExecutionPlan)(Context*, IntArray** execution_plan);
  Tensor* tensors;
  void* impl;
  void* ResizeTensor;
  void (*ReportError)(Context*, const char* message, ...);
  void* AddTensors;
  Status (*GetNodeAndRegistration)(Context*, int node_index, Node**, Registration**);
  Status (*ReplaceNodeSubsetsWithDelegateKernels)(Context*, Registration, const IntArray* nodes, Delegate*);
  // more follows; contexts are only reached through pointers
};

struct Delegate {
  void* data;
  Status (*Prepare)(Context*, Delegate*);
  void* CopyFromBufferHandle;
  void* CopyToBufferHandle;
  void* FreeBufferHandle;
  int64_t flags;
  void* opaque_delegate_builder;
};

struct ConvParams {
  Padding padding;
  int stride_width, stride_height;
  Activation activation;
  int dilation_width_factor, dilation_height_factor;
};
struct DepthwiseConvParams {
  Padding padding;
  int stride_width, stride_height;
  int depth_multiplier;
  Activation activation;
  int dilation_width_factor, dilation_height_factor;
};
struct FullyConnectedParams {
  Activation activation;
  int weights_format;  // 0: [output, input]
};
struct PoolParams {
  Padding padding;
  int stride_width, stride_height;
  int filter_width, filter_height;
  Activation activation;
};
struct ElementwiseParams {  // add, sub, mul, div
  Activation activation;
};
struct SoftmaxParams {
  float beta;
};
struct TransposeConvParams {
  Padding padding;
  int stride_width, stride_height;
  Activation activation;  // from version 4 of the operator on; zero before
};
struct BatchMatmulParams {
  bool adjoint_a, adjoint_b;
};
struct ConcatenationParams {
  int axis;
  Activation activation;
};
struct PackParams {
  int count, axis;
};
struct UnpackParams {
  int count, axis;
};
struct BlockParams {  // depth to space, space to depth
  int block;
};
struct ResizeParams {
  bool align_corners, half_pixel_centers;
};
enum MirrorMode : int { kMirrorUnknown = 0, kMirrorReflect = 1, kMirrorSymmetric = 2 };
struct MirrorPadParams {
  MirrorMode mode;
};
struct StridedSliceParams {
  int begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask;
};

#if UINTPTR_MAX == UINT64_MAX
static_assert(offsetof(Tensor, data) == 8 && offsetof(Tensor, dims) == 16 && offsetof(Tensor, params) == 24);
static_assert(offsetof(Tensor, allocation_type) == 32 && offsetof(Tensor, bytes) == 40);
static_assert(offsetof(Tensor, is_variable) == 77 && offsetof(Tensor, quantization) == 80);
static_assert(offsetof(Tensor, sparsity) == 96 && sizeof(Tensor) == 112);
static_assert(offsetof(Node, user_data) == 32 && offsetof(Node, builtin_data) == 40);
static_assert(offsetof(Context, tensors) == 16 && offsetof(Context, ReportError) == 40);
static_assert(offsetof(Context, GetNodeAndRegistration) == 56);
static_assert(offsetof(Context, ReplaceNodeSubsetsWithDelegateKernels) == 64);
static_assert(offsetof(Registration, builtin_code) == 40 && offsetof(Registration, version) == 56);
static_assert(sizeof(Registration) == 88);
static_assert(offsetof(Delegate, flags) == 40 && sizeof(Delegate) == 56);
static_assert(offsetof(AffineQuantization, quantized_dimension) == 16);
#endif

}  // namespace approxlite::tflite

#endif  // APPROXLITE_DELEGATE_TFLITE_ABI_H_
