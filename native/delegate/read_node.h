// Reads a node of the model into an operator, or refuses it: what is refused, the runtime runs.
#ifndef APPROXLITE_DELEGATE_READ_NODE_H_
#define APPROXLITE_DELEGATE_READ_NODE_H_

#include <vector>

#include "delegate/constants.h"
#include "delegate/tflite_abi.h"
#include "engine/operator.h"

namespace approxlite {

// Null if the engine runs the node, else why not, in words that live for ever. Nothing in a model is trusted: every
// tensor number, shape and size is checked. `through` gets the nodes that unpack constants it reads.
const char* read_node(const tflite::Context* context, const Constants& constants, const tflite::Node* node,
                      const tflite::Registration* registration, int index, Operator* op, std::vector<int>* through);

}  // namespace approxlite

#endif  // APPROXLITE_DELEGATE_READ_NODE_H_
