// What reading a node of the model into an operator needs, and the words for why a node is left to the runtime.
#ifndef APPROXLITE_DELEGATE_NODE_READER_H_
#define APPROXLITE_DELEGATE_NODE_READER_H_

#include <vector>

#include "delegate/constants.h"
#include "delegate/tensor_view.h"
#include "delegate/tflite_abi.h"
#include "engine/operator.h"

namespace approxlite {

struct NodeReader {
  const tflite::Context* context;
  const Constants& constants;
  const tflite::Node* node;
  Operator* op;
  const char* reason = "";      // why it is refused
  std::vector<int> through = {};  // nodes that unpack the constants it reads

  // All of these return false where the node is not ours; then `reason` says why.
  bool refuse(const char* why) {
    reason = why;
    return false;
  }

  int input_count() const { return node->inputs->size; }
  int input_number(int i) const { return node->inputs->data[i]; }
  template <typename Params>
  const Params* params() const {
    return static_cast<const Params*>(node->builtin_data);
  }

  // Appends input i to the operator's inputs. What DEQUANTIZE unpacks becomes a constant of floats.
  bool input(int i);
  // Reads all outputs of the node; they must be of the first input's type if `same_type`.
  bool outputs(bool same_type = true);
  // A constant of int32, one value for each element.
  bool integers(int i, std::vector<int>* values);
  // op->in and op->out from the first input and output: [1, height, width, channels].
  bool images();
};

// The real range of a fused activation; false for those that are no clamp.
bool read_activation(tflite::Activation activation, Range* range);

// Checks the window's numbers against op->in and op->out and sets the padding above and left of the input.
bool place_window(tflite::Padding padding, Operator* op);

bool read_conv_2d(NodeReader& reader);
bool read_depthwise_conv_2d(NodeReader& reader);
bool read_fully_connected(NodeReader& reader);
bool read_transpose_conv(NodeReader& reader);
bool read_batch_matmul(NodeReader& reader);
bool read_binary(NodeReader& reader);
bool read_unary(NodeReader& reader);
bool read_prelu(NodeReader& reader);
bool read_pool(NodeReader& reader);
bool read_reduction(NodeReader& reader);
bool read_softmax(NodeReader& reader);
bool read_resize(NodeReader& reader);
bool read_reshape(NodeReader& reader);
bool read_transpose(NodeReader& reader);
bool read_concatenation(NodeReader& reader);
bool read_split(NodeReader& reader);
bool read_pad(NodeReader& reader);
bool read_slice(NodeReader& reader);
bool read_strided_slice(NodeReader& reader);
bool read_block_move(NodeReader& reader);
bool read_quantize(NodeReader& reader);

}  // namespace approxlite

#endif  // APPROXLITE_DELEGATE_NODE_READER_H_
