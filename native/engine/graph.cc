#include "engine/graph.h"

#include "engine/lowering.h"

namespace approxlite {

Graph::Graph(std::vector<Operator> operators, const std::vector<int>& inputs, const std::vector<int>& outputs,
             size_t tensor_count)
    : operators_(std::move(operators)), places_(tensor_count, -1) {
  for (size_t i = 0; i < operators_.size(); ++i) {
    const Operator& op = operators_[i];
    if (folded_away(op)) continue;
    steps_.push_back(i);
    for (size_t input = 0; input < op.inputs.size(); ++input) {
      tensors_[add_tensor(op.inputs[input])].readers.push_back({i, input});
    }
    for (const TensorSpec& spec : op.outputs) tensors_[add_tensor(spec)].producer = static_cast<int>(i);
  }
  for (const int number : inputs) {
    if (places_[static_cast<size_t>(number)] >= 0) tensors_[tensor(number)].shared_input = true;
  }
  for (const int number : outputs) {
    if (places_[static_cast<size_t>(number)] >= 0) tensors_[tensor(number)].shared_output = true;
  }
  find_aliases();
}

size_t Graph::add_tensor(const TensorSpec& spec) {
  int& place = places_[static_cast<size_t>(spec.number)];
  if (place < 0) {
    place = static_cast<int>(tensors_.size());
    TensorNode node;
    node.spec = spec;
    node.alias = tensors_.size();
    tensors_.push_back(std::move(node));
  }
  return static_cast<size_t>(place);
}

// A reshape's output inside the partition is its input under another name, unless bytes change their grid on the way.
void Graph::find_aliases() {
  for (const size_t step : steps_) {
    const Operator& op = operators_[step];
    const bool moves_nothing =
        op.type == OperatorType::kReshape || op.type == OperatorType::kSqueeze || op.type == OperatorType::kExpandDims;
    if (!moves_nothing) continue;
    TensorNode& to = tensors_[output(op)];
    const TensorNode& from = tensors_[input(op, 0)];
    if (to.shared_output || from.spec.constant() || !(from.spec.form() == to.spec.form())) continue;
    to.alias = from.alias;
  }
}

}  // namespace approxlite
