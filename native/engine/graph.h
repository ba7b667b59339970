// A partition's operators as a graph: who writes and who reads each tensor.
#ifndef APPROXLITE_ENGINE_GRAPH_H_
#define APPROXLITE_ENGINE_GRAPH_H_

#include <vector>

#include "engine/operator.h"

namespace approxlite {

struct Reader {
  size_t op;  // place in the partition
  size_t input;
};

struct TensorNode {
  TensorSpec spec;
  int producer = -1;  // place of the operator that writes it, -1 if that is outside
  std::vector<Reader> readers;
  bool shared_input = false, shared_output = false;  // the runtime writes it before, or reads it after
  // The tensor whose memory it is, through reshapes that move nothing; itself mostly.
  size_t alias;
};

class Graph {
 public:
  // `inputs` and `outputs` are the tensors shared with the runtime.
  Graph(std::vector<Operator> operators, const std::vector<int>& inputs, const std::vector<int>& outputs,
        size_t tensor_count);

  const std::vector<Operator>& operators() const { return operators_; }
  // Places of the operators that run, in order.
  const std::vector<size_t>& steps() const { return steps_; }
  const std::vector<TensorNode>& tensors() const { return tensors_; }
  // Place in tensors() of a tensor that some operator here reads or writes.
  size_t tensor(int number) const { return static_cast<size_t>(places_[static_cast<size_t>(number)]); }
  size_t input(const Operator& op, size_t i) const { return tensor(op.inputs[i].number); }
  size_t output(const Operator& op, size_t i = 0) const { return tensor(op.outputs[i].number); }

 private:
  size_t add_tensor(const TensorSpec& spec);
  void find_aliases();

  std::vector<Operator> operators_;
  std::vector<size_t> steps_;
  std::vector<TensorNode> tensors_;
  std::vector<int> places_;  // by tensor number, -1 if not here
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_GRAPH_H_
