// Attributes that sliding windows share: shapes, padding, fused activations.
#ifndef APPROXLITE_DELEGATE_WINDOW_H_
#define APPROXLITE_DELEGATE_WINDOW_H_

#include "delegate/tflite_abi.h"
#include "engine/operator.h"

namespace approxlite {

// The range of a fused activation; false for those that are no clamp.
bool read_activation(tflite::Activation activation, Range* range);

// Reads op->in and op->out from its first input and its output: float, rank 4, batch 1.
bool read_image_shapes(const tflite::Context* context, Operator* op);

// Checks the window's numbers against op->in and op->out and sets the padding above and left of the input.
bool place_window(tflite::Padding padding, Operator* op);

}  // namespace approxlite

#endif  // APPROXLITE_DELEGATE_WINDOW_H_
