// The engine as a TensorFlow Lite delegate.
#ifndef APPROXLITE_DELEGATE_DELEGATE_H_
#define APPROXLITE_DELEGATE_DELEGATE_H_

#include "delegate/tflite_abi.h"

namespace approxlite {

class Engine;

// Fills in `delegate` so that a runtime hands its models to `engine`, which outlives it.
void initialize_delegate(Engine* engine, tflite::Delegate* delegate);

}  // namespace approxlite

#endif  // APPROXLITE_DELEGATE_DELEGATE_H_
