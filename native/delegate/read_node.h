// Reads a node of the model into an operator, or refuses it: what is refused, the runtime runs.
#ifndef APPROXLITE_DELEGATE_READ_NODE_H_
#define APPROXLITE_DELEGATE_READ_NODE_H_

#include "delegate/tflite_abi.h"
#include "engine/operator.h"

namespace approxlite {

// Whether the engine runs the node. Nothing in a model is trusted: every tensor number, shape and size is checked.
bool read_node(const tflite::Context* context, const tflite::Node* node, const tflite::Registration* registration,
               int index, Operator* op);

}  // namespace approxlite

#endif  // APPROXLITE_DELEGATE_READ_NODE_H_
