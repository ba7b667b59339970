// Operators that only move data.
#ifndef APPROXLITE_DELEGATE_READ_DATA_MOVEMENT_H_
#define APPROXLITE_DELEGATE_READ_DATA_MOVEMENT_H_

#include "delegate/tflite_abi.h"
#include "engine/operator.h"

namespace approxlite {

bool read_reshape(const tflite::Context* context, const tflite::Node* node, Operator* op);
bool read_pad(const tflite::Context* context, const tflite::Node* node, Operator* op);
bool read_strided_slice(const tflite::Context* context, const tflite::Node* node, Operator* op);

}  // namespace approxlite

#endif  // APPROXLITE_DELEGATE_READ_DATA_MOVEMENT_H_
