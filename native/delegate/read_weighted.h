// Operators with weights.
#ifndef APPROXLITE_DELEGATE_READ_WEIGHTED_H_
#define APPROXLITE_DELEGATE_READ_WEIGHTED_H_

#include "delegate/tflite_abi.h"
#include "engine/operator.h"

namespace approxlite {

bool read_conv_2d(const tflite::Context* context, const tflite::Node* node, Operator* op);
bool read_depthwise_conv_2d(const tflite::Context* context, const tflite::Node* node, Operator* op);
bool read_fully_connected(const tflite::Context* context, const tflite::Node* node, Operator* op);

}  // namespace approxlite

#endif  // APPROXLITE_DELEGATE_READ_WEIGHTED_H_
