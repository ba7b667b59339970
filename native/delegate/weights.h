// Weights and biases of an operator, read from the model.
#ifndef APPROXLITE_DELEGATE_WEIGHTS_H_
#define APPROXLITE_DELEGATE_WEIGHTS_H_

#include <vector>

#include "delegate/node_reader.h"

namespace approxlite {

struct WeightPlace {
  int input, bias;  // which inputs of the node
  size_t rank;
  int channel_axis;  // along which the output channels lie
};

// Reads op->weights but for rows and columns; `dims` are the filter's. The operator's activations have been read.
bool read_weights(NodeReader& reader, const WeightPlace& place, std::vector<int>* dims);

// [rows][columns] to [columns][rows], in memory of its own.
void transpose_weights(WeightSource* source);

}  // namespace approxlite

#endif  // APPROXLITE_DELEGATE_WEIGHTS_H_
